"""Photos on the deployed stack: what the form lets through, what is served, what the sweep does.

S3 tells of uploads at once here; that it does not is tried by promise 9.
"""

import base64
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PIL import Image

from tests import heic
from tests.e2e.merchant import Json, Merchant, eventually, refused
from tools.demo.desk import Case
from tools.demo.floor import picture
from tools.demo.sale import Sale
from tools.stack.client import Answer


@pytest.fixture(scope="module")
def case(merchant: Merchant) -> Case:
    """A return that waits for review."""
    return merchant.asked(Sale(name="e2e-photos", units=3), 2, role="customer")


def form_for(merchant: Merchant, case: Case, size: int, content_type: str = "image/jpeg") -> Json:
    body = {"content_type": content_type, "size": size}
    answer = merchant.send("customer", "POST", f"/returns/{case.id}/photos", body)
    form: Json = answer.expect(201)
    return form


def upload(merchant: Merchant, form: Json, content: bytes, **fields: str) -> Answer:
    """`fields` instead of those of the form, with _ for -."""
    changed = {name.replace("_", "-"): value for name, value in fields.items()}
    return merchant.stack.upload(form["url"], {**form["fields"], **changed}, content)


def checked(merchant: Merchant, case: Case, form: Json, role: str = "customer") -> Json:
    """The photo, once somebody decided about it."""
    path = f"/returns/{case.id}/photos/{form['photo_id']}"
    return eventually(
        lambda: merchant.send(role, "GET", path).expect(200),
        lambda photo: photo["state"] in ("clean", "rejected"),
    )


def photographed(
    merchant: Merchant, case: Case, content: bytes, content_type: str = "image/jpeg"
) -> Json:
    form = form_for(merchant, case, len(content), content_type)
    upload(merchant, form, content).expect(200, 201, 204)
    return checked(merchant, case, form)


@pytest.mark.parametrize(
    ("change", "statuses"),
    [
        ({"key": "uploads/photos/ret_mine/pho_mine"}, (403,)),
        ({"key": "files/photos/mine.jpg"}, (403,)),
        ({"Content_Type": "image/png"}, (403,)),
        ({"Content_Type": "text/html"}, (403,)),
        ({"x_amz_signature": "0" * 64}, (400, 403)),
        ({"policy": "e30="}, (400, 403)),
    ],
    ids=str,
)
def test_a_form_takes_nothing_but_what_it_was_given_for(
    merchant: Merchant, case: Case, change: dict[str, str], statuses: tuple[int, ...]
) -> None:
    content = picture("bound")
    form = form_for(merchant, case, len(content))

    answer = upload(merchant, form, content, **change)

    assert answer.status in statuses


@pytest.mark.parametrize(("more", "status"), [(1, 400), (100_000, 400)])
def test_a_form_takes_no_byte_more_than_was_announced(
    merchant: Merchant, case: Case, more: int, status: int
) -> None:
    content = picture("size")
    form = form_for(merchant, case, len(content))

    too_large = upload(merchant, form, content + b"\0" * more)
    nothing = upload(merchant, form, b"")
    right = upload(merchant, form, content)

    assert (too_large.status, nothing.status) == (status, status)
    right.expect(200, 201, 204)


def test_a_form_lives_for_five_minutes_at_most(merchant: Merchant, case: Case) -> None:
    form = form_for(merchant, case, 1000)

    policy: dict[str, Any] = json.loads(base64.b64decode(form["fields"]["policy"]))
    end = datetime.fromisoformat(policy["expiration"])
    assert end - datetime.now(UTC) <= timedelta(minutes=5)
    assert ["content-length-range", 1, 1000] in policy["conditions"]


@pytest.mark.parametrize("content_type", ["image/heic", "image/heif"])
def test_a_photo_of_a_telephone_is_served_as_a_jpeg(
    merchant: Merchant, case: Case, content_type: str
) -> None:
    photo = photographed(merchant, case, heic.TURNED, content_type)

    served = Image.open(io.BytesIO(merchant.download(photo["url"])))

    assert (photo["state"], photo["width"], photo["height"]) == ("clean", 64, 96)
    assert (served.format, served.size, dict(served.getexif())) == ("JPEG", (64, 96), {})
    assert (photo["hints"], photo["retake"]) == (["too_small"], True)


def test_what_is_served_says_what_it_is_and_is_kept_by_nobody(
    merchant: Merchant, case: Case
) -> None:
    photo = photographed(merchant, case, picture("served"))

    for name, side_max in (("url", 2048), ("thumbnail_url", 320)):
        answer = merchant.stack.http("GET", photo[name])
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["content-disposition"].startswith("inline; filename=")
        assert "no-store" in answer.headers["cache-control"]
        assert max(Image.open(io.BytesIO(answer.content)).size) <= side_max


def test_an_original_is_in_quarantine_and_nowhere_else(merchant: Merchant, case: Case) -> None:
    content = picture("original")
    photo = photographed(merchant, case, content)

    s3, bucket = merchant.stack.boto("s3"), merchant.stack.state.bucket
    own = f"photos/{case.id}/{photo['photo_id']}"
    (held,) = s3.list_objects_v2(Bucket=bucket, Prefix=f"quarantine/{own}")["Contents"]
    kept = s3.get_object(Bucket=bucket, Key=held["Key"])["Body"].read()
    left = eventually(
        lambda: s3.list_objects_v2(Bucket=bucket, Prefix=f"uploads/{own}").get("KeyCount", 0),
        lambda count: count == 0,
    )

    assert kept == content
    assert left == 0
    assert "quarantine" not in photo["url"] + photo["thumbnail_url"]


def test_the_sweep_runs_with_its_own_rights_and_leaves_what_is_fresh(
    merchant: Merchant, case: Case
) -> None:
    form = form_for(merchant, case, 1000)

    counts = merchant.stack.invoke("sweep_uploads")
    photo = merchant.send("customer", "GET", f"/returns/{case.id}/photos/{form['photo_id']}")

    assert counts["failed"] == 0
    assert photo.expect(200)["state"] == "requested"


def test_a_photo_of_somebody_elses_return_is_not_shown(merchant: Merchant, case: Case) -> None:
    form = form_for(merchant, case, 1000)

    answer = merchant.send("customer", "GET", f"/returns/ret_other/photos/{form['photo_id']}")
    unknown = merchant.send("customer", "GET", f"/returns/{case.id}/photos/pho_none")

    refused(answer, 404, "photo_not_found")
    refused(unknown, 404, "photo_not_found")
