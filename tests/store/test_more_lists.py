"""Lists by SKU, which only point; queues; tasks and exceptions as people look for them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.core.errors import Invalid
from chalicelib.core.events import Chain
from chalicelib.returns.exceptions import ExceptionKind, ExceptionState, ReturnException
from chalicelib.returns.model import Authorization, Return
from chalicelib.returns.standing import Status
from chalicelib.store.key import Key
from chalicelib.store.rows import list_name
from chalicelib.store.table import Item
from chalicelib.store.views import (
    ExceptionFilters,
    OrderFilters,
    ReturnFilters,
    TaskFilters,
    Views,
)
from chalicelib.tasks.model import Task, TaskKind, TaskState, open_task
from tests.builders import line, order
from tests.stage import NOW, Stage
from tests.store.test_views import all_pages, project
from tests.story import Story


class Counting:
    """The views table, with its calls counted."""

    def __init__(self) -> None:
        self._table = wiring.views_table()
        self.calls: Counter[str] = Counter()

    def get(self, keys: Sequence[Key]) -> list[Item | None]:
        self.calls["get"] += 1
        return self._table.get(keys)

    def query(self, *arguments: Any, **more: Any) -> list[Item]:  # Any: as the table takes them
        self.calls["query"] += 1
        return self._table.query(*arguments, **more)


@pytest.fixture
def template(stage: Stage) -> Return:
    """A submitted return of the real use case, to be varied."""
    story = Story(stage)
    story.stock("S1", "S2")
    story.order("O1")
    return story.return_("O1")


@pytest.fixture
def views(stage: Stage) -> Views:
    return wiring.views()


def about(template: Return, number: int, *skus: str, **changes: Any) -> Return:
    """A return of these SKUs, a day older than the one before. Any: fields by name."""
    first = template.lines[0]
    lines = tuple(replace(first, line_no=sku, sku=sku) for sku in skus)
    moment = NOW - timedelta(days=number)
    fields: dict[str, Any] = {
        "return_id": f"ret_{number:03d}",
        "requested_at": moment,
        "lines": lines,
    }
    return replace(template, **(fields | changes))


def numbers(rows: Sequence[Any]) -> list[int]:  # Any: rows of returns
    return [int(row.return_id[4:]) for row in rows]


def test_returns_of_a_sku_are_listed_whole_over_months_and_pages(
    views: Views, template: Return
) -> None:
    project(*(about(template, n, "A", f"B{n % 2}") for n in range(0, 100, 10)))

    for limit in (1, 3, 200):
        rows = all_pages(partial(views.returns, ReturnFilters(sku="A"), limit))
        assert numbers(rows) == list(range(0, 100, 10))
    assert numbers(views.returns(ReturnFilters(sku="B0")).items) == list(range(0, 100, 10))
    assert views.returns(ReturnFilters(sku="B1")).items == ()
    assert rows[0] == views.returns(ReturnFilters()).items[0]


def test_a_replacement_that_comes_back_is_found_by_its_own_sku(
    views: Views, template: Return
) -> None:
    ret = about(template, 1, "A")
    project(replace(ret, lines=(replace(ret.lines[0], received_as="NEW"),)))

    assert numbers(views.returns(ReturnFilters(sku="NEW")).items) == [1]
    assert numbers(views.returns(ReturnFilters(sku="A")).items) == [1]


def test_a_page_of_a_sku_is_read_with_one_call_for_all_its_rows(
    views: Views, template: Return
) -> None:
    project(*(about(template, n, "A") for n in range(0, 90, 3)))
    counting: Any = Counting()  # Any: only what a list asks for is there

    page = Views(counting).returns(ReturnFilters(sku="A"), 20)

    assert len(page.items) == 20
    assert counting.calls["get"] == 1


def test_the_other_filters_hold_for_what_is_pointed_to(views: Views, template: Return) -> None:
    project(about(template, 1, "A", warehouse="W1"), about(template, 2, "A", warehouse="W2"))
    rejected = replace(
        about(template, 3, "A", warehouse="W1").lines[0],
        groups=tuple(
            replace(group, authorization=Authorization.REJECTED)
            for group in template.lines[0].groups
        ),
    )
    project(about(template, 3, "A", warehouse="W1", lines=(rejected,)))

    def found(**more: Any) -> list[int]:  # Any: filters by name
        return numbers(
            all_pages(lambda cursor: views.returns(ReturnFilters(sku="A", **more), 1, cursor))
        )

    assert found(warehouse="W1") == [1, 3]
    assert found(status=Status.REJECTED) == [3]
    assert found(within=frozenset({"W2"})) == [2]
    assert found(customer_id="nobody") == []


def test_a_pointer_whose_row_is_gone_is_skipped(
    stage: Stage, views: Views, template: Return
) -> None:
    project(*(about(template, n, "A") for n in range(1, 4)))
    gone = [row for row in stage.rows() if row["pk"]["S"] == "RETURNS#2026-11"][1]
    stage.dynamodb.delete_item(TableName="views", Key={"pk": gone["pk"], "sk": gone["sk"]})

    rows = all_pages(lambda cursor: views.returns(ReturnFilters(sku="A"), 1, cursor))

    assert numbers(rows) == [1, 3]


def test_a_line_that_is_edited_away_is_not_found_any_more(views: Views, template: Return) -> None:
    ret = about(template, 1, "A", "B")
    project(ret)

    project(about(template, 1, "B", "C", version=ret.version + 1))

    found = {sku: len(views.returns(ReturnFilters(sku=sku)).items) for sku in "ABC"}
    assert found == {"A": 0, "B": 1, "C": 1}


def test_a_work_queue_begins_with_what_is_oldest(views: Views, template: Return) -> None:
    project(*(about(template, n, "A", warehouse=f"W{n % 2}") for n in range(0, 100, 10)))
    status = views.returns(ReturnFilters()).items[0].status
    queue = ReturnFilters(status=status, warehouse="W0")

    rows = all_pages(lambda cursor: views.returns(queue, 3, cursor, oldest_first=True))

    assert numbers(rows) == list(range(90, -10, -10))


def test_a_cursor_of_the_newest_is_none_of_the_oldest(views: Views, template: Return) -> None:
    project(*(about(template, n, "A") for n in range(3)))
    cursor = views.returns(ReturnFilters(), 1).next_cursor

    with pytest.raises(Invalid) as refused:
        views.returns(ReturnFilters(), 1, cursor, oldest_first=True)

    assert refused.value.code == "bad_cursor"


def test_orders_are_listed_by_sku_by_customer_and_all(views: Views) -> None:
    one = order(line("1", sku="A"), line("2", sku="B"), no="O-1", customer_id="c1")
    two = order(line("1", sku="A"), no="O-2", customer_id="c2")
    project(one, two)

    def found(**filters: str) -> list[str]:
        page = all_pages(lambda cursor: views.orders(OrderFilters(**filters), 1, cursor))
        return sorted(row.order_no for row in page)

    assert found() == ["O-1", "O-2"]
    assert found(customer_id="c1") == ["O-1"]
    assert found(sku="A") == ["O-1", "O-2"]
    assert found(sku="A", customer_id="c2") == ["O-2"]
    assert found(sku="C") == []


def test_an_order_that_changes_hands_is_the_new_customers(views: Views) -> None:
    one = order(line("1", sku="A"), customer_id="c1")
    project(one)

    project(replace(one, customer_id="c2", version=2))

    assert [row.customer_id for row in views.orders(OrderFilters(sku="A")).items] == ["c2"]
    assert views.orders(OrderFilters(customer_id="c1")).items == ()


def due(days: int, **more: Any) -> Task:  # Any: fields by name
    made = open_task(TaskKind.REVIEW, f"return/r{days}", occasion="1", now=NOW, warehouse="W1")
    return replace(made, **({"due_at": NOW + timedelta(days=days)} | more))


def test_tasks_are_listed_by_who_took_them(views: Views) -> None:
    mine = due(1, state=TaskState.TAKEN, assignee="u1")
    project(mine, due(2, state=TaskState.TAKEN, assignee="u2"), due(3))

    assert views.tasks(TaskFilters(state=TaskState.TAKEN, assignee="u1")).items == (mine,)
    assert views.tasks(TaskFilters(assignee="u1")).items == ()


def test_a_task_that_was_let_go_leaves_the_list_of_its_person(views: Views) -> None:
    taken = due(1, state=TaskState.TAKEN, assignee="u1")
    project(taken)

    project(replace(taken, state=TaskState.OPEN, assignee=None, version=2))

    assert views.tasks(TaskFilters(state=TaskState.TAKEN, assignee="u1")).items == ()
    assert len(views.tasks(TaskFilters()).items) == 1


@pytest.mark.parametrize("limit", [1, 2, 200])
def test_overdue_is_what_should_be_done_by_now(views: Views, limit: int) -> None:
    project(*(due(days) for days in (-40, -10, -1, 0, 1, 40)))
    project(due(-5, state=TaskState.DONE))
    overdue = TaskFilters(due_before=NOW)

    rows = all_pages(lambda cursor: views.tasks(overdue, limit, cursor))

    assert [(row.due_at - NOW).days for row in rows] == [-40, -10, -1]
    done = TaskFilters(state=TaskState.DONE, due_before=NOW)
    assert views.tasks(done).items == ()


def test_all_tasks_of_a_document_are_listed_whatever_became_of_them(views: Views) -> None:
    one, two = due(1, subject="return/r"), due(2, subject="return/r", task_id="tsk_2")
    project(one, replace(two, state=TaskState.DONE), due(3))

    listed = views.tasks(TaskFilters(state=None, subject="return/r")).items

    assert [task.state for task in listed] == [TaskState.OPEN, TaskState.DONE]
    assert len(views.tasks(TaskFilters(subject="return/r")).items) == 1
    assert views.tasks(TaskFilters(state=None, subject="return/r", role="finance")).items == ()


def test_what_was_written_about_a_task_is_not_in_its_rows(stage: Stage, views: Views) -> None:
    project(due(1, state=TaskState.DONE, outcome="Anna called", chain=Chain(seq=1, head="h")))

    (row,) = views.tasks(TaskFilters(state=TaskState.DONE)).items
    assert (row.outcome, row.chain) == (None, Chain())
    assert "Anna" not in str(stage.rows())


def test_exceptions_are_listed_by_kind_and_by_return(views: Views) -> None:
    one = ReturnException(
        exception_id="exc_1",
        kind=ExceptionKind.OVER,
        quantity=1,
        opened_at=NOW,
        opened_by="d1",
        warehouse="W1",
        return_id="ret_1",
    )
    two = replace(one, exception_id="exc_2", kind=ExceptionKind.UNKNOWN, return_id=None)
    done = replace(one, exception_id="exc_3", state=ExceptionState.RESOLVED)
    project(one, two, done)

    def found(filters: ExceptionFilters) -> list[str]:
        return [row.exception_id for row in views.exceptions(filters).items]

    assert found(ExceptionFilters(kind=ExceptionKind.OVER)) == ["exc_1"]
    assert found(ExceptionFilters(kind=ExceptionKind.OVER, warehouse="W2")) == []
    assert sorted(found(ExceptionFilters(state=None, return_id="ret_1"))) == ["exc_1", "exc_3"]
    assert found(ExceptionFilters(return_id="ret_1")) == ["exc_1"]
    assert found(ExceptionFilters(state=None, return_id="ret_2")) == []


def test_a_list_is_named_by_what_its_rows_share() -> None:
    assert list_name("TASKS", state="open", role=None) == "TASKS#state=open"
