"""Lists: every row once over all pages, bounded reads, and cursors that fit only their list."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from chalicelib import wiring
from chalicelib.core.errors import Invalid
from chalicelib.inventory.model import Account, Balance
from chalicelib.jobs.model import Job, JobKind, JobState
from chalicelib.returns.exceptions import ExceptionKind, ExceptionState, ReturnException
from chalicelib.returns.model import Authorization, Return
from chalicelib.returns.standing import Status
from chalicelib.store import pages
from chalicelib.store.actions import item_of
from chalicelib.store.projection import Image, rebuild
from chalicelib.store.views import (
    ExceptionFilters,
    OrderFilters,
    Page,
    ReturnFilters,
    TaskFilters,
    Views,
)
from chalicelib.tasks.model import TaskKind, TaskState, finished, open_task
from tests.stage import NOW, Stage
from tests.story import Story

T = TypeVar("T")


@pytest.fixture
def views(stage: Stage) -> Views:
    return wiring.views()


@pytest.fixture
def template(stage: Stage) -> Return:
    """A submitted return of the real use case, to be varied."""
    story = Story(stage)
    story.stock("S1", "S2")
    story.order("O1")
    return story.return_("O1")


def project(*records: object) -> None:
    images = [Image(item=item_of(record)) for record in records]  # type: ignore[arg-type]  # each has a version
    batch = wiring.projector().batch(images)
    for image in images:
        batch.apply(image)


def all_pages(ask: Callable[[str | None], Page[T]], *, pages_max: int = 200) -> list[T]:
    found: list[T] = []
    cursor = None
    for _ in range(pages_max):
        page = ask(cursor)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found
    raise AssertionError("the list does not end")


def varied(template: Return, number: int, **changes: object) -> Return:
    moment = NOW - timedelta(days=11 * number)
    return replace(
        template,
        return_id=f"ret_{number:03d}",
        requested_at=moment,
        **changes,  # type: ignore[arg-type]  # fields by name
    )


@pytest.mark.parametrize("limit", [1, 2, 7, 200])
def test_all_pages_together_hold_every_return_once_newest_first(
    views: Views, template: Return, limit: int
) -> None:
    project(*(varied(template, number) for number in range(20)))

    rows = all_pages(lambda cursor: views.returns(ReturnFilters(), limit, cursor))

    assert [row.return_id for row in rows] == [f"ret_{number:03d}" for number in range(20)]


def test_a_full_last_page_has_no_cursor(views: Views, template: Return) -> None:
    project(*(varied(template, number) for number in range(4)))

    page = views.returns(ReturnFilters(), 2)
    last = views.returns(ReturnFilters(), 2, page.next_cursor)

    assert (len(page.items), len(last.items), last.next_cursor) == (2, 2, None)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (ReturnFilters(), {0, 1, 2, 3, 4, 5}),
        (ReturnFilters(warehouse="W1"), {0, 2, 4}),
        (ReturnFilters(customer_id="c1"), {0, 3}),
        (ReturnFilters(customer_id="c1", warehouse="W1"), {0}),
        (ReturnFilters(order_no="O4"), {4}),
        (ReturnFilters(order_no="O4", customer_id="c1"), set()),
        (ReturnFilters(status=Status.DRAFT), set()),
        (ReturnFilters(within=frozenset({"W2"})), {1, 3}),
        (ReturnFilters(warehouse="W1", within=frozenset({"W2"})), set()),
    ],
    ids=lambda value: str(value)[:60],
)
def test_only_what_fits_all_filters_is_listed(
    views: Views, template: Return, filters: ReturnFilters, expected: set[int]
) -> None:
    warehouses = ["W1", "W2", "W1", "W2", "W1", "W3"]
    for number, warehouse in enumerate(warehouses):
        customer = f"c{1 + number % 3}"
        project(
            varied(
                template,
                number,
                warehouse=warehouse,
                customer_id=customer,
                order_no=f"O{number}",
            )
        )

    rows = all_pages(lambda cursor: views.returns(filters, 1, cursor))

    assert {int(row.return_id[4:]) for row in rows} == expected


def test_a_page_reads_a_bounded_number_of_rows_and_months(
    views: Views, template: Return, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "ROWS_MAX", 10)
    monkeypatch.setattr(pages, "BUCKETS_MAX", 3)
    project(*(varied(template, number, warehouse="W1") for number in range(40)))
    project(varied(template, 40, warehouse="W2"))
    filters = ReturnFilters(within=frozenset({"W2"}))

    first = views.returns(filters, 5)
    rows = all_pages(lambda cursor: views.returns(filters, 5, cursor))

    assert first.items == ()
    assert first.next_cursor is not None
    assert [row.return_id for row in rows] == ["ret_040"]


def test_many_empty_months_are_walked_over(
    views: Views, template: Return, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "BUCKETS_MAX", 2)
    project(*(varied(template, number) for number in range(30)))
    # All but the oldest leave the status, so that their months are empty in its list.
    done = [varied(template, n, version=template.version + 1) for n in range(29)]
    project(*map(_rejected, done))
    status = wiring.views().returns(ReturnFilters(order_no="O1"), 200).items[-1].status

    rows = all_pages(lambda cursor: views.returns(ReturnFilters(status=status), 5, cursor))

    assert [row.return_id for row in rows] == ["ret_029"]


def _rejected(ret: Return) -> Return:
    lines = []
    for line in ret.lines:
        groups = tuple(replace(g, authorization=Authorization.REJECTED) for g in line.groups)
        lines.append(replace(line, groups=groups))
    return replace(ret, lines=tuple(lines))


def test_a_cursor_fits_only_the_list_and_filters_it_came_from(
    views: Views, template: Return
) -> None:
    project(*(varied(template, number) for number in range(3)))
    cursor = views.returns(ReturnFilters(), 1).next_cursor
    assert cursor is not None

    for ask in (
        lambda: views.returns(ReturnFilters(warehouse="W1"), 1, cursor),
        lambda: views.returns(ReturnFilters(within=frozenset({"W1"})), 1, cursor),
        lambda: views.tasks(TaskFilters(), cursor=cursor),
        lambda: views.stock("W1", cursor=cursor),
    ):
        with pytest.raises(Invalid) as refused:
            ask()
        assert refused.value.code == "bad_cursor"


def forged(views: Views, place: list[object]) -> str:
    """A cursor of the list of all returns with another place in it."""
    cursor = views.returns(ReturnFilters(), 1).next_cursor or ""
    held = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    text = json.dumps([held[0], *place])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "place",
    [
        ["status=DRAFT#2026-11", "x"],
        ["", "x"],
        ["2026-11", ""],
        ["2026-11", 7],
        [None, "x"],
        ["2026-11", "\ud800"],
        ["2026-11", "x", "more"],
        [],
    ],
    ids=repr,
)
def test_a_forged_place_is_refused(views: Views, template: Return, place: list[object]) -> None:
    project(*(varied(template, number) for number in range(3)))

    with pytest.raises(Invalid) as refused:
        views.returns(ReturnFilters(), 1, forged(views, place))

    assert refused.value.code == "bad_cursor"


@pytest.mark.parametrize("cursor", ["", "x", "====", "bm90IGpzb24", "é", "W10", "e30", "1" * 1000])
def test_what_is_no_cursor_is_refused(views: Views, cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        views.returns(ReturnFilters(), 1, cursor)

    assert refused.value.code == "bad_cursor"


def test_a_page_goes_on_after_a_row_that_is_gone(views: Views, template: Return) -> None:
    project(*(varied(template, number) for number in range(4)))
    status = views.returns(ReturnFilters(), 1).items[0].status
    page = views.returns(ReturnFilters(status=status), 2)

    gone = varied(template, 1, version=template.version + 1)
    project(_rejected(gone))
    rest = views.returns(ReturnFilters(status=status), 2, page.next_cursor)

    assert [row.return_id for row in rest.items] == ["ret_002", "ret_003"]


def test_tasks_are_listed_by_state_and_role_what_is_due_first_comes_first(views: Views) -> None:
    tasks = [
        open_task(kind, f"return/r{n}", occasion="1", now=NOW - timedelta(days=n), warehouse="W1")
        for n, kind in enumerate([TaskKind.REVIEW, TaskKind.PAYMENT, TaskKind.REVIEW])
    ]
    project(*tasks)
    project(finished(tasks[0], by="u1", now=NOW))

    assert [task.subject for task in views.tasks(TaskFilters()).items] == ["return/r2", "return/r1"]
    assert views.tasks(TaskFilters(role="reviewer")).items == (tasks[2],)
    assert [task.state for task in views.tasks(TaskFilters(state=TaskState.DONE)).items] == [
        TaskState.DONE
    ]
    assert views.tasks(TaskFilters(within=frozenset({"W9"}))).items == ()


def test_exceptions_are_listed_by_state_and_warehouse_without_their_notes(views: Views) -> None:
    one = ReturnException(
        exception_id="exc_1",
        kind=ExceptionKind.UNKNOWN,
        quantity=1,
        opened_at=NOW,
        opened_by="d1",
        warehouse="W1",
        note="call Anna",
    )
    project(one, replace(one, exception_id="exc_2", warehouse=None))

    assert views.exceptions(ExceptionFilters(warehouse="W1")).items == (replace(one, note=None),)
    assert len(views.exceptions(ExceptionFilters()).items) == 2
    assert views.exceptions(ExceptionFilters(state=ExceptionState.RESOLVED)).items == ()
    assert len(views.exceptions(ExceptionFilters(within=frozenset({"W2"}))).items) == 1


def test_jobs_are_listed_by_kind_without_what_they_were_given(views: Views) -> None:
    job = Job(
        job_id="job_1",
        kind=JobKind.RECONCILE_STOCK,
        state=JobState.SUCCEEDED,
        created_at=NOW,
        created_by="u1",
        created_role="admin",
        correlation_id="c",
        updated_at=NOW,
        parameters={"file_name": "anna.csv"},
        result={"differences": 0},
    )
    project(job)

    (listed,) = views.jobs(JobKind.RECONCILE_STOCK).items
    assert (listed.result, listed.parameters) == ({"differences": 0}, {})
    assert views.jobs(JobKind.IMPORT_ORDERS).items == ()


def test_stock_is_paged_by_warehouse_and_by_sku_and_both(stage: Stage, views: Views) -> None:
    story = Story(stage)
    skus = [f"S{number}" for number in range(6)]
    story.stock(*skus)
    story.stock("S1", "S12", warehouse="W2")
    rebuilt()

    whole = all_pages(lambda cursor: views.stock("W1", limit=5, cursor=cursor))
    assert [b.sku for b in whole if b.account is Account.AVAILABLE] == skus
    assert {b.warehouse for b in views.stock(sku="S1").items} == {"W1", "W2"}
    both = all_pages(lambda cursor: views.stock("W2", "S1", limit=1, cursor=cursor))
    assert {b.sku for b in both} == {"S1"}
    assert _by_place(both) == _by_place(wiring.reads().balances("W2", ["S1"]))


def test_movements_of_a_sku_show_its_entries_only(stage: Stage, views: Views) -> None:
    story = Story(stage)
    story.stock("S1", "S2")
    story.order("O1")
    rebuilt()

    listed = all_pages(lambda cursor: views.movements("W1", "S1", limit=1, cursor=cursor))

    assert listed[0].source == "order/O1"
    assert {entry.sku for movement in listed for entry in movement.entries} == {"S1"}


def test_orders_of_a_customer_are_listed(stage: Stage, views: Views) -> None:
    story = Story(stage)
    story.stock("S1", "S2")
    story.order("O1")
    story.order("O2", customer_id="c2")
    rebuilt()

    (row,) = views.orders(OrderFilters(customer_id="c2")).items
    assert (row.order_no, row.lines, row.placed_at) == (
        "O2",
        2,
        datetime(2026, 11, 21, 9, tzinfo=UTC),
    )


def rebuilt() -> None:
    rebuild(wiring.core_table(), wiring.projector())


def _by_place(balances: list[Balance]) -> dict[Account, int]:
    return {balance.account: balance.quantity for balance in balances}
