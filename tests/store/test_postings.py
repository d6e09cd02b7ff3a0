"""Every event about money is posted by the store itself, in the transaction that writes it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict
from chalicelib.core.events import Event, Journal
from chalicelib.invoicing.accounts import FinanceAccounts, StateAccounts, state_accounts
from chalicelib.ledger.model import Account
from chalicelib.ledger.posting import postings_for
from chalicelib.returns.model import Return
from chalicelib.store.execution import Commands
from chalicelib.tasks.model import TaskKind, open_task
from tests.builders import NOW, Shop, line, order, payment
from tests.fake_reads import Reader
from tests.fakes import FakeProvider, FakeStore, Killed, Store
from tests.ledger.workload import journal, money
from tests.store.watched import WatchedTable

ROOM = 8
"""Actions of one transaction: DynamoDB takes a hundred."""


@pytest.fixture(params=["real", "fake"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "fake":
        return FakeStore(clock=lambda: NOW)
    started: Callable[[], Commands] = request.getfixturevalue("process")
    return started()


def writes(*events: Event) -> Callable[[Reader], Decided[None]]:
    return lambda reads: Decided(result=None, changes=Changes(events=events))


def settled(shop: Shop) -> Return:
    shop.sells(order(line(quantity=2, price=20_00), payments=(payment("card", 40_00),)))
    ret = shop.accepts(shop.asks(quantity=2), 2)
    shop.settles(ret)
    return shop.now_is(ret)


def test_the_events_of_a_settlement_are_posted_with_it(store: Store) -> None:
    shop = Shop(store, providers={"sandbox": FakeProvider()})

    ret = settled(shop)

    postings = store.reads().postings(ret.subject)
    assert {posting.event_type for posting in postings} == {"settlement.started", "refund.paid"}
    made = postings_for(store.reads().events(ret.subject))
    assert sorted(postings, key=str) == sorted(made, key=str)


def test_what_is_not_about_money_is_not_posted(store: Store) -> None:
    shop = Shop(store)
    shop.sells(order(line(quantity=2)))

    ret = shop.asks(quantity=2)

    assert store.reads().postings(ret.subject) == []
    assert store.reads().postings("order/O-1") == []


def test_postings_of_other_subjects_lie_with_their_own(store: Store) -> None:
    (awarded,) = journal(("compensation.awarded", {"award": money(5)}))

    store.run(writes(awarded), context=Shop(store).context())

    (posting,) = store.reads().postings(awarded.subject)
    assert posting.event_id == awarded.id
    assert store.reads().postings("return/ret_other") == []


def test_an_event_that_is_written_already_is_not_posted_again(store: Store) -> None:
    (awarded,) = journal(("compensation.awarded", {"award": money(5)}))
    store.run(writes(awarded), context=Shop(store).context())

    with pytest.raises(Conflict):
        store.run(writes(awarded), context=Shop(store).context())

    assert len(store.reads().postings(awarded.subject)) == 1


def test_a_posting_costs_an_action_and_no_call(core: WatchedTable, shop: Shop) -> None:
    shop.sells(order(line(quantity=2, price=20_00), payments=(payment("card", 40_00),)))
    ret = shop.accepts(shop.asks(quantity=2), 2)
    shop.providers["sandbox"] = FakeProvider()
    core.calls.clear()

    shop.settles(ret)

    assert core.calls["transaction"] == 2, "one before the provider is asked, and one after"
    assert len(shop.store.reads().postings(ret.subject)) == 2


@pytest.mark.parametrize("step", range(8))
def test_a_command_in_parts_has_its_postings_when_it_has_its_events(
    core: WatchedTable, shop: Shop, step: int
) -> None:
    """Killed before any of its transactions: both are there for whoever reads then, or none."""
    shop.sells(order(line(quantity=2)))
    ret = shop.asks(quantity=2)
    small = Commands(
        table=core, clock=lambda: NOW, sleep=lambda _: None, chance=lambda: 0.0, actions_max=ROOM
    )
    core.script = ["well"] * step + ["dies before"]

    with suppress(Killed):
        small.run(awarded_with_many_tasks(ret, shop), context=shop.context())
    core.script = []

    stored = shop.now_is(ret)
    reads = shop.store.reads()
    is_done = stored.version > ret.version
    assert [event.type for event in reads.events(ret.subject)][-1] == (
        "compensation.awarded" if is_done else "return.submitted"
    )
    assert len(reads.postings(ret.subject)) == is_done


def awarded_with_many_tasks(ret: Return, shop: Shop) -> Callable[[Reader], Decided[None]]:
    """More records than one transaction of this room takes."""
    journal = Journal(ret.subject, ret.chain, shop.context())
    journal.record("compensation.awarded", {"award": money(5)})
    changed = replace(ret, version=ret.version + 1, chain=journal.chain)
    tasks = [
        open_task(TaskKind.PAYMENT, ret.subject, occasion=str(number), now=NOW)
        for number in range(2 * ROOM)
    ]
    changes = Changes(records=(changed, *tasks), events=tuple(journal.events))
    return lambda reads: Decided(result=None, changes=changes)


def test_what_finance_calls_the_accounts_is_kept_and_read_back(store: Store) -> None:
    shop = Shop(store)
    accounts = {account.value: {"code": account.value} for account in Account}
    command = StateAccounts(accounts=accounts, rates={"USD": "0.92"})
    before = store.reads().finance_accounts()

    stated = shop.do(lambda reads, context: state_accounts(reads, command, context))

    assert before == FinanceAccounts()
    assert store.reads().finance_accounts() == stated
