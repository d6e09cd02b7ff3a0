"""Signatures: no two requests share one, and nothing but the exact header of a device is one."""

import hmac
from contextlib import suppress
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.devices import signing
from chalicelib.devices.secrets import device_secret
from chalicelib.devices.signing import BadSignature, SignedRequest

SECRET = device_secret(b"m" * 64, "dev_1", 1)
_PATHS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='"')).map(
    lambda rest: f"/{rest[:200]}"
)
REQUESTS = st.builds(
    SignedRequest,
    method=st.text(st.sampled_from("ABCGEPOSTUH"), min_size=1, max_size=8),
    path=_PATHS,
    body=st.binary(max_size=20).map(signing.body_hash),
    time=st.integers(0, 10**12 - 1),
    sequence=st.integers(0, 10**18 - 1),
)
TEXT = st.text(max_size=30)
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=5)


def request(**changes: Any) -> SignedRequest:
    fields: dict[str, Any] = {
        "method": "POST",
        "path": "/v1/scans",
        "body": signing.body_hash(b"{}"),
        "time": 1_795_302_747,
        "sequence": 7,
    }
    return SignedRequest(**(fields | changes))


HEADER = signing.authorized("dev_1", 1, SECRET, request())


@given(REQUESTS, REQUESTS)
def test_no_two_requests_share_a_string_to_sign(one: SignedRequest, other: SignedRequest) -> None:
    assume(one != other)

    assert one.text != other.text


@given(REQUESTS)
def test_what_is_signed_is_read_again_and_is_genuine(signed: SignedRequest) -> None:
    known = signing.read(signing.authorized("dev_1", 3, SECRET, signed))

    assert (known.device_id, known.credential, known.signed) == ("dev_1", 3, signed)
    assert signing.is_genuine(known, SECRET)


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "PUT"},
        {"path": "/v1/scans?limit=1"},
        {"body": signing.body_hash(b"{} ")},
        {"time": 1_795_302_748},
        {"sequence": 8},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_each_part_is_part_of_what_is_signed(changes: dict[str, Any]) -> None:
    proof = signing.signature(SECRET, request())

    assert signing.signature(SECRET, request(**changes)) != proof


def test_every_device_and_credential_and_master_key_has_a_secret_of_its_own() -> None:
    made = {
        device_secret(master, device, credential)
        for master in (b"a" * 64, b"b" * 64)
        for device in ("dev_1", "dev_11")
        for credential in (1, 2, 11)
    }

    assert len(made) == 12
    assert all(len(secret) == 64 for secret in made)


def test_secrets_are_those_of_rfc_5869() -> None:
    """Said again in other words: extract with the salt, expand one block with the info."""
    extracted = hmac.new(b"tuiku device secret", b"m" * 64, sha256).digest()
    block = hmac.new(extracted, b"dev_1\n1\x01", sha256).digest()

    assert block.hex() == SECRET


# --- queries ---


@given(PAIRS, PAIRS)
def test_two_queries_are_written_alike_only_if_they_are_alike(
    one: list[tuple[str, str]], other: list[tuple[str, str]]
) -> None:
    written = signing.signed_path("/v1/x", one) == signing.signed_path("/v1/x", other)

    assert written == (sorted(one) == sorted(other))


@given(PAIRS)
def test_a_path_with_any_query_can_be_told_in_a_header(pairs: list[tuple[str, str]]) -> None:
    path = signing.signed_path("/v1/x", pairs)
    assume(len(path) <= 1024)

    header = signing.authorized("dev_1", 1, SECRET, request(path=path))

    assume(len(header) <= signing.HEADER_LENGTH_MAX)
    assert signing.read(header).signed.path == path


def test_a_query_is_sorted_and_encoded_by_rfc_3986() -> None:
    path = signing.signed_path("/v1/x", [("b", "~ +/"), ("a", "é"), ("a", "&")])

    assert path == "/v1/x?a=%26&a=%C3%A9&b=~%20%2B%2F"


# --- what is no signature ---


@given(st.text(max_size=300))
def test_no_text_is_anything_but_read_or_refused(text: str) -> None:
    for header in (text, f"{signing.SCHEME} {text}", HEADER + text):
        with suppress(BadSignature):
            assert signing.read(header).header == header.strip()


@given(st.integers(0, len(HEADER) - 1), st.characters(codec="latin-1"))
def test_a_header_with_another_character_is_no_proof(place: int, sign: str) -> None:
    changed = HEADER[:place] + sign + HEADER[place + 1 :]
    assume(changed != HEADER)

    try:
        known = signing.read(changed)
    except BadSignature:
        return
    is_ours = (known.device_id, known.credential) == ("dev_1", 1)
    assert not (is_ours and signing.is_genuine(known, SECRET)) or known == signing.read(HEADER)


@pytest.mark.parametrize(
    "header",
    [
        "",
        signing.SCHEME,
        HEADER.lower(),
        HEADER.replace("body=", "body=A"),
        HEADER.replace("time=", "time=-"),
        HEADER.replace("time=", "time=0"),
        HEADER.replace("sequence=7", "sequence=07"),
        HEADER.replace("sequence=7", "sequence=" + "7" * 19),
        HEADER.replace("credential=1", "credential=0"),
        HEADER.replace("device=dev_1, ", ""),
        HEADER.replace("device=dev_1", "device=dev_1, device=dev_2"),
        HEADER.replace("/v1/scans", "v1/scans"),
        HEADER.replace("/v1/scans", "/v1/ scans"),
        HEADER.replace("/v1/scans", "/v1/scans\n"),
        HEADER.replace("/v1/scans", "/" + "a" * 1024),
        HEADER.replace("time=1795302747", "time=١٧٩٥٣٠٢٧٤٧"),
        HEADER + "\n",
        HEADER + ", more=1",
        " " * 5000 + HEADER,
    ],
)
def test_a_malformed_header_is_refused(header: str) -> None:
    with pytest.raises(BadSignature, match="malformed"):
        signing.read(header)
