"""An export that does not hold all says so, and the next one goes on where it stopped."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from chalicelib.core.errors import Conflict, NotFound
from chalicelib.core.money import Money
from chalicelib.jobs.model import Job, JobState
from chalicelib.jobs.running import JobRunner
from chalicelib.store.supplier_rows import RtvRow, SuppliedReturnRow
from chalicelib.suppliers.documents import RtvState
from chalicelib.suppliers.exporting import SupplierExport, new_export
from tests.builders import NOW, Shop
from tests.fakes import FakeStore
from tests.suppliers.trade import ACME, bad_goods, states


@dataclass(frozen=True)
class Found:
    """A page. Any: rows of any list."""

    items: tuple[Any, ...]
    next_cursor: str | None


@dataclass
class ThreeLists:
    """Lists whose cursors are places; the time of a run is told by how often they were asked."""

    returns: list[Any]
    documents: list[Any]
    asked: int = 0

    def supplied(self, supplier_id: str, *, limit: int, cursor: str | None) -> Found:
        return self._page(self.returns, limit, cursor)

    def rtvs(self, supplier_id: str, *, told: bool, limit: int, cursor: str | None) -> Found:
        return self._page(self.documents, limit, cursor)

    def claims(
        self, supplier_id: str | None, *, told: bool, limit: int, cursor: str | None
    ) -> Found:
        return self._page([], limit, cursor)

    def _page(self, rows: list[Any], limit: int, cursor: str | None) -> Found:
        self.asked += 1
        start = int(cursor or 0)
        end = start + limit
        return Found(tuple(rows[start:end]), str(end) if end < len(rows) else None)


@dataclass
class Files:
    files: dict[str, bytes] = field(default_factory=dict)

    def write(self, key: str, content: bytes, *, content_type: str) -> None:
        self.files[key] = content


@dataclass
class Desk:
    """Exports of one supplier, each by another job."""

    shop: Shop
    lists: ThreeLists
    rows_max: int = 2
    files: Files = field(default_factory=Files)

    def exports(
        self, job_id: str, after: Job | None = None, remaining_s: Callable[[], float] | None = None
    ) -> Job:
        store = self.shop.store
        assert isinstance(store, FakeStore)
        runner = JobRunner(
            commands=store,
            handler_of=lambda _: SupplierExport(
                reads=store.reads, lists=self.lists, files=self.files, rows_max=self.rows_max
            ),
            queue=None,
            clock=lambda: NOW,
            monotonic=lambda: 0.0,
        )
        new = replace(new_export(ACME, after), job_id=job_id)
        runner.create(new, correlation_id="c")
        runner.run(job_id, correlation_id="c", remaining_s=remaining_s or (lambda: 900.0))
        job = store.reads().job(job_id)
        assert job is not None
        assert job.state is JobState.SUCCEEDED, job.error_message
        return job

    def told(self, job: Job) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.files.files[str(job.result["report_key"])])
        return told

    def table(self, job: Job) -> list[str]:
        text = self.files.files[str(job.result["csv_key"])].decode("utf-8-sig")
        return [row["list"] for row in csv.DictReader(io.StringIO(text))]


def document(place: int) -> RtvRow:
    return RtvRow(
        rtv_id=f"rtv_{place}",
        number=f"V{place}",
        supplier_id=ACME,
        warehouse="A",
        state=RtvState.SENT,
        units=1,
        cost=Money(1, "EUR"),
        credited=None,
        claim_by=None,
        drafted_at=NOW,
        sent_at=NOW,
        shipped_at=None,
        claim_id=None,
        version=2,
    )


@pytest.fixture
def desk(shop: Shop) -> Desk:
    """Three returns, each of two units, and one document."""
    states(shop)
    returned = [bad_goods(shop, f"O-{place}") for place in range(3)]
    rows = [
        SuppliedReturnRow(return_id=ret.return_id, requested_at=NOW, lines=()) for ret in returned
    ]
    return Desk(shop, ThreeLists(returns=rows, documents=[document(1)]))


def test_an_export_that_has_no_room_for_all_says_so(desk: Desk) -> None:
    job = desk.exports("job_1")

    assert (job.result["is_complete"], job.result["returns"]) == (False, 2)
    assert desk.told(job)["is_complete"] is False
    assert desk.table(job)[-1] == "more_follows"


def test_the_next_export_goes_on_after_it_and_holds_each_row_once(desk: Desk) -> None:
    first = desk.exports("job_1")
    second = desk.exports("job_2", after=first)

    assert second.result["is_complete"] is True
    assert desk.table(second) == ["returns"]
    told = [desk.told(job) for job in (first, second)]
    ids = [one["return_id"] for part in told for one in part["returns"]]
    assert ids == [row.return_id for row in desk.lists.returns]
    assert [len(part["returns_to_vendor"]) for part in told] == [1, 0]
    assert told[1]["after"] == "job_1"


def test_an_export_whose_time_is_up_hands_the_rest_on(desk: Desk) -> None:
    hurried = desk.exports("job_1", remaining_s=lambda: 0.0)
    rest = desk.exports("job_2", after=hurried)

    assert hurried.result["is_complete"] is False
    assert desk.lists.asked == 1 + 3, "every export gets on, and reads nothing twice"
    assert (rest.result["returns"], rest.result["returns_to_vendor"]) == (1, 1)


def test_what_holds_all_has_no_rest(desk: Desk) -> None:
    desk.rows_max = 3
    job = desk.exports("job_1")

    assert job.result["is_complete"] is True
    with pytest.raises(Conflict, match="export_has_no_rest"):
        new_export(ACME, job)


def test_the_rest_is_of_the_same_supplier(desk: Desk) -> None:
    job = desk.exports("job_1")

    with pytest.raises(NotFound, match="job_not_found"):
        new_export("OTHER", job)
