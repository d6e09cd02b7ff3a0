"""Inspection: as many units as came, the named ones first, and failed ones leave at once."""

import pytest

from chalicelib.core.errors import Conflict, Invalid
from chalicelib.inventory.model import Account
from chalicelib.orders.model import DeliveredItem
from chalicelib.returns.inspecting import InspectedGroup
from chalicelib.returns.model import FaultParty, Grade, InspectionResult, Return
from chalicelib.returns.units import quantities
from tests.builders import Shop, delivery, failed, item, line, order, passed


@pytest.fixture
def ret(shop: Shop) -> Return:
    """Three units with serials, received."""
    serials = ("SN-1", "SN-2", "SN-3")
    shipped = delivery(DeliveredItem(line_no="1", quantity=3, serials=serials))
    shop.sells(order(line(quantity=3), deliveries=(shipped,)))
    asked = shop.approves(shop.asks(quantity=3))
    return shop.receives(asked, item(quantity=3)).ret


def test_groups_are_graded_apart_and_failed_ones_leave_receiving(shop: Shop, ret: Return) -> None:
    done = shop.inspects(ret, passed(1), failed(1), failed(1, grade=Grade.D))

    buckets = quantities(done.lines[0])
    assert (buckets.passed, buckets.failed, buckets.uninspected) == (1, 2, 0)
    assert shop.on_hand("SKU-1", Account.RECEIVING) == 1
    assert shop.on_hand("SKU-1", Account.QUARANTINE) == 1
    assert shop.on_hand("SKU-1", Account.DAMAGED) == 1


def test_the_return_remembers_who_inspected_it(shop: Shop, ret: Return) -> None:
    assert ret.inspected_by is None

    assert shop.inspects(ret, passed(1)).inspected_by == "someone"


def test_a_group_without_serials_never_takes_a_unit_that_another_group_names(
    shop: Shop, ret: Return
) -> None:
    done = shop.inspects(ret, failed(2), passed(1, serials=("SN-1",)))

    assert quantities(done.lines[0]).failed == 2
    group = next(g for g in done.lines[0].groups if g.inspection is InspectionResult.PASSED)
    assert group.units[0].first == 1


@pytest.mark.parametrize(
    ("fault", "result", "credit"),
    [
        (FaultParty.NONE, InspectionResult.PASSED, True),
        (FaultParty.CUSTOMER, InspectionResult.FAILED, False),
        (FaultParty.NONE, InspectionResult.FAILED, False),
        (FaultParty.MAKER, InspectionResult.FAILED, True),
        (FaultParty.CARRIER, InspectionResult.FAILED, True),
        (FaultParty.US, InspectionResult.FAILED, True),
    ],
)
def test_the_customer_is_paid_unless_the_fault_is_theirs(
    fault: FaultParty, result: InspectionResult, credit: bool
) -> None:
    group = InspectedGroup(line_no="1", quantity=1, grade=Grade.C, result=result, fault=fault)

    assert group.credit is credit


def test_more_than_came_is_a_conflict_that_says_how_many_wait(shop: Shop, ret: Return) -> None:
    shop.inspects(ret, passed(1))

    with pytest.raises(Conflict, match="more_than_received") as refused:
        shop.inspects(ret, passed(2), passed(1))

    assert refused.value.details["uninspected"] == 2


@pytest.mark.parametrize(
    ("groups", "code"),
    [
        ((), "group_count"),
        ((passed(1, "9"),), "unknown_line"),
        ((passed(0),), "not_positive"),
        ((passed(1, serials=("SN-1", "SN-2")),), "serial_count"),
        ((passed(1, grade=Grade.D),), "grade_contradicts"),
        ((passed(1, result=InspectionResult.PENDING),), "not_a_result"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_nobody_can_have_seen_is_refused(
    shop: Shop, ret: Return, groups: tuple[InspectedGroup, ...], code: str
) -> None:
    with pytest.raises(Invalid, match=code):
        shop.inspects(ret, *groups)


@pytest.mark.parametrize(
    "groups",
    [(passed(1, serials=("SN-9",)),), (passed(1, serials=("SN-1",)), failed(1, serials=("SN-1",)))],
    ids=["foreign", "twice"],
)
def test_a_serial_that_does_not_wait_is_refused(
    shop: Shop, ret: Return, groups: tuple[InspectedGroup, ...]
) -> None:
    with pytest.raises(Conflict, match="serial_not_waiting"):
        shop.inspects(ret, *groups)
