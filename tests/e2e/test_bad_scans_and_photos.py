"""Scanners and cameras that send what they should not: each piece is refused by itself."""

from typing import Any

import pytest

from tests.e2e.merchant import Json, Merchant, documented, eventually, faults, refused
from tools.demo.desk import Case
from tools.demo.floor import picture
from tools.demo.sale import Sale


@pytest.fixture(scope="module")
def case(merchant: Merchant) -> Case:
    """A return that waits for review."""
    return merchant.asked(Sale(name="e2e-pieces", units=3), 2, role="customer")


def test_each_malformed_scan_of_a_request_is_refused_alone(merchant: Merchant, case: Case) -> None:
    good = merchant.scan("doors", 1, sku="DEMO-E2E-STRAY", parcel="P-1")
    bad: list[Any] = [  # Any: whatever a device sends
        merchant.scan("doors", 2, sku="X", quantity=0),
        merchant.scan("doors", 3),
        merchant.scan("doors", 4, sku="X", gtin="12345678"),
        "a scan",
        {**merchant.scan("doors", 5, sku="X"), "scan_id": "no spaces, please"},
    ]

    answer = merchant.send("warehouse", "POST", "/scans", {"scans": [good, *bad]})

    results = answer.expect(202)["results"]
    assert [result["accepted"] for result in results] == [True, *[False] * len(bad)]
    assert [result["index"] for result in results] == list(range(len(bad) + 1))
    assert results[1]["errors"][0]["pointer"] == "/quantity"
    assert results[2]["errors"][0]["code"] == "sku_or_gtin"
    assert results[3]["errors"][0]["code"] == "sku_or_gtin"
    assert results[4]["errors"][0]["code"] == "wrong_type"
    assert results[5]["errors"][0]["pointer"] == "/scan_id"
    assert merchant.outcome_of(good["scan_id"])["state"] == "done"


def test_no_scans_and_too_many_scans_are_refused(merchant: Merchant) -> None:
    for count, code in ((0, "too_short"), (501, "too_long")):
        answer = merchant.send("warehouse", "POST", "/scans", {"scans": [{}] * count})
        assert faults(refused(answer, 400, "body_invalid")) == {"/scans": code}


def test_a_text_is_no_photo(merchant: Merchant, case: Case) -> None:
    content = b"Dear shop, here is what is wrong with it.\n" * 30

    photo = _uploaded(merchant, case, content)

    assert (photo["state"], photo["reason"], photo["url"]) == ("rejected", "not_an_image", None)
    assert ("not_an_image", 422) in documented()


def test_half_a_photo_is_no_photo(merchant: Merchant, case: Case) -> None:
    whole = picture("half")

    photo = _uploaded(merchant, case, whole[: len(whole) // 2])

    assert (photo["state"], photo["reason"]) == ("rejected", "corrupt_image")


def _uploaded(merchant: Merchant, case: Case, content: bytes) -> Json:
    """The photo, once it was looked at."""
    form = _form(merchant, case, len(content))
    merchant.stack.upload(form["url"], form["fields"], content).expect(200, 201, 204)
    path = f"/returns/{case.id}/photos"

    def look() -> Json:
        items = merchant.send("customer", "GET", path).expect(200)["items"]
        return next(item for item in items if item["photo_id"] == form["photo_id"])

    return eventually(look, lambda photo: photo["state"] in ("clean", "rejected"))


def _form(merchant: Merchant, case: Case, size: int) -> Json:
    body = {"content_type": "image/jpeg", "size": size}
    answer = merchant.send("customer", "POST", f"/returns/{case.id}/photos", body)
    form: Json = answer.expect(201)
    return form


def test_the_form_takes_one_photo_of_one_size_type_and_place(
    merchant: Merchant, case: Case
) -> None:
    content = picture("form")
    form = _form(merchant, case, len(content))

    too_large = merchant.stack.upload(form["url"], form["fields"], content + b"\0" * 4096)
    other_type = {**form["fields"], "Content-Type": "text/html"}
    wrong_type = merchant.stack.upload(form["url"], other_type, content)
    other_key = {**form["fields"], "key": "files/photos/mine.jpg"}
    wrong_place = merchant.stack.upload(form["url"], other_key, content)

    assert (too_large.status, "EntityTooLarge" in str(too_large.body)) == (400, True)
    assert (wrong_type.status, wrong_place.status) == (403, 403)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"content_type": "image/jpeg", "size": 16 * 1024 * 1024}, "/size"),
        ({"content_type": "image/gif", "size": 10}, "/content_type"),
        ({"content_type": "image/jpeg", "size": 0}, "/size"),
    ],
)
def test_no_form_is_given_for_what_cannot_be_a_photo(
    merchant: Merchant, case: Case, body: Json, pointer: str
) -> None:
    answer = merchant.send("customer", "POST", f"/returns/{case.id}/photos", body)

    assert list(faults(refused(answer, 400, "body_invalid"))) == [pointer]


def test_a_photo_of_somebody_elses_return_is_not_asked_for(merchant: Merchant) -> None:
    body = {"content_type": "image/jpeg", "size": 10}

    answer = merchant.send("customer", "POST", "/returns/ret_somebodys/photos", body)

    refused(answer, 404, "return_not_found")
