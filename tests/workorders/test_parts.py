"""Parts that work uses up leave the shelf, and are part of what it cost."""

import pytest

from chalicelib.core.errors import Conflict, Invalid
from chalicelib.inventory.adjusting import AdjustedItem, AdjustmentReason, AdjustStock, adjust
from chalicelib.inventory.model import Account, Movement, MovementKind
from chalicelib.workorders.model import UsedPart, WorkOrder, WorkOutcome
from tests.builders import Shop, eur
from tests.fakes import FakeStore
from tests.returns.undoing import suspicions
from tests.workorders.shop_floor import at_work, comes, shelved, takes_back

SCREW = "SCREW"


def shelves(shop: Shop, quantity: int, minor: int, sku: str = SCREW) -> None:
    """So many parts on the shelf, each worth so much."""
    item = AdjustedItem(sku=sku, change=quantity, unit_cost=eur(minor))
    command = AdjustStock(warehouse="A", reason=AdjustmentReason.FOUND, items=(item,))
    shop.do(lambda reads, context: adjust(reads, command, context, needs_second=lambda _: False))


def part(quantity: int = 1, sku: str = SCREW, **more: object) -> UsedPart:
    return UsedPart(sku=sku, quantity=quantity, **more)  # type: ignore[arg-type]  # fields by name


def told_back(shop: Shop, work: WorkOrder) -> object:
    """What the last event of the order says came back."""
    return shop.store.reads().events(work.subject)[-1].data["back"]


def test_parts_leave_the_shelf_at_what_they_are_worth(shop: Shop) -> None:
    shelves(shop, 5, 30)
    _, work = at_work(shop, 2)

    after = takes_back(shop, work, shelved(1, parts=(part(2),)))

    assert (shop.on_hand(SCREW), shop.on_hand(SCREW, Account.ADJUSTMENT)) == (3, -3)
    assert after.lines[0].back[0].parts == (part(2, worth=(eur(60),)),)
    assert told_back(shop, work)[0]["parts"] == [  # type: ignore[index]  # JSON
        {"sku": SCREW, "lot": None, "quantity": 2, "worth": [{"amount": "0.60", "currency": "EUR"}]}
    ]
    assert isinstance(shop.store, FakeStore)
    moved = [one for one in shop.store.records.values() if isinstance(one, Movement)]
    booked = [one for one in moved if one.source == work.subject]
    assert [one.kind for one in booked] == [MovementKind.WORK_ORDER]
    assert suspicions(shop) == []


def test_what_the_work_cost_is_work_and_parts_together(shop: Shop) -> None:
    shelves(shop, 5, 30)
    _, work = at_work(shop, 2)

    takes_back(shop, work, shelved(1, cost=eur(500), parts=(part(2),)), cost=eur(1000))
    after = takes_back(shop, work, shelved(1, parts=(part(1),)))

    assert after.costs == (eur(1590),)
    assert after.cost == eur(1000), "what was stated for all of it stays as it was stated"


def test_two_results_share_out_what_their_parts_are_worth(shop: Shop) -> None:
    shelves(shop, 2, 10)
    shelves(shop, 1, 11)
    _, work = at_work(shop, 2)

    after = takes_back(
        shop, work, shelved(1, parts=(part(2),)), comes(WorkOutcome.HOLD, 1, parts=(part(1),))
    )

    worths = [one.worth for done in after.lines[0].back for one in done.parts]
    assert sum(worth[0].minor for worth in worths) == 31
    assert shop.on_hand(SCREW) == 0
    assert suspicions(shop) == []


def test_parts_take_along_what_they_are_worth_when_they_leave(shop: Shop) -> None:
    """Dearer ones come while somebody books: what they were worth before would be wrong."""
    shelves(shop, 5, 30)
    _, work = at_work(shop, 2)
    assert isinstance(shop.store, FakeStore)
    shop.store.interference.append(lambda: shelves(shop, 5, 90))

    after = takes_back(shop, work, shelved(1, parts=(part(2),)))

    assert after.lines[0].back[0].parts == (part(2, worth=(eur(120),)),)
    assert shop.on_hand(SCREW) == 8


def test_parts_may_be_what_comes_back_at_the_same_time(shop: Shop) -> None:
    shelves(shop, 1, 400, "SKU-1")
    _, work = at_work(shop, 2)

    takes_back(shop, work, shelved(2, parts=(part(1, "SKU-1"),)))

    assert shop.on_hand("SKU-1") == 2
    assert suspicions(shop) == []


def test_parts_that_are_not_there_are_not_used_and_nothing_comes_back(shop: Shop) -> None:
    shelves(shop, 1, 30)
    _, work = at_work(shop, 2)

    with pytest.raises(Conflict, match="insufficient_stock"):
        takes_back(shop, work, shelved(1, parts=(part(2),)))

    assert shop.on_hand(SCREW) == 1
    stored, _ = shop.store.reads().work_order(work.work_order_id)
    assert stored == work


@pytest.mark.parametrize(
    ("used", "code"),
    [
        (part(0), "not_positive"),
        (part(2, serials=("P-1",)), "serial_count"),
        (part(2, serials=("P-1", "P-1")), "serial_count"),
    ],
    ids=["none of it", "one of two named", "one named twice"],
)
def test_parts_that_mean_nothing_are_refused(shop: Shop, used: UsedPart, code: str) -> None:
    _, work = at_work(shop, 2)

    with pytest.raises(Invalid, match=code):
        takes_back(shop, work, shelved(1, parts=(used,)))


def test_very_many_parts_are_booked_by_several_calls(shop: Shop) -> None:
    _, work = at_work(shop, 2)

    with pytest.raises(Invalid, match="part_count"):
        takes_back(shop, work, shelved(1, parts=tuple(part(sku=f"P-{n}") for n in range(101))))
