"""Carriers on the deployed application: labels, what carriers tell, and labels taken back."""

import json
from typing import Any

import pytest

from tests.e2e.merchant import ANY, Json, Merchant, eventually
from tools.demo.desk import Case
from tools.demo.sale import Sale
from tools.stack.client import Answer


def carrier(merchant: Merchant, path: str, body: object | None = None) -> Json:
    """The sandbox carrier by itself. `body`: asked to do something."""
    url = f"{merchant.stack.state.carrier_url}/_sandbox/{path}"
    if body is None:
        return dict(merchant.stack.http("GET", url).expect(200))
    answer = merchant.stack.http("POST", url, body=json.dumps(body).encode(), headers={})
    return dict(answer.expect(200))


def approved(merchant: Merchant, name: str, units: int = 2) -> Case:
    sale = Sale(name=name, units=units)
    merchant.sold(sale)
    return merchant.approved(sale, units)


def labels(merchant: Merchant, case: Case, key: str) -> Answer:
    path = f"/returns/{case.id}/labels"
    return merchant.send("customer", "POST", path, {"carrier": "sandbox"}, key=key, headers=ANY)


def number_of(answer: Answer) -> str:
    return str(answer.expect(201)["shipment"]["tracking_no"])


def parcels(merchant: Merchant, case: Case) -> list[Json]:
    """What the carrier's own books say of a return."""
    books = carrier(merchant, "parcels")["parcels"]
    return [one for one in books if one["asked"].get("reference") == case.number]


def tells(merchant: Merchant, number: str, *statuses: str, **more: Any) -> list[Json]:
    """The carrier sends signed messages to the API; what it was answered."""
    state = merchant.stack.state
    body = {
        "url": f"{state.api_url}/v1/carrier-events",
        "secret": state.carrier_secret,
        "events": [
            {"tracking_no": number, "status": status, "event_id": f"{number}-{status}"}
            for status in statuses
        ],
        **more,
    }
    return list(carrier(merchant, "send", body)["answers"])


def test_a_label_is_a_paper_that_can_be_fetched(merchant: Merchant) -> None:
    case = approved(merchant, "e2e-label")

    number = number_of(labels(merchant, case, merchant.key("label")))

    path = f"/returns/{case.id}/shipments"
    (item,) = merchant.send("customer", "GET", path).expect(200)["items"]
    content = merchant.download(item["label_url"])
    assert content.startswith(b"%PDF-")
    assert number.encode() in content


def test_what_a_carrier_tells_twice_and_out_of_order_ends_in_one_place(merchant: Merchant) -> None:
    case = approved(merchant, "e2e-tracked")
    number = number_of(labels(merchant, case, merchant.key("label")))
    told = ("picked_up", "in_transit", "delivered")

    answers = tells(merchant, number, *told, times=2, order="reversed")

    assert [one["status"] for one in answers] == [200] * 6
    (line,) = case.now()["lines"]
    assert line["quantities"]["arrived"] == 2
    cancel = {"reason": "KEEPS_IT"}
    path = f"/returns/{case.id}/cancel"
    refused = merchant.send("customer", "POST", path, cancel, headers=ANY)
    assert (refused.status, refused.body["code"]) == (409, "already_shipped")


@pytest.mark.parametrize("more", [{"age_s": 600}, {"secret": "a secret of nobody at all"}])
def test_a_message_that_is_old_or_badly_signed_is_refused(
    merchant: Merchant, more: dict[str, Any]
) -> None:
    (answer,) = tells(merchant, "SBX0000000000", "delivered", **more)

    assert (answer["status"], answer["body"]["code"]) == (401, "signature_invalid")


def test_a_lost_answer_never_makes_a_second_label(merchant: Merchant) -> None:
    case = approved(merchant, "e2e-parcel-lost")
    script = {"on": "label", "reference": case.number, "do": ["error-after", "error-after"]}
    carrier(merchant, "script", script)
    key = merchant.key("label")

    first = labels(merchant, case, key)
    second = labels(merchant, case, key)

    assert (first.status, first.body["code"]) == (503, "carrier_silent")
    number = number_of(second)
    assert [one["tracking_no"] for one in parcels(merchant, case)] == [number]


def test_the_carrier_is_told_when_the_return_is_cancelled(merchant: Merchant) -> None:
    case = approved(merchant, "e2e-void")
    number_of(labels(merchant, case, merchant.key("label")))

    path = f"/returns/{case.id}/cancel"
    merchant.send("customer", "POST", path, {"reason": "KEEPS_IT"}, headers=ANY).expect(200)

    path = f"/returns/{case.id}/shipments"
    eventually(
        lambda: merchant.send("customer", "GET", path).expect(200)["items"][0]["state"],
        lambda state: state == "VOIDED",
    )
    assert [one["is_void"] for one in parcels(merchant, case)] == [True]
