"""Comparing with a provider's list: a real difference is a finding and one task, nothing else."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Invalid
from chalicelib.jobs.model import Job, JobKind, JobState
from chalicelib.ledger.agreement import ListedRefund
from chalicelib.reconciliation.payments import (
    GRACE,
    Comparison,
    daily_comparison,
    new_comparison,
)
from chalicelib.returns.model import Return
from chalicelib.settlement.ports import RefundOutcome, RefundState
from chalicelib.store.execution import Commands
from chalicelib.store.hours import StoredEvents
from chalicelib.tasks.model import Task, TaskKind, TaskState, finished
from tests.builders import NOW, Shop, eur, line, order, payment
from tests.reconciliation.lists import ListingProvider
from tests.stage import Stage
from tests.workbench import Workbench

Finding = dict[str, Any]


@dataclass(slots=True)
class Books:
    """A shop, its provider, and a worker that compares both, some hours later."""

    stage: Stage
    shop: Shop
    provider: ListingProvider
    bench: Workbench
    ret: Return

    def compare(self, name: str = "job") -> Job:
        job = self.bench.job(new_comparison(self.bench.now, NOW - timedelta(hours=2)), name)
        return self.bench.work(job)[0]

    def found(self, name: str = "job") -> list[Finding]:
        job = self.compare(name)
        assert job.state is JobState.SUCCEEDED, job.error_message
        report = json.loads(self.stage.objects()[str(job.result["report_key"])])
        return list(report["findings"])

    def tasks(self) -> list[Task]:
        """Those that a comparison opened."""
        ids = [i["pk"]["S"] for i in self.stage._all("core") if i["type"]["S"] == "TASK"]
        tasks = [wiring.reads().task(pk.removeprefix("TASK#")) for pk in ids]
        return [
            task
            for task in tasks
            if task is not None and any(one.startswith("refund_") for one in task.reasons)
        ]


@pytest.fixture
def books(stage: Stage) -> Books:
    """10.00 of a card was paid back for a return."""
    provider = ListingProvider()
    shop = Shop(Commands(table=wiring.core_table()), providers={"sandbox": provider})
    provider.clock = lambda: shop.now
    card = replace(payment("card", 50_00), provider_ref="pay-1")
    shop.sells(order(line(quantity=5, price=10_00), payments=(card,)))
    ret = shop.accepts(shop.asks())
    shop.settles(ret)
    bench = Workbench(stage, now=NOW + timedelta(hours=6))
    bench.handlers[JobKind.RECONCILE_PAYMENTS] = Comparison(
        commands=wiring.commands(),
        events=StoredEvents(core=wiring.core_table()),
        listers={"sandbox": provider},
        files=wiring.files(),
        announce=lambda job_id, findings: None,
    )
    return Books(stage, shop, provider, bench, shop.now_is(ret))


def test_nothing_is_found_where_both_say_the_same(books: Books) -> None:
    job = books.compare()

    assert (job.state, job.result["findings"]) == (JobState.SUCCEEDED, 0)
    assert job.result["checked"] == {"booked": 1, "listed": 1, "foreign": 0}
    assert (job.result["providers"], job.result["unsettled"]) == (["sandbox"], 0)
    assert books.tasks() == []


@pytest.mark.parametrize("hours", [-1, 1])
def test_what_is_listed_in_another_hour_is_the_same(books: Books, hours: int) -> None:
    books.provider.lists_later(hours=hours)

    assert books.found() == []


def missing(books: Books) -> str:
    books.provider.forgets()
    return "refund_missing"


def failed_since(books: Books) -> str:
    """Listed as failed; asked for, they say so, too."""
    refund = books.provider.only()
    books.provider.changes(stands=False)
    books.provider.refunds[str(refund.key)] = RefundOutcome(
        state=RefundState.DECLINED, reason="bounced"
    )
    return "refund_missing"


def other_amount(books: Books) -> str:
    books.provider.changes(amount=eur(9_99))
    return "refund_amount_differs"


def other_amount_in_another_hour(books: Books) -> str:
    """Both hours see it: they do not list it when we booked it, but know it when asked."""
    refund = books.provider.only()
    books.provider.changes(amount=eur(9_99))
    books.provider.lists_later(hours=1)
    books.provider.refunds[str(refund.key)] = RefundOutcome(
        state=RefundState.SUCCEEDED, refund_id=refund.refund_id, amount=eur(9_99)
    )
    return "refund_amount_differs"


def other_payment(books: Books) -> str:
    books.provider.changes(payment="pay-2")
    return "refund_payment_differs"


def paid_twice(books: Books) -> str:
    books.provider.says(replace(books.provider.only(), refund_id="rf-again"))
    return "refund_duplicate"


def paid_and_not_booked(books: Books) -> str:
    """The request was lost, and carried out after all when nobody asked any more."""
    books.provider.script["card"] = ["silent"]
    ret = books.shop.accepts(books.shop.asks())
    books.shop.settles(ret)
    (leg,) = books.shop.settlement(ret).legs
    books.provider.says(
        ListedRefund(
            refund_id="rf-late", payment="pay-1", amount=leg.amount, stands=True, key=leg.key
        )
    )
    return "refund_unbooked"


def refunded_elsewhere(books: Books) -> str:
    books.provider.says(
        ListedRefund(refund_id="rf-else", payment="pay-1", amount=eur(1), stands=True)
    )
    return "refund_extra"


def refunded_elsewhere_by_another_name(books: Books) -> str:
    """We know the payment by one of the names that they have for it."""
    names = frozenset({"pay-1"})
    books.provider.says(
        ListedRefund(
            refund_id="rf-else", payment="charge-1", amount=eur(1), stands=True, also=names
        )
    )
    return "refund_extra"


DIFFERENCES = (
    missing, failed_since, other_amount, other_amount_in_another_hour, other_payment, paid_twice,
    paid_and_not_booked, refunded_elsewhere, refunded_elsewhere_by_another_name,
)  # fmt: skip


@pytest.mark.parametrize("plant", DIFFERENCES, ids=lambda plant: plant.__name__)
def test_a_difference_is_one_finding_and_one_task_however_often_it_is_found(
    books: Books, plant: Callable[[Books], str]
) -> None:
    kind = plant(books)

    first, second = books.found(), books.found("again")

    assert [finding["kind"] for finding in first] == [kind]
    assert second == first
    (task,) = books.tasks()
    assert (task.kind, task.role, task.reasons) == (TaskKind.PAYMENT, "finance", (kind,))
    assert task.subject == first[0]["subject"]


def test_a_finding_says_both_sides_and_what_to_do(books: Books) -> None:
    other_amount(books)

    (finding,) = books.found()

    assert finding["subject"] == books.ret.subject
    assert finding["expected"]["amount"] == {"amount": "10.00", "currency": "EUR"}
    assert finding["found"]["amount"] == {"amount": "9.99", "currency": "EUR"}
    assert finding["cause"]
    assert finding["proposed_repair"]


def test_a_task_that_a_person_finished_is_not_opened_again(books: Books) -> None:
    missing(books)
    books.compare()
    (task,) = books.tasks()
    store(books, finished(task, by="fin-1", now=books.bench.now))

    books.compare("again")

    assert [one.state for one in books.tasks()] == [TaskState.DONE]


def store(books: Books, record: Record) -> None:
    """As somebody else's command leaves it."""
    changes = Changes(records=(record,))
    books.shop.do(lambda reads, context: Decided(result=None, changes=changes))


def test_what_the_order_says_was_refunded_elsewhere_is_known(books: Books) -> None:
    refunded_elsewhere(books)
    known = replace(books.shop.sold().payments[0], refunded=eur(1))
    sold = books.shop.sold()
    store(books, replace(sold, payments=(known,), version=sold.version + 1))

    assert books.found() == []


@pytest.mark.parametrize("key", [None, "stl_nobody_1:card:1", "of another system"])
def test_refunds_of_payments_that_are_no_orders_are_only_counted(
    books: Books, key: str | None
) -> None:
    books.provider.says(
        ListedRefund(refund_id="rf-x", payment="pay-x", amount=eur(1), stands=True, key=key)
    )

    job = books.compare()

    assert (job.result["findings"], books.tasks()) == (0, [])
    assert job.result["checked"] == {"booked": 1, "listed": 2, "foreign": 1}


def test_where_the_provider_cannot_say_nothing_is_judged(books: Books) -> None:
    refund = books.provider.only()
    books.provider.made.clear()
    books.provider.refunds[str(refund.key)] = RefundOutcome(
        state=RefundState.UNKNOWN, reason="timeout"
    )

    job = books.compare()

    assert (job.result["findings"], job.result["unsettled"], books.tasks()) == (0, 1, [])


def test_what_is_younger_than_the_grace_is_left_to_the_next_run(books: Books) -> None:
    missing(books)
    books.bench.now = NOW + GRACE - timedelta(minutes=1)

    assert books.found() == []


def test_a_run_whose_time_is_up_goes_on_where_it_stopped(books: Books) -> None:
    missing(books)
    books.bench.remaining_s = 10.0
    job = books.compare()
    seen = books.provider.lists
    books.bench.remaining_s = 900.0

    done, _ = books.bench.work(job)

    assert (job.state, seen) == (JobState.RUNNING, 0)
    assert books.bench.queue.puts == [(job.job_id, 0)]
    assert (done.state, done.result["findings"]) == (JobState.SUCCEEDED, 1)


@pytest.mark.parametrize("dies_at", range(2, 8))
def test_a_run_that_dies_anywhere_is_finished_by_the_next_and_counts_nothing_twice(
    books: Books, dies_at: int
) -> None:
    missing(books)
    new = new_comparison(books.bench.now, NOW - timedelta(hours=2))
    job = books.bench.job(new)
    books.bench.work(job, dies_at=dies_at)
    books.bench.later(minutes=2)

    done, _ = books.bench.work(job)

    assert (done.state, done.result["findings"]) == (JobState.SUCCEEDED, 1)
    assert len(books.tasks()) == 1


def test_a_list_that_cannot_be_read_is_asked_for_again_later(books: Books) -> None:
    books.provider.fails = 1
    job = books.compare()
    books.bench.later(minutes=2)

    done, _ = books.bench.work(job)

    assert job.state is JobState.RUNNING
    assert done.state is JobState.SUCCEEDED


def test_a_list_that_is_never_readable_fails_the_job(books: Books) -> None:
    books.provider.fails = 100
    job = books.compare()
    for _ in range(6):
        books.bench.later(minutes=20)
        job, _ = books.bench.work(job)

    assert (job.state, job.error_code) == (JobState.FAILED, "refunds_not_listed")


def test_the_job_of_a_day_is_one(books: Books) -> None:
    first, later = daily_comparison(books.bench.now), daily_comparison(NOW + timedelta(hours=9))

    assert first.job_id == later.job_id
    assert daily_comparison(NOW + timedelta(days=1)).job_id != first.job_id


def test_more_than_a_month_is_refused(books: Books) -> None:
    with pytest.raises(Invalid, match="comparison_period"):
        new_comparison(books.bench.now, NOW - timedelta(days=32))
