"""The journal of a time: each posting once, in one file, however often a worker stops or dies."""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import wiring
from chalicelib.core.errors import Invalid
from chalicelib.core.events import Event, Json
from chalicelib.core.money import Money
from chalicelib.invoicing.accounts import FinanceAccounts, starting_accounts
from chalicelib.invoicing.exporting import PART_BYTES, JournalExport, new_export
from chalicelib.jobs.model import Job, JobState
from chalicelib.jobs.running import JobRunner
from chalicelib.ledger.model import Account
from chalicelib.ledger.posting import postings_for
from chalicelib.store import money_keys
from chalicelib.store.execution import Commands
from tests.builders import NOW, Shop, line, order, payment
from tests.fakes import FakeProvider, FakeStore, Killed
from tests.ledger.workload import Count, Told, journal, money, workloads
from tests.stage import Stage
from tests.workbench import Workbench

UNTIL = NOW + timedelta(hours=3)
LATER = UNTIL + timedelta(hours=1)


@dataclass
class Parts:
    """Files in memory. `dies_at` is the call at which the process ends."""

    files: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    dies_at: int = 0
    calls: int = 0

    def write(self, key: str, content: bytes, *, content_type: str) -> None:
        self._call()
        self.files[key] = content

    def begin_parts(self, key: str, *, content_type: str) -> str:
        self._call()
        self.uploads[f"upload-{len(self.uploads)}"] = {}
        return f"upload-{len(self.uploads) - 1}"

    def put_part(self, key: str, upload_id: str, number: int, content: bytes) -> str:
        self._call()
        self.uploads[upload_id][number] = content
        return f"etag-{number}"

    def finish_parts(self, key: str, upload_id: str, etags: Sequence[str]) -> None:
        self._call()
        assert list(etags) == [f"etag-{number + 1}" for number in range(len(etags))]
        parts = self.uploads[upload_id]
        self.files[key] = b"".join(parts[number + 1] for number in range(len(etags)))

    def _call(self) -> None:
        self.calls += 1
        if self.calls == self.dies_at:
            raise Killed("at a file")


@dataclass
class Hours:
    """Events by the hour, as the store tells them."""

    stored: Sequence[Event]

    def events(self, hour: datetime) -> Iterator[Event]:
        yield from (e for e in self.stored if hour <= e.time < hour + timedelta(hours=1))


@dataclass
class Desk:
    """One export job over these events; each `work` is another worker."""

    events: Sequence[Event]
    part_bytes: int = PART_BYTES
    form: str = "csv"
    home: str = "EUR"
    store: FakeStore = field(default_factory=lambda: FakeStore(clock=lambda: LATER))
    parts: Parts = field(default_factory=Parts)
    now: datetime = LATER

    def created(self) -> Job:
        new = new_export(NOW, UNTIL, form=self.form, language="en", now=LATER)
        return self._runner().create(replace(new, job_id="job_1"), correlation_id="c")

    def work(self, remaining_s: Callable[[], float] = lambda: 900.0) -> Job:
        self.now += timedelta(minutes=2)
        self._runner().run("job_1", correlation_id="c", remaining_s=remaining_s)
        job = self.store.reads().job("job_1")
        assert job is not None
        return job

    def done(self) -> Job:
        self.created()
        job = self.work()
        assert job.state is JobState.SUCCEEDED, job.error_message
        return job

    def rows(self, job: Job) -> list[dict[str, str]]:
        (content,) = self.parts.files.values()
        text = content.decode("utf-8-sig")
        if self.form == "json":
            found: list[dict[str, str]] = json.loads(text)
            return found
        return list(csv.DictReader(io.StringIO(text, newline="")))

    def _runner(self) -> JobRunner:
        return JobRunner(
            commands=self.store,
            handler_of=lambda kind: JournalExport(
                events=Hours(self.events),
                reads=self.store.reads,
                files=self.parts,
                home_currency=self.home,
                part_bytes=self.part_bytes,
            ),
            queue=None,
            clock=lambda: self.now,
            monotonic=lambda: 0.0,
            save_every_s=0.0,
        )


def spread(told: Told) -> list[Event]:
    """Events of a story, seven minutes apart."""
    return [
        replace(event, time=NOW + place * timedelta(minutes=7))
        for place, event in enumerate(journal(*told)[:25])
    ]


def ledger_totals(events: Sequence[Event]) -> Counter[tuple[str, str, str]]:
    """Debits and credits of each account, as the ledger has them."""
    accounts = starting_accounts()
    sums: Counter[tuple[str, str, str]] = Counter()
    for posting in postings_for(events):
        for entry in posting.entries:
            side = "debit" if entry.minor > 0 else "credit"
            sums[accounts[entry.account].code, posting.currency, side] += abs(entry.minor)
    return sums


def file_totals(rows: Sequence[dict[str, str]]) -> Counter[tuple[str, str, str]]:
    sums: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        side = "debit" if row["debit"] else "credit"
        amount = Money.parse(row[side], row["currency"])
        sums[row["account"], row["currency"], side] += amount.minor
    return sums


def told_totals(job: Job) -> dict[tuple[str, str, str], int]:
    totals: Any = job.result["totals"]
    return {
        (one["account"], one["currency"], one["side"]): Money.parse(
            one["amount"], one["currency"]
        ).minor
        for one in totals
    }


@given(workloads(), st.sampled_from(["csv", "json"]), st.sampled_from([1, 700, PART_BYTES]))
def test_the_file_comes_to_what_the_ledger_comes_to(
    work: tuple[Told, Count], form: str, part_bytes: int
) -> None:
    events = spread(work[0])
    desk = Desk(events, part_bytes, form)

    job = desk.done()

    rows = desk.rows(job)
    expected = +ledger_totals(events)
    assert file_totals(rows) == expected
    assert told_totals(job) == dict(expected)
    assert [row["posting_id"] for row in rows if row["line"] in ("1", 1)] == [
        posting.posting_id for posting in postings_for(events)
    ]
    assert (job.result["lines"], job.result["unrated"]) == (len(rows), 0)


STORY: Told = [("compensation.awarded", {"award": money(minor)}) for minor in range(1, 13)]


@pytest.mark.parametrize("dies_at", range(1, 16))
@pytest.mark.parametrize("part_bytes", [1, 500, PART_BYTES], ids=["tiny", "small", "whole"])
def test_a_worker_that_dies_at_any_file_leaves_no_line_out_and_none_twice(
    dies_at: int, part_bytes: int
) -> None:
    undisturbed = Desk(spread(STORY), part_bytes)
    undisturbed.done()
    desk = Desk(spread(STORY), part_bytes, parts=Parts(dies_at=dies_at))
    desk.created()

    try:
        desk.work()
    except Killed:
        desk.work()

    assert desk.parts.files == undisturbed.parts.files


@pytest.mark.parametrize("looks", range(1, 5))
def test_a_worker_whose_time_is_up_hands_on_what_is_a_part_already(looks: int) -> None:
    undisturbed = Desk(spread(STORY), 1)
    undisturbed.done()
    desk = Desk(spread(STORY), 1)
    desk.created()
    left = [900.0] * looks

    stopped = desk.work(lambda: left.pop() if left else 0.0)
    desk.work()

    assert stopped.state is JobState.RUNNING
    assert desk.parts.files == undisturbed.parts.files


def test_only_what_was_posted_in_the_time_is_in_it() -> None:
    (event,) = spread(STORY[:1])
    early = replace(event, id="evt_early", time=NOW - timedelta(milliseconds=1))
    late = replace(event, id="evt_late", time=UNTIL)
    desk = Desk([early, event, late])

    job = desk.done()

    assert [row["event_id"] for row in desk.rows(job)] == [event.id] * 2


def test_a_file_begun_under_other_accounts_is_begun_anew() -> None:
    desk = Desk(spread(STORY), 1, parts=Parts(dies_at=5))
    desk.created()
    with pytest.raises(Killed):
        desk.work()
    told = {account.value: {"code": f"9{n}"} for n, account in enumerate(Account)}
    desk.store.records[money_keys.finance_accounts()] = FinanceAccounts(accounts=told, version=1)

    job = desk.work()

    assert {row["account"] for row in desk.rows(job)} == {
        told["compensation"]["code"],
        told["customer_due"]["code"],
    }
    assert (job.result["lines"], job.result["accounts_version"]) == (24, 2)


def test_a_sale_is_booked_at_its_own_rate_and_credit_at_the_one_that_finance_states() -> None:
    desk = Desk([], home="USD")
    shop = Shop(desk.store, providers={"sandbox": FakeProvider()})
    card = payment("card", 40_00)
    sold = order(line(quantity=2, price=20_00), payments=(card,), exchange_rate="1.10")
    shop.sells(sold)
    ret = shop.accepts(shop.asks(quantity=2), 2)
    shop.settles(ret)
    credit: dict[str, Json] = {"credit_id": "crd_1", "amount": money(10_00), "settles": money(0)}
    issued = journal(("credit.issued", credit), subject="credit/cra_1")
    unknown = journal(
        ("credit.issued", {**credit, "amount": money(500, "JPY"), "settles": money(0, "JPY")}),
        subject="credit/cra_2",
    )
    desk.events = [*desk.store.reads().events(ret.subject), *issued, *unknown]
    desk.store.records[money_keys.finance_accounts()] = FinanceAccounts(
        rates={"EUR": "1.2"}, version=1
    )

    job = desk.done()

    rates = {row["subject"]: row["exchange_rate"] for row in desk.rows(job)}
    assert rates == {ret.subject: "1.10", "credit/cra_1": "1.2", "credit/cra_2": ""}
    homes = {row["home_debit"] for row in desk.rows(job) if row["subject"] == ret.subject}
    assert "44.00" in homes
    assert job.result["unrated"] == 1


@pytest.mark.parametrize(
    ("since", "until", "code"),
    [
        (NOW, NOW, "bad_period"),
        (NOW - timedelta(days=500), NOW, "bad_period"),
        (NOW, LATER, "period_not_over"),
    ],
    ids=["empty", "too long", "not over"],
)
def test_a_time_that_cannot_be_exported_is_refused(
    since: datetime, until: datetime, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        new_export(since, until, form="csv", language="en", now=LATER)

    assert [error.code for error in refused.value.errors] == [code]


def test_a_journal_of_nothing_is_a_header_alone() -> None:
    desk = Desk([])

    job = desk.done()

    (content,) = desk.parts.files.values()
    assert content.decode("utf-8-sig").startswith("posting_id,line,posted_at")
    assert (desk.rows(job), job.result["totals"]) == ([], [])


def test_settlements_of_a_stage_are_exported_from_its_own_index(stage: Stage) -> None:
    shop = Shop(Commands(table=wiring.core_table()), providers={"sandbox": FakeProvider()})
    shop.sells(order(line(quantity=2, price=20_00), payments=(payment("card", 40_00),)))
    shop.settles(shop.accepts(shop.asks(quantity=2), 2))
    bench = Workbench(stage, now=LATER)

    job, _ = bench.work(bench.job(new_export(NOW, UNTIL, form="csv", language="zh-CN", now=LATER)))

    text = stage.objects()[str(job.result["journal_csv_key"])].decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert sum(Decimal(row["debit"] or 0) for row in rows) == 80
    assert {row["account_name"] for row in rows} == {"销售退回", "在途退款", "支付平台"}


def test_a_file_of_several_parts_is_put_together_once_and_for_good(stage: Stage) -> None:
    files = wiring.files()
    upload = files.begin_parts("reports/journals/x.csv", content_type="text/csv")
    large = b"x" * PART_BYTES
    etags = [
        files.put_part("reports/journals/x.csv", upload, 1, large),
        files.put_part("reports/journals/x.csv", upload, 2, b"the end"),
    ]

    files.finish_parts("reports/journals/x.csv", upload, etags)
    files.finish_parts("reports/journals/x.csv", upload, etags)

    assert files.read("reports/journals/x.csv", size_max=2 * PART_BYTES) == large + b"the end"
