"""A box of more returns than one transaction holds arrives by one scan: all of them, or none."""

from collections.abc import Callable

import pytest

from chalicelib.core.errors import Invalid
from chalicelib.returns.model import Return
from chalicelib.returns.parcels import PALLET_RETURNS_MAX, PARCELS_MAX
from chalicelib.store.execution import Commands
from tests.builders import NOW, Shop
from tests.fakes import Killed
from tests.receivings.test_receivings import boxed
from tests.returns.test_verifying import scan, takes
from tests.shipping.stories import approved, whereabouts
from tests.store.test_locked_parts import is_locked
from tests.store.watched import WatchedTable

RETURNS, ROOM = 12, 20
"""Each return is written with an event: twelve of them are more than there is room for."""
OF_THE_BOX = scan(1, sku=None, parcel="BOX-1", step="receiving")


@pytest.fixture
def process(core: WatchedTable) -> Callable[[], Commands]:
    """Starts another process, with a fifth of DynamoDB's room."""

    def start() -> Commands:
        return Commands(
            table=core,
            clock=lambda: NOW,
            sleep=lambda _: None,
            chance=lambda: 0.0,
            actions_max=ROOM,
        )

    return start


@pytest.fixture
def returns(shop: Shop) -> list[Return]:
    """On their way, in one box."""
    found = [approved(shop, 1, no=f"O-{number}") for number in range(RETURNS)]
    boxed(shop, *found, box="BOX-1")
    return found


def arrived(shop: Shop, returns: list[Return]) -> int:
    places = [whereabouts(shop.now_is(ret)) for ret in returns]
    return places.count([{"ARRIVED": 1}])


def told(shop: Shop, returns: list[Return]) -> int:
    events = [one for ret in returns for one in shop.store.reads().events(ret.subject)]
    return [one.type for one in events].count("return.arrived")


def test_more_returns_than_one_transaction_holds_arrive_together(
    returns: list[Return], core: WatchedTable, process: Callable[[], Commands]
) -> None:
    shop = Shop(process())

    outcome = takes(shop, OF_THE_BOX)

    assert outcome.reason == "arrived"
    assert arrived(shop, returns) == RETURNS
    assert told(shop, returns) == RETURNS
    assert not is_locked(core)
    assert takes(shop, OF_THE_BOX) == outcome


def test_more_returns_than_can_be_locked_at_once_are_refused_and_nothing_is_done(
    returns: list[Return], core: WatchedTable
) -> None:
    shop = Shop(
        Commands(
            table=core,
            clock=lambda: NOW,
            sleep=lambda _: None,
            chance=lambda: 0.0,
            actions_max=RETURNS,
        )
    )

    with pytest.raises(Invalid, match="too many documents"):
        takes(shop, OF_THE_BOX)

    assert arrived(shop, returns) == 0
    assert not is_locked(core)


@pytest.mark.parametrize("when", ["dies before", "dies after"])
@pytest.mark.parametrize("step", range(1, 6))
def test_killed_at_any_transaction_whoever_reads_a_return_of_it_finishes_it(
    returns: list[Return], core: WatchedTable, process: Callable[[], Commands], step: int, when: str
) -> None:
    core.script = ["well"] * step + [when]
    with pytest.raises(Killed):
        takes(Shop(process()), OF_THE_BOX)
    core.script = []

    after = Shop(process())
    after.now_is(returns[-1])
    box = after.store.reads().parcel("BOX-1")

    assert box is not None
    assert box.arrived_at is not None
    assert arrived(after, returns) == RETURNS
    assert takes(after, OF_THE_BOX).reason == "arrived"
    assert told(after, returns) == RETURNS
    assert not is_locked(core)


def test_a_full_pallet_is_read_whole(shop: Shop) -> None:
    ret = approved(shop)
    names = [f"BOX-{number}" for number in range(PARCELS_MAX)]
    for name in names:
        boxed(shop, ret, box=name)
    others = [f"ret_{number}" for number in range(PALLET_RETURNS_MAX - 1)]

    reads = shop.store.reads()

    assert [box.parcel_no for box in reads.parcels_of(names)] == names
    assert reads.returns_of([*others, ret.return_id]) == [ret]
