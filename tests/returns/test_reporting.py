"""What a person reports about a return is an exception of it, and moves no goods."""

import pytest

from chalicelib.core.errors import Conflict, Invalid
from chalicelib.returns.exceptions import ExceptionKind, ExceptionState
from chalicelib.returns.model import Closure, Return
from chalicelib.returns.reporting import KINDS
from chalicelib.tasks.model import TaskKind, TaskState
from tests.builders import Shop, item, line, order, passed, restock
from tests.fakes import FakeStore
from tests.returns.undoing import lying, reports, suspicions, task_of, told


@pytest.fixture
def ret(shop: Shop) -> Return:
    shop.sells(order(line(quantity=3)))
    return shop.approves(shop.asks(quantity=2))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_it_counts_on_its_return_and_becomes_somebodys_work(
    shop: Shop, ret: Return, kind: ExceptionKind
) -> None:
    found = reports(shop, ret, kind, line_no="1", note="torn", photos=("pho_1",))

    assert (found.kind, found.state, found.sku) == (kind, ExceptionState.OPEN, "SKU-1")
    assert (found.movement_id, found.photos) == (None, ("pho_1",))
    assert shop.now_is(ret).open_exceptions == 1
    assert told(shop, ret.subject)[-1] == "return.exception_opened"
    task = task_of(shop, TaskKind.EXCEPTION, found.subject, "opened")
    assert (task.state, task.role) == (TaskState.OPEN, "support")
    assert lying(shop) == {}
    assert suspicions(shop) == []


def test_what_a_person_wrote_is_in_no_event(shop: Shop, ret: Return) -> None:
    found = reports(shop, ret, note="Mr Smith was rude")

    for subject in (found.subject, ret.subject):
        said = [event.data for event in shop.store.reads().events(subject)]
        assert "Smith" not in str(said)


def test_it_keeps_the_return_open(shop: Shop, ret: Return) -> None:
    reports(shop, ret)
    shop.receives(ret, item(quantity=2))
    shop.inspects(ret, passed(2))
    shop.disposes(ret, restock(2))
    shop.settles(ret)

    assert shop.now_is(ret).closure is Closure.OPEN


def test_it_opens_a_completed_return_again(shop: Shop, ret: Return) -> None:
    shop.receives(ret, item(quantity=2))
    shop.inspects(ret, passed(2))
    shop.disposes(ret, restock(2))
    shop.settles(ret)
    assert shop.now_is(ret).closure is Closure.COMPLETED

    reports(shop, ret, ExceptionKind.MISSING_PARTS)

    assert shop.now_is(ret).closure is Closure.REOPENED


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"kind": ExceptionKind.OVER}, "not_reportable"),
        ({"kind": ExceptionKind.BLIND_RETURN}, "not_reportable"),
        ({"line_no": "9"}, "unknown_line"),
        ({"quantity": 0}, "bad_quantity"),
        ({"quantity": 3}, "bad_quantity"),
        ({"quantity": 3, "line_no": "1"}, "bad_quantity"),
    ],
    ids=["goods", "blind", "line", "nothing", "more than asked", "more than the line"],
)
def test_what_cannot_be_reported_is_refused(
    shop: Shop, ret: Return, more: dict[str, object], code: str
) -> None:
    with pytest.raises(Invalid, match=code):
        reports(shop, ret, **more)  # type: ignore[arg-type]  # the case names the fields


def test_of_a_return_that_expects_nothing_nothing_is_reported(shop: Shop) -> None:
    shop.sells(order(line(quantity=3)))

    with pytest.raises(Conflict, match="nothing_approved"):
        reports(shop, shop.asks())


def test_two_reports_at_once_both_count(shop: Shop, ret: Return) -> None:
    assert isinstance(shop.store, FakeStore)
    shop.store.meanwhile(lambda: reports(shop, ret, ExceptionKind.MISSING_PARTS))

    reports(shop, ret)

    assert shop.now_is(ret).open_exceptions == 2
