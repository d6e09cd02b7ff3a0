"""The files bucket: what a browser may do with a form of ours, and reading without trusting sizes.

moto does not enforce the conditions of a form, so the policy document itself is looked at.
"""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from chalicelib.core.errors import Invalid, NotFound, TransientError
from chalicelib.gateways.aws import Aws
from chalicelib.gateways.files import Files, content_disposition

NOW = datetime(2026, 11, 21, 9, 28, tzinfo=UTC)
BUCKET = "tuiku-test-files-000000000000"


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)


def files_of(aws: Aws) -> Files:
    return Files(aws.s3, aws.s3_presigner, bucket=BUCKET, clock=lambda: NOW)


@pytest.fixture
def files() -> Iterator[Files]:
    with mock_aws():
        aws = Aws(region="eu-central-1")
        aws.s3.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        yield files_of(aws)


def policy_of(fields: Any) -> dict[str, Any]:
    policy: dict[str, Any] = json.loads(base64.b64decode(fields["policy"]))
    return policy


def test_a_form_is_bound_to_one_key_one_type_and_a_size() -> None:
    form = files_of(Aws(region="eu-central-1")).upload_form(
        "uploads/ret_1/pho_1", content_type="image/jpeg", size_max=5_000_000
    )

    conditions = policy_of(form.fields)["conditions"]
    assert {"key": "uploads/ret_1/pho_1"} in conditions
    assert {"bucket": BUCKET} in conditions
    assert {"Content-Type": "image/jpeg"} in conditions
    assert ["content-length-range", 1, 5_000_000] in conditions
    assert not [c for c in conditions if isinstance(c, list) and c[0] == "starts-with"]


def test_every_field_of_a_form_is_also_a_condition() -> None:
    form = files_of(Aws(region="eu-central-1")).upload_form(
        "uploads/a", content_type="text/csv", size_max=10
    )

    conditioned: set[str] = set()
    for condition in policy_of(form.fields)["conditions"]:
        if isinstance(condition, dict):
            conditioned |= condition.keys()
    assert set(form.fields) - {"policy", "x-amz-signature"} <= conditioned


def test_a_form_ends_after_five_minutes() -> None:
    before = datetime.now(tz=UTC)
    form = files_of(Aws(region="eu-central-1")).upload_form(
        "uploads/a", content_type="text/csv", size_max=10
    )

    end = datetime.fromisoformat(policy_of(form.fields)["expiration"])
    assert end - before <= timedelta(minutes=5, seconds=5)
    assert form.expires_at == NOW + timedelta(minutes=5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"expiry": timedelta(minutes=6)},
        {"expiry": timedelta(0)},
        {"size_min": 0},
        {"size_min": 11},
        {"key": "uploads/${filename}"},
    ],
    ids=str,
)
def test_a_loose_form_is_a_mistake_of_ours(wrong: dict[str, Any]) -> None:
    asked = {"key": "uploads/a", "content_type": "text/csv", "size_max": 10, **wrong}

    with pytest.raises(AssertionError):
        files_of(Aws(region="eu-central-1")).upload_form(**asked)


@pytest.mark.parametrize("region", ["eu-central-1", "us-east-1", "cn-north-1"])
def test_signatures_are_of_version_4_and_addresses_are_regional(region: str) -> None:
    files = files_of(Aws(region=region))

    form = files.upload_form("uploads/a", content_type="text/csv", size_max=10)
    address = urlsplit(files.download_url("reports/a", file_name="a.csv"))

    assert form.fields["x-amz-algorithm"] == "AWS4-HMAC-SHA256"
    assert parse_qs(address.query)["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    suffix = ".com.cn" if region.startswith("cn-") else ".com"
    regional = {f"{BUCKET}.s3.{region}.amazonaws{suffix}"}
    if region == "us-east-1":
        regional.add(f"{BUCKET}.s3.amazonaws.com")
    assert {urlsplit(form.url).hostname, address.hostname} <= regional


def test_forms_and_addresses_name_the_endpoint_that_browsers_reach() -> None:
    aws = Aws(
        region="eu-central-1",
        endpoint_url="http://stack:4566",
        s3_public_endpoint="http://127.0.0.1:4566",
    )

    form = files_of(aws).upload_form("uploads/a", content_type="text/csv", size_max=10)

    assert form.url == f"http://127.0.0.1:4566/{BUCKET}"
    assert files_of(aws).download_url("a", file_name="a").startswith(f"{form.url}/a?")
    assert aws.s3.meta.endpoint_url == "http://stack:4566"


def test_an_endpoint_from_the_environment_is_used_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")

    form = files_of(Aws(region="eu-central-1")).upload_form(
        "uploads/a", content_type="text/csv", size_max=10
    )

    assert form.url == f"http://127.0.0.1:4566/{BUCKET}"


def test_a_download_has_the_name_that_we_gave_it() -> None:
    address = files_of(Aws(region="eu-central-1")).download_url(
        "rejects/job_1", file_name='错误 "1".csv', content_type="text/csv"
    )

    query = parse_qs(urlsplit(address).query)
    assert query["response-content-disposition"] == [content_disposition('错误 "1".csv')]
    assert query["response-content-type"] == ["text/csv"]
    assert int(query["X-Amz-Expires"][0]) <= 300


@given(st.text(max_size=60), st.booleans())
def test_no_file_name_breaks_out_of_the_header(file_name: str, is_inline: bool) -> None:
    name = file_name.encode(errors="ignore").decode()

    header = content_disposition(name, is_inline=is_inline)

    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2
    assert header.count(";") == 2


def test_what_was_written_is_read_back(files: Files) -> None:
    files.write("reports/a.csv", b"a,b\n1,2\n", content_type="text/csv")

    head = files.head("reports/a.csv")

    assert files.read("reports/a.csv", size_max=8) == b"a,b\n1,2\n"
    assert (head.size, head.content_type) == (8, "text/csv")
    assert head.modified_at.tzinfo is not None


def test_a_file_above_the_limit_is_not_read(files: Files) -> None:
    files.write("uploads/a", b"123456789", content_type="text/csv")

    with pytest.raises(Invalid, match="file_too_large"):
        files.read("uploads/a", size_max=8)
    with pytest.raises(Invalid, match="file_too_large"):
        next(files.lines("uploads/a", size_max=8))


def test_what_is_not_there_is_not_found(files: Files) -> None:
    with pytest.raises(NotFound, match="file_not_found"):
        files.read("uploads/none", size_max=8)
    with pytest.raises(NotFound, match="file_not_found"):
        files.head("uploads/none")
    with pytest.raises(NotFound, match="file_not_found"):
        list(files.lines("uploads/none", size_max=8))


def test_deleting_twice_is_harmless(files: Files) -> None:
    files.write("uploads/a", b"1", content_type="text/csv")

    files.delete("uploads/a")
    files.delete("uploads/a")

    with pytest.raises(NotFound):
        files.head("uploads/a")


def test_another_failure_of_s3_is_transient() -> None:
    with mock_aws():
        files = files_of(Aws(region="eu-central-1"))

        with pytest.raises(TransientError, match="storage_unavailable") as caught:
            files.write("uploads/a", b"1", content_type="text/csv")

    assert caught.value.details["aws_code"] == "NoSuchBucket"


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_an_unreachable_s3_is_transient() -> None:
    files = files_of(Aws(region="eu-central-1", endpoint_url="http://127.0.0.1:9"))

    with pytest.raises(TransientError, match="storage_unavailable"):
        files.read("uploads/a", size_max=1)


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"", []),
        (b"a", [b"a"]),
        (b"a\n", [b"a\n"]),
        (b"a\nb", [b"a\n", b"b"]),
        (b"a\r\n\r\nb\r\n", [b"a\r\n", b"\r\n", b"b\r\n"]),
    ],
)
def test_lines_keep_their_ends(files: Files, content: bytes, lines: list[bytes]) -> None:
    files.write("uploads/a", content, content_type="text/csv")

    assert list(files.lines("uploads/a", size_max=100)) == lines


def test_lines_longer_than_a_chunk_are_put_together(files: Files) -> None:
    lines = [bytes([65 + number]) * 100_000 + b"\n" for number in range(9)]
    files.write("uploads/a", b"".join(lines), content_type="text/csv")

    read = files.lines("uploads/a", size_max=1_000_000, line_bytes_max=100_001)

    assert list(read) == lines


@pytest.mark.parametrize("content", [b"x" * 11, b"x" * 11 + b"\n", b"ok\n" + b"x" * 300_000])
def test_a_line_without_an_end_is_refused(files: Files, content: bytes) -> None:
    files.write("uploads/a", content, content_type="text/csv")

    with pytest.raises(Invalid, match="line_too_long"):
        list(files.lines("uploads/a", size_max=1_000_000, line_bytes_max=10))
