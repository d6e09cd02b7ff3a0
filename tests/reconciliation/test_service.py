"""Reconciling: nothing is found where all is right, and each planted drift exactly where it is."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.core.commands import Changes
from chalicelib.orders.model import DeliveredItem
from chalicelib.reconciliation.service import Reconciliation, new_reconciliation
from chalicelib.returns.scanning import Scan
from chalicelib.store import parts
from chalicelib.store.audit import Audit
from chalicelib.store.execution import Commands
from chalicelib.store.plans import plan_for
from tests.builders import Shop, delivery, failed, item, line, order, passed, restock, wish
from tests.fakes import FakeProvider
from tests.reconciliation.drifts import DRIFTS, Books, Finding, balance_up
from tests.stage import Stage
from tests.workbench import Workbench


@pytest.fixture
def books(stage: Stage, provider: FakeProvider) -> Books:
    """Orders with lots; returns asked for, rejected, received with surplus, disposed of and paid;
    a parcel that nobody expected."""
    commands = Commands(table=wiring.core_table())
    shop = Shop(commands, providers={provider.name: provider})
    shop.sells(order(line(quantity=5), line("2", quantity=3)))
    items = (DeliveredItem(line_no="1", quantity=2, lot="L1"),)
    shop.sells(order(line(quantity=2), no="O-2", deliveries=(delivery(*items, no="D-2"),)))
    ret = shop.asks("O-1", wish(3), wish(2, "2"))
    shop.approves(ret, line_1=2, line_2=2)
    shop.receives(ret, item(quantity=3), item("SKU-2", 2), item("SKU-9", 1))
    shop.inspects(ret, passed(2), failed(1, "2", accept_credit=True), passed(1, "2"))
    shop.disposes(ret, restock(2), restock(1, "2"))
    shop.settles(ret)
    other = shop.asks("O-2")
    shop.rejects(other)
    shop.asks("O-2")
    shop.scans(
        Scan(
            scan_id="s1", device_id="d1", seq=1, captured_at=shop.now, warehouse="A", quantity=1,
            sku="SKU-7",
        )
    )  # fmt: skip
    return Books(stage, shop, shop.now_is(ret))


def test_nothing_is_found_where_all_is_right(books: Books) -> None:
    job, findings = books.reconcile()

    assert findings == []
    assert job.result["checked"] == {
        "balances": 17,
        "counts": 3,
        "events": len([i for i in books.stage._all("core") if i["type"]["S"] == "EVENT"]),
        "exceptions": 3,
        "movements": 9,
        "orders": 2,
        "postings": 2,
        "returns": 3,
        "tasks": 6,
    }
    assert (job.result["findings"], job.result["unsettled"]) == (0, 0)


@pytest.mark.parametrize("plant", DRIFTS, ids=lambda plant: plant.__name__)
def test_a_planted_drift_is_found_exactly(
    books: Books, plant: Callable[[Books], list[Finding]]
) -> None:
    expected = plant(books)

    assert books.found() == sorted(expected)


def test_a_finding_says_what_was_expected_and_what_to_do(books: Books) -> None:
    balance_up(books)

    [finding] = books.reconcile()[1]

    assert (finding["expected"], finding["found"]) == (2, 3)
    assert finding["cause"]
    assert finding["proposed_repair"]


def test_what_happens_during_the_survey_is_no_finding(books: Books) -> None:
    bench = Workbench(books.stage, now=books.shop.now)

    class Busy(Audit):
        """Another return goes its way while the survey reads, a step at each fact."""

        def scan(self) -> Any:
            steps = iter(busy_hours(books.shop))
            for fact in Audit.scan(self):
                yield fact
                next(steps, None)

    handler = Reconciliation(
        store=Busy(core=wiring.core_table()),
        reads=wiring.reads,
        files=wiring.files(),
        announce=lambda job_id, findings: None,
    )
    job = bench.job(new_reconciliation())
    bench.handlers[job.kind] = handler
    done, _ = bench.work(job)

    assert done.result["findings"] == 0


def busy_hours(shop: Shop) -> Any:
    for number in range(6):
        no = f"O-1{number}"
        yield shop.sells(order(line(quantity=2), no=no, deliveries=_own(no)))
        ret = shop.asks(no, wish(2))
        yield ret
        yield shop.approves(ret)
        yield shop.receives(ret, item(quantity=3))
        yield shop.inspects(ret, passed(2))
        yield shop.disposes(ret, restock(2))
        yield shop.settles(ret)


def _own(no: str) -> Any:
    return (delivery(DeliveredItem(line_no="1", quantity=2), no=f"D-{no}"),)


@pytest.mark.parametrize(("age", "is_finished"), [(10, False), (20, True)])
def test_a_large_command_left_lying_is_finished_once_it_is_old(
    books: Books, age: int, is_finished: bool
) -> None:
    table = wiring.core_table()
    stored = books.shop.sold("O-1")
    changes = Changes(records=(replace(stored, version=stored.version + 1, region="later"),))
    plan = plan_for(
        table.name, changes, "cmd_left", [], now=books.shop.now - timedelta(minutes=age)
    )
    parts.begin(table, plan, "token")

    job, findings = books.reconcile()

    assert findings == []
    # One that is not old holds its order, which is looked at again: that finishes it as well.
    assert job.result["in_flight"] == (0 if is_finished else 1)
    assert job.result["finished"] == (1 if is_finished else 0)
    assert books.shop.sold("O-1").region == "later"


def test_a_second_run_of_the_same_job_reports_the_same(books: Books) -> None:
    balance_up(books)

    first, second = books.found(), books.found()

    assert first == second
