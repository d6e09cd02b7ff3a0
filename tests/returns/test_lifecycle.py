"""Every state with every command: what is legal goes through, all else is refused with a list."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import Conflict
from chalicelib.core.events import chain_fault
from chalicelib.core.runs import Run
from chalicelib.returns.lifecycle import Command, Status, allowed, is_complete, require, status_of
from chalicelib.returns.model import (
    Authorization,
    Disposition,
    Grade,
    InspectionResult,
    Logistics,
    Return,
    UnitGroup,
)
from chalicelib.settlement.model import SettlementState
from tests.builders import (
    Shop,
    failed,
    goes,
    item,
    line,
    order,
    owing,
    passed,
    payment,
    restock,
    wish,
)
from tests.fakes import FakeProvider

SUBMIT, APPROVE, REJECT = Command.SUBMIT, Command.APPROVE, Command.REJECT
RECEIVE, INSPECT, DISPOSE = Command.RECEIVE, Command.INSPECT, Command.DISPOSE
SETTLE, RETRY, CONFIRM = Command.SETTLE, Command.RETRY_SETTLEMENT, Command.CONFIRM_SETTLEMENT


def draft(shop: Shop) -> Return:
    return shop.asks(quantity=2, submit=False)


def under_review(shop: Shop) -> Return:
    return shop.asks(quantity=2)


def rejected(shop: Shop) -> Return:
    return shop.rejects(under_review(shop))


def approved(shop: Shop) -> Return:
    return shop.approves(under_review(shop))


def partly_approved(shop: Shop) -> Return:
    return shop.approves(under_review(shop), line_1=1)


def half_reviewed(shop: Shop) -> Return:
    ret = shop.asks("O-1", wish(2, "1"), wish(1, "2"))
    return shop.approves(ret, line_1=2)


def partly_received(shop: Shop) -> Return:
    return shop.receives(approved(shop), item()).ret


def received(shop: Shop) -> Return:
    return shop.receives(approved(shop), item(quantity=2)).ret


def partly_inspected(shop: Shop) -> Return:
    return shop.inspects(received(shop), passed(1))


def inspected(shop: Shop) -> Return:
    return shop.inspects(received(shop), passed(2))


def refused_units(shop: Shop) -> Return:
    return shop.inspects(received(shop), failed(2))


def on_hold(shop: Shop) -> Return:
    return shop.disposes(inspected(shop), goes(Disposition.HOLD, 2))


def dispositioned(shop: Shop) -> Return:
    return shop.disposes(inspected(shop), restock(2))


def scrapped_unpaid(shop: Shop) -> Return:
    return shop.disposes(refused_units(shop), goes(Disposition.SCRAP, 2))


def declined(shop: Shop) -> Return:
    provider = shop.providers["sandbox"]
    assert isinstance(provider, FakeProvider)
    provider.script["card"] = ["declined"]
    ret = dispositioned(shop)
    shop.settles(ret)
    return shop.now_is(ret)


def awaiting_proof(shop: Shop) -> Return:
    sold = shop.sold()
    by_bank = replace(sold, payments=(payment("bank", 10000, provider="manual"),))
    shop.registers(by_bank)
    ret = dispositioned(shop)
    shop.settles(ret)
    return shop.now_is(ret)


def completed(shop: Shop) -> Return:
    ret = dispositioned(shop)
    shop.settles(ret)
    return shop.now_is(ret)


TABLE: list[tuple[Callable[[Shop], Return], Status, set[Command]]] = [
    (draft, Status.DRAFT, {SUBMIT}),
    (under_review, Status.UNDER_REVIEW, {APPROVE, REJECT}),
    (rejected, Status.REJECTED, set()),
    (approved, Status.APPROVED, {RECEIVE}),
    (partly_approved, Status.PARTLY_APPROVED, {RECEIVE}),
    (half_reviewed, Status.UNDER_REVIEW, {APPROVE, REJECT, RECEIVE}),
    (partly_received, Status.PARTLY_RECEIVED, {RECEIVE, INSPECT}),
    (received, Status.RECEIVED, {INSPECT}),
    (partly_inspected, Status.INSPECTING, {INSPECT, DISPOSE, SETTLE}),
    (inspected, Status.INSPECTING, {DISPOSE, SETTLE}),
    (refused_units, Status.INSPECTING, {DISPOSE}),
    (on_hold, Status.INSPECTING, {DISPOSE, SETTLE}),
    (dispositioned, Status.DISPOSITIONED, {SETTLE}),
    (scrapped_unpaid, Status.COMPLETED, set()),
    (declined, Status.SETTLING, {RETRY}),
    (awaiting_proof, Status.SETTLING, {CONFIRM}),
    (completed, Status.COMPLETED, set()),
]
ACTS: dict[Command, Callable[[Shop, Return], object]] = {
    SUBMIT: lambda shop, ret: shop.submits(ret),
    APPROVE: lambda shop, ret: shop.approves(ret),
    REJECT: lambda shop, ret: shop.rejects(ret),
    RECEIVE: lambda shop, ret: shop.receives(ret, item()),
    INSPECT: lambda shop, ret: shop.inspects(ret, passed()),
    DISPOSE: lambda shop, ret: shop.disposes(
        ret, goes(Disposition.SCRAP, origin=ret.lines[0].groups[0].disposition)
    ),
    SETTLE: lambda shop, ret: shop.settles(ret),
    RETRY: lambda shop, ret: shop.retries(ret.settlements[-1]),
    CONFIRM: lambda shop, ret: shop.confirms(ret.settlements[-1], "bank"),
}
REFUSED_WITH = {SETTLE: "nothing_to_settle"}
"""All others say not_allowed_now; without a settlement there is none to retry or confirm."""


@pytest.fixture
def shop(shop: Shop) -> Shop:
    shop.sells(order(line("1", quantity=4), line("2", quantity=2)))
    return shop


def _name(value: object) -> str:
    """Names of states and commands; a set in order, so that every process finds the same tests."""
    if isinstance(value, set | frozenset):
        return "+".join(sorted(value)) or "nothing"
    return getattr(value, "__name__", str(value))


@pytest.mark.parametrize(("state", "status", "legal"), TABLE, ids=_name)
def test_each_state_has_its_status_and_names_its_commands(
    shop: Shop, state: Callable[[Shop], Return], status: Status, legal: set[Command]
) -> None:
    ret = state(shop)

    assert status_of(ret) is status
    assert set(allowed(ret)) == {command.value for command in legal}
    assert chain_fault(shop.store.reads().events(ret.subject)) is None


@pytest.mark.parametrize(
    ("state", "command"),
    [(state, command) for state, _, legal in TABLE for command in Command if command in legal],
    ids=_name,
)
def test_legal(shop: Shop, state: Callable[[Shop], Return], command: Command) -> None:
    ret = state(shop)

    ACTS[command](shop, ret)

    assert shop.now_is(ret).version > ret.version


@pytest.mark.parametrize(
    ("state", "command"),
    [
        (state, command)
        for state, _, legal in TABLE
        for command in Command
        if command not in legal and command not in (RETRY, CONFIRM)
    ],
    ids=_name,
)
def test_illegal(shop: Shop, state: Callable[[Shop], Return], command: Command) -> None:
    ret = state(shop)

    with pytest.raises(Conflict, match=REFUSED_WITH.get(command, "not_allowed_now")) as refused:
        ACTS[command](shop, ret)

    assert refused.value.details["allowed"] == list(allowed(ret))
    assert refused.value.details["status"] == status_of(ret).value
    assert shop.now_is(ret) == ret


@pytest.mark.parametrize(
    ("state", "command"),
    [(state, command) for state, _, legal in TABLE for command in Command if command not in legal],
    ids=_name,
)
def test_the_guard_refuses_what_the_table_does_not_name(
    shop: Shop, state: Callable[[Shop], Return], command: Command
) -> None:
    ret = state(shop)

    with pytest.raises(Conflict, match="not_allowed_now") as refused:
        require(ret, command)

    assert refused.value.details["allowed"] == list(allowed(ret))


def any_group(first: int) -> st.SearchStrategy[UnitGroup]:
    """Units anywhere on the axes, also where no command leads."""
    return st.builds(
        UnitGroup,
        units=st.just((Run(first, 1),)),
        authorization=st.sampled_from(Authorization),
        logistics=st.sampled_from(Logistics),
        inspection=st.sampled_from(InspectionResult),
        disposition=st.none() | st.sampled_from(Disposition),
        settlement=st.sampled_from(SettlementState),
        grade=st.none() | st.sampled_from(Grade),
        credit=st.none() | st.booleans(),
    )


@given(st.tuples(any_group(1), any_group(2), any_group(3)), st.integers(0, 2))
def test_every_place_on_the_axes_has_a_status(
    groups: tuple[UnitGroup, ...], exceptions: int
) -> None:
    ret = owing(100)
    ret = replace(
        ret, lines=(replace(ret.lines[0], groups=groups, sold=3),), open_exceptions=exceptions
    )

    status = status_of(ret)

    assert status in Status
    assert status is not Status.COMPLETED, "only a closed return is complete"
    if is_complete(ret):
        assert exceptions == 0
        assert status in (Status.DISPOSITIONED, Status.SETTLING)
        open_ones = {Authorization.DRAFT, Authorization.SUBMITTED, Authorization.NEEDS_INFO}
        assert not open_ones & {group.authorization for group in groups}
