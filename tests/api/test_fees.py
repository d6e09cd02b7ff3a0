"""Fees, early refunds and kept goods, as customers and finance see them."""

from typing import Any

from tests.api.door import Door
from tests.api.shop import INSPECTION, RECEIPT
from tests.api.test_approvals import filed
from tests.api.test_lifecycle import RETURN
from tests.policies import rule
from tests.stage import Stage

FEES = {
    "restocking_percent": "10",
    "flat": {"amount": "3.00", "currency": "EUR"},
    "tax_percent": "19",
}
KEPT = [
    {
        "kind": "restocking",
        "line_no": "1",
        "amount": {"amount": "19.33", "currency": "EUR"},
        "tax": {"amount": "3.09", "currency": "EUR"},
    },
    {
        "kind": "flat",
        "line_no": None,
        "amount": {"amount": "3.00", "currency": "EUR"},
        "tax": {"amount": "0.48", "currency": "EUR"},
    },
]


def euro(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


def acts(door: Door, who: str, return_id: str, name: str, body: Any = None) -> dict[str, Any]:
    path = f"/v1/returns/{return_id}/{name}"
    key = f"{return_id}-{name}-{len(str(body))}"
    reply = door.ask(who, "POST", path, body or {}, Idempotency_Key=key, If_Match="*")
    assert reply.status in (200, 201), reply.raw
    return dict(reply.body)


def read(door: Door, return_id: str, who: str = "customer") -> dict[str, Any]:
    return dict(door.ask(who, "GET", f"/v1/returns/{return_id}").expect(200))


def test_a_quote_says_what_is_kept_and_the_settlement_keeps_just_that(
    door: Door, stage: Stage
) -> None:
    one = {"order_no": "SO-1", "lines": [{**RETURN["lines"][0], "quantity": 1}]}  # type: ignore[dict-item]  # JSON
    return_id = filed(door, stage, rule("fees", fees=FEES))
    quote = door.ask("customer", "POST", "/v1/returns/quote", one).expect(200)
    acts(door, "reviewer", return_id, "approve")
    acts(door, "warehouse", return_id, "receipts", RECEIPT)
    ret = acts(door, "inspector", return_id, "inspections", INSPECTION)

    plan = acts(door, "finance", return_id, "settlements", {"mode": "plan"})
    done = acts(door, "finance", return_id, "settlements", {"mode": "execute"})

    (line,) = quote["lines"]
    assert (quote["total"], quote["refund"]) == (euro("96.67"), euro("84.00"))
    assert (line["amount"], line["refund"], line["refund_due"]) == (
        euro("96.67"),
        euro("87.00"),
        "inspection",
    )
    assert [fee["kind"] for fee in line["fees"]] == ["restocking"]
    assert [(fee["kind"], fee["line_no"]) for fee in quote["fees"]] == [
        ("restocking", "1"),
        ("flat", None),
    ]
    assert ret["refund_due_at"] is not None
    assert (plan["fees"], plan["amount"]) == (KEPT, euro("171.00"))
    assert (done["fees"], done["amount"], done["lines"][0]["amount"]) == (
        KEPT,
        euro("171.00"),
        euro("193.33"),
    )
    assert read(door, return_id)["settlements"][0]["fees"] == KEPT


def test_a_customer_is_told_what_to_keep_and_by_when_the_money_is_due(
    door: Door, stage: Stage
) -> None:
    return_id = filed(door, stage, rule("keep", keep_item=True))
    asked = read(door, return_id)

    acts(door, "reviewer", return_id, "approve")

    told = read(door, return_id)
    assert (asked["lines"][0]["keep_item"], asked["decision"]["lines"][0]["keep_item"]) == (
        False,
        True,
    )
    assert told["lines"][0]["keep_item"] is True
    assert told["lines"][0]["quantities"]["kept"] == 2
    assert (asked["refund_due_at"], told["deadline"]) == (None, None)
    assert told["refund_due_at"] is not None
    assert "settle" in told["allowed"]
    assert acts(door, "finance", return_id, "settlements", {})["amount"] == euro("193.33")


def test_an_early_refund_that_disappoints_is_told_in_the_timeline(door: Door, stage: Stage) -> None:
    return_id = filed(door, stage, rule("early", refund_due="approval"))
    told = acts(door, "reviewer", return_id, "approve")
    settlement = acts(door, "finance", return_id, "settlements", {})
    units = [{"line_no": "1", "quantity": 2}]
    lost = {"reason": "NEVER_HANDED_OVER", "fault": "customer", "lines": units}

    acts(door, "support", return_id, "mark-lost", lost)

    assert told["decision"]["lines"][0]["refund_due"] == "approval"
    assert settlement["amount"] == euro("193.33")
    timeline = door.ask("support", "GET", f"/v1/returns/{return_id}/timeline").expect(200)
    questioned = [one for one in timeline["items"] if one["type"] == "return.refund_questioned"]
    assert [one["data"]["why"] for one in questioned] == ["lost"]
