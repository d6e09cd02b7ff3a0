"""A document of very many returns: its goods leave in numbered parts, and seem to leave at once."""

from typing import cast

import pytest

from chalicelib.core.commands import Record
from chalicelib.inventory.model import Account, Movement
from chalicelib.returns.model import Disposition
from chalicelib.store.actions import balance_changes, item_of
from chalicelib.store.execution import Commands
from chalicelib.suppliers import returning
from chalicelib.suppliers.documents import RtvState
from chalicelib.suppliers.drafting import RETURNS_MAX
from chalicelib.suppliers.waiting import read_returns
from tests.builders import NOW, Shop
from tests.fakes import FakeStore
from tests.store.watched import WatchedTable
from tests.suppliers.trade import bad_goods, drafts, now_is, sends, ships, states


@pytest.fixture
def waiting(core: WatchedTable) -> tuple[Shop, list[str]]:
    """As many returns as a document takes, each of goods of its own, made in memory and stored."""
    memory = FakeStore(clock=lambda: NOW)
    shop = Shop(memory)
    states(shop)
    returns = [
        bad_goods(shop, f"O-{place}", sku=f"SKU-{place}", quantity=1)
        for place in range(RETURNS_MAX)
    ]
    stored = list(memory.records.values())
    core.put_all([item_of(cast(Record, record)) for record in stored])
    moved = balance_changes(
        core.name, [one for one in stored if isinstance(one, Movement)], forced=True
    )
    for start in range(0, len(moved), 90):
        core.transact([action.request for action in moved[start : start + 90]], f"t-{start}")
    real = Commands(table=core, clock=lambda: NOW, sleep=lambda _: None, chance=lambda: 0.0)
    return Shop(real, now=shop.now, numbers=shop.numbers), [ret.return_id for ret in returns]


def test_goods_of_very_many_returns_leave_together_and_come_back_together(
    waiting: tuple[Shop, list[str]],
) -> None:
    shop, return_ids = waiting
    reads = shop.store.reads()
    returns = read_returns(reads, return_ids)
    assert len(returns) == RETURNS_MAX

    rtv = ships(shop, sends(shop, drafts(shop, *returns)))

    assert now_is(shop, rtv).state is RtvState.GOODS_SHIPPED
    for place in (0, RETURNS_MAX - 1):
        assert shop.on_hand(f"SKU-{place}", Account.VENDOR) == 1
        assert shop.on_hand(f"SKU-{place}", Account.QUARANTINE) == 0
    groups = [
        group for ret in read_returns(shop.store.reads(), return_ids) for group in ret.groups()
    ]
    assert {group.account for group in groups} == {Account.VENDOR}

    shop.do(lambda reads, context: returning.reject(reads, rtv.rtv_id, "NOT_OURS", context))
    shop.do(lambda reads, context: returning.take_back(reads, rtv.rtv_id, context))

    groups = [
        group for ret in read_returns(shop.store.reads(), return_ids) for group in ret.groups()
    ]
    assert {(group.disposition, group.held_by) for group in groups} == {(Disposition.HOLD, None)}
    assert shop.on_hand("SKU-7", Account.QUARANTINE) == 1
