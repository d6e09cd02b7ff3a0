"""The sandbox provider tells the deployed application, as badly as it can; the truth is booked."""

import json

import pytest

from tests.e2e.merchant import Json, Merchant, eventually
from tools.demo.desk import Case
from tools.demo.sale import Pay, Sale


def bank(merchant: Merchant, path: str, body: object) -> Json:
    """What only the provider's banks and people do."""
    url = f"{merchant.stack.state.provider_url}/_sandbox/{path}"
    answer = merchant.stack.http("POST", url, body=json.dumps(body).encode(), headers={})
    return dict(answer.expect(200, 201))


def refunded(merchant: Merchant, name: str, telling: str) -> tuple[Case, Json]:
    """A return of 50.00 of a payment of 100.00 that is settled, and its settlement."""
    sale = Sale(name=name, units=2, price="50.00", pays=(Pay(amount="100.00", ref=telling),))
    merchant.sold(sale)
    case = merchant.ready_to_settle(sale, 1)
    settlement = case.settle()
    assert settlement["state"] == "SETTLED"
    return case, settlement


def legs(merchant: Merchant, case: Case) -> list[tuple[str, str | None]]:
    answer = merchant.send("finance", "GET", f"/returns/{case.id}/settlements").expect(200)
    return [(leg["state"], leg["reason"]) for one in answer["items"] for leg in one["legs"]]


def payment(merchant: Merchant, order_no: str) -> Json:
    (only,) = merchant.send("finance", "GET", f"/orders/{order_no}").expect(200)["payments"]
    return dict(only)


@pytest.mark.parametrize("telling", ["told-twice", "told-backwards"])
def test_a_refund_that_fails_days_later_is_frozen(merchant: Merchant, telling: str) -> None:
    case, settlement = refunded(merchant, f"e2e-later-{telling}", telling)
    (leg,) = settlement["legs"]
    key = f"{settlement['settlement_id']}:{leg['payment_id']}:1"

    bank(merchant, "complete", {"key": key, "status": "declined", "reason": "account_closed"})

    frozen = [("FROZEN", "failed_later")]
    assert eventually(lambda: legs(merchant, case), lambda now: now == frozen) == frozen


def test_refunds_elsewhere_and_disputes_come_to_the_order(merchant: Merchant) -> None:
    name = "e2e-refunded-there"
    refunded(merchant, name, "told-twice")
    order_no = Sale(name=name).order_no(merchant.run)
    ref = f"{order_no}-told-twice"

    bank(merchant, "refunds", {"payment": ref, "amount": 500, "currency": "EUR"})
    eventually(lambda: payment(merchant, order_no), lambda now: now["refunded"]["amount"] == "5.00")
    dispute = bank(merchant, "disputes", {"payment": ref, "amount": 1000, "currency": "EUR"})
    eventually(
        lambda: payment(merchant, order_no), lambda now: now["disputed"]["amount"] == "10.00"
    )
    bank(merchant, "disputes", {"id": dispute["id"], "status": "won"})

    now = eventually(
        lambda: payment(merchant, order_no), lambda now: now["disputed"]["amount"] == "0.00"
    )
    assert now["refunded"]["amount"] == "5.00"
