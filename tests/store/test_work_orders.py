"""Work orders of very many returns: written in numbered parts, and seen as one."""

from typing import Any

import pytest

from chalicelib.inventory.model import Account, Movement
from chalicelib.returns.model import Disposition, Return
from chalicelib.store.actions import balance_changes, item_of
from chalicelib.store.execution import Commands
from chalicelib.workorders import taking_back, working
from chalicelib.workorders.model import WorkOutcome, WorkState
from tests.builders import NOW, Shop
from tests.fakes import FakeStore
from tests.store.watched import WatchedTable
from tests.workorders.shop_floor import cancels, comes, opens, sends, takes_back, waiting, wanted


@pytest.fixture
def crowd(core: WatchedTable) -> tuple[Shop, list[str]]:
    """A shop on a real store with as many returns as an order takes, each of goods of its own."""
    store = FakeStore(clock=lambda: NOW)
    shop = Shop(store)
    returns = [
        waiting(shop, 1, f"O-{place}", sku=f"SKU-{place}") for place in range(working.RETURNS_MAX)
    ]
    stored: list[Any] = list(store.records.values())  # Any: records of every type
    core.put_all([item_of(record) for record in stored])
    moved = balance_changes(
        core.name, [one for one in stored if isinstance(one, Movement)], forced=True
    )
    for start in range(0, len(moved), 90):
        core.transact([action.request for action in moved[start : start + 90]], f"t-{start}")
    real = Commands(table=core, clock=lambda: NOW, sleep=lambda _: None, chance=lambda: 0.0)
    return Shop(real, now=shop.now), [ret.return_id for ret in returns]


def stored_now(shop: Shop, return_ids: list[str]) -> list[Return]:
    found = (shop.store.reads().return_(return_id) for return_id in return_ids)
    return [ret for ret in found if ret is not None]


def test_units_of_very_many_returns_go_to_work_and_come_back(
    crowd: tuple[Shop, list[str]],
) -> None:
    shop, return_ids = crowd
    returns = stored_now(shop, return_ids)

    work = sends(shop, opens(shop, *(wanted(ret) for ret in returns)))
    some = range(1, taking_back.RETURNS_MAX + 1)
    takes_back(shop, work, *(comes(WorkOutcome.HOLD, 1, str(number)) for number in some))
    after = cancels(shop, work)

    assert after.state is WorkState.CANCELLED
    groups = [group for ret in stored_now(shop, return_ids) for group in ret.groups()]
    assert {(group.disposition, group.held_by) for group in groups} == {(Disposition.HOLD, None)}
    for place in (0, working.RETURNS_MAX - 1):
        assert shop.on_hand(f"SKU-{place}", Account.QUARANTINE) == 1
        assert shop.on_hand(f"SKU-{place}", Account.REPAIR) == 0
    stored, task = shop.store.reads().work_order(work.work_order_id)
    assert stored == after
    assert task is not None, "it was looked after"
    assert task.done_at is not None, "and is not any more"
