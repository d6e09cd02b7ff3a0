"""Each unit stands in one place on every axis: what cannot be is found, what can be is not."""

from typing import Any

import pytest

from chalicelib.core.runs import Run
from chalicelib.inventory.model import Account
from chalicelib.orders.value import Paid
from chalicelib.reconciliation.orders import holds
from chalicelib.reconciliation.returns import bucket_findings
from chalicelib.returns.model import (
    Authorization,
    Disposition,
    Grade,
    InspectionResult,
    Logistics,
    Method,
    Return,
    ReturnLine,
    ReturnType,
    UnitGroup,
)
from chalicelib.settlement.model import SettlementState
from tests.builders import NOW, eur

APPROVED = {"authorization": Authorization.APPROVED}
HERE = {
    **APPROVED,
    "logistics": Logistics.RECEIVED,
    "warehouse": "A",
    "account": Account.RECEIVING,
}
PASSED = {**HERE, "inspection": InspectionResult.PASSED, "grade": Grade.A, "credit": True}
FAILED = {
    **HERE,
    "inspection": InspectionResult.FAILED,
    "grade": Grade.C,
    "credit": False,
    "account": Account.QUARANTINE,
}
AGAIN = {**HERE, "inspection": InspectionResult.NEEDS_REINSPECTION}
BACK = {"disposition": Disposition.SHIP_BACK, "account": Account.CUSTOMER, "credit": False}


def group(**more: Any) -> UnitGroup:
    return UnitGroup(units=(Run(1, 1),), **more)


def faults(one: UnitGroup) -> list[str]:
    line = ReturnLine(
        line_no="1",
        sku="S",
        name="n",
        reason="OTHER",
        groups=(one,),
        paid=Paid(net=eur(100), tax=eur(0)),
        sold=1,
    )
    ret = Return(
        return_id="ret_1",
        number="R1",
        type=ReturnType.CUSTOMER_RETURN,
        method=Method.STORE,
        currency="EUR",
        lines=(line,),
        requested_at=NOW,
        created_at=NOW,
        updated_at=NOW,
        requested_by="a",
    )
    return [str(finding.expected) for finding in bucket_findings(ret)]


KEPT: dict[str, Any] = {
    **APPROVED,
    "logistics": Logistics.NOT_NEEDED,
    "disposition": Disposition.KEPT_BY_CUSTOMER,
    "credit": True,
}
RIGHT: dict[str, dict[str, Any]] = {
    "draft": {},
    "rejected": {"authorization": Authorization.REJECTED},
    "cancelled after approval": {
        "authorization": Authorization.CANCELLED,
        "ended_after_approval": True,
    },
    "expired": {"authorization": Authorization.EXPIRED},
    "awaiting": {**APPROVED, "logistics": Logistics.AWAITING},
    "lost and paid": {
        **APPROVED,
        "logistics": Logistics.LOST,
        "credit": True,
        "settlement": SettlementState.SETTLED,
    },
    "lost and not paid": {**APPROVED, "logistics": Logistics.LOST, "credit": False},
    "closed short": {**APPROVED, "logistics": Logistics.SHORT_CLOSED},
    "refused": {**APPROVED, "logistics": Logistics.REFUSED},
    "kept by the customer": KEPT,
    "received": HERE,
    "passed": PASSED,
    "failed": FAILED,
    "damaged": {**FAILED, "grade": Grade.D, "account": Account.DAMAGED},
    "to be inspected again": AGAIN,
    "on hold": {**PASSED, "disposition": Disposition.HOLD, "account": Account.QUARANTINE},
    "restocked": {**PASSED, "disposition": Disposition.RESTOCK, "account": Account.AVAILABLE},
    "sent back unseen": {**HERE, **BACK},
    "sent back instead of another look": {**AGAIN, **BACK},
    "found after it was paid": {
        **HERE,
        "credit": True,
        "settlement": SettlementState.SETTLED,
    },
}
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "approved and nowhere": (APPROVED, "logistics for approved units only"),
    "cancelled on its way": (
        {"authorization": Authorization.CANCELLED, "logistics": Logistics.AWAITING},
        "logistics for approved units only",
    ),
    "rejected and lost": (
        {"authorization": Authorization.REJECTED, "logistics": Logistics.LOST},
        "logistics for approved units only",
    ),
    "ended and approved": (
        {**APPROVED, "logistics": Logistics.AWAITING, "ended_after_approval": True},
        "an end after approval for cancelled and expired units only",
    ),
    "received nowhere": (
        {**APPROVED, "logistics": Logistics.RECEIVED},
        "an account for received units only",
    ),
    "inspected on its way": (
        {
            **APPROVED,
            "logistics": Logistics.IN_TRANSIT,
            "inspection": InspectionResult.PASSED,
        },
        "inspection of received units only",
    ),
    "scrapped unseen": (
        {**HERE, "disposition": Disposition.SCRAP, "account": Account.SCRAPPED},
        "disposition of inspected units only",
    ),
    "restocked before the second look": (
        {**AGAIN, "disposition": Disposition.RESTOCK, "account": Account.AVAILABLE},
        "disposition of inspected units only",
    ),
    "restocked in quarantine": (
        {**PASSED, "disposition": Disposition.RESTOCK, "account": Account.QUARANTINE},
        "units of RESTOCK in available",
    ),
    "failed and in receiving": (
        {**FAILED, "account": Account.RECEIVING},
        "units of FAILED in quarantine",
    ),
    "to be looked at again on the shelf": (
        {**AGAIN, "account": Account.AVAILABLE},
        "units of NEEDS_REINSPECTION in receiving",
    ),
    "refused and paid": (
        {**APPROVED, "logistics": Logistics.REFUSED, "credit": True},
        "credit for received, lost, kept or early due units only",
    ),
    "paid on its way": (
        {**APPROVED, "logistics": Logistics.IN_TRANSIT, "credit": True},
        "credit for received, lost, kept or early due units only",
    ),
    "kept and on its way": (
        {**KEPT, "logistics": Logistics.IN_TRANSIT},
        "units that the customer keeps never travel",
    ),
    "never to come and not kept": (
        {**KEPT, "disposition": None},
        "units that the customer keeps never travel",
    ),
    "denied and paid": (
        {**FAILED, "settlement": SettlementState.SETTLED},
        "settlement of accepted units only",
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_can_be_is_no_finding(name: str) -> None:
    assert faults(group(**RIGHT[name])) == []


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_is_found(name: str) -> None:
    stands, expected = WRONG[name]

    assert expected in faults(group(**stands))


@pytest.mark.parametrize(
    ("stands", "is_held"),
    [
        ({"authorization": Authorization.UNDER_REVIEW}, True),
        ({"authorization": Authorization.NEEDS_INFO}, True),
        (RIGHT["awaiting"], True),
        (RIGHT["lost and paid"], True),
        (RIGHT["restocked"], True),
        (RIGHT["draft"], False),
        (RIGHT["rejected"], False),
        (RIGHT["cancelled after approval"], False),
        (RIGHT["closed short"], False),
        (RIGHT["refused"], False),
        (RIGHT["sent back unseen"], False),
    ],
)
def test_units_are_held_until_the_customer_has_them(stands: dict[str, Any], is_held: bool) -> None:
    assert holds(group(**stands)) is is_held
