"""Every state with every command: what is legal goes as the table says, all else is refused."""

from collections.abc import Callable

import pytest

from chalicelib.core.errors import DomainError
from chalicelib.core.events import chain_fault
from chalicelib.returns.lifecycle import allowed, require
from chalicelib.returns.model import Return
from chalicelib.returns.standing import Status, status_of
from chalicelib.returns.transitions import TRANSITIONS, Command
from chalicelib.store.key import Key
from tests.builders import Shop
from tests.fakes import FakeStore
from tests.returns import lives
from tests.returns.acts import ACTS
from tests.returns.moves import moves, unknown

C, S = Command, Status
State = Callable[[Shop], Return]
CHANGE = {C.EDIT, C.SUBMIT}
DECIDE = {C.APPROVE, C.REJECT}
SEND = {C.SHIP, C.ARRIVE, C.RECEIVE, C.MARK_LOST, C.SHORT_CLOSE, C.REFUSE}
TAKE_BACK = {C.CANCEL, C.EXPIRE}
GIVE_UP = {C.RECEIVE, C.MARK_LOST, C.SHORT_CLOSE, C.REFUSE}
DISPOSE = {C.REINSPECT, C.DISPOSE, C.SHIP_BACK}
BACK = {C.REVERSE_DISPOSITION}
IN_ANOTHER_WAY = {C.PAY_OTHERWISE, C.WRITE_OFF}
TABLE: list[tuple[State, Status, set[Command]]] = [
    (lives.draft, S.DRAFT, CHANGE | TAKE_BACK),
    (lives.under_review, S.UNDER_REVIEW, DECIDE | {C.REQUEST_INFO, C.CANCEL}),
    (lives.needs_info, S.NEEDS_INFO, CHANGE | DECIDE | TAKE_BACK),
    (lives.rejected, S.REJECTED, CHANGE | {C.APPEAL}),
    (lives.rejection_appealed, S.REJECTED, CHANGE | {C.APPEAL, C.DECIDE_APPEAL}),
    (lives.appeal_withdrawn, S.REJECTED, CHANGE | {C.APPEAL}),
    (lives.cancelled, S.CANCELLED, {C.REOPEN}),
    (lives.cancelled_draft, S.CANCELLED, {C.REOPEN}),
    (lives.never_answered, S.EXPIRED, {C.REOPEN}),
    (lives.never_sent, S.EXPIRED, {C.REOPEN}),
    (lives.approved, S.APPROVED, TAKE_BACK | SEND),
    (lives.partly_approved, S.PARTLY_APPROVED, TAKE_BACK | SEND | {C.APPEAL}),
    (lives.partly_cancelled, S.PARTLY_APPROVED, TAKE_BACK | SEND | {C.REOPEN}),
    (lives.half_reviewed, S.UNDER_REVIEW, DECIDE | {C.REQUEST_INFO} | TAKE_BACK | SEND),
    (lives.half_asked_about, S.NEEDS_INFO, CHANGE | DECIDE | TAKE_BACK | SEND),
    (lives.in_transit, S.IN_TRANSIT, GIVE_UP | {C.ARRIVE}),
    (lives.partly_sent, S.IN_TRANSIT, TAKE_BACK | SEND),
    (lives.arrived, S.IN_TRANSIT, GIVE_UP),
    (lives.returned_to_sender, S.AWAITING_SHIPMENT, TAKE_BACK | SEND),
    (lives.partly_received, S.PARTLY_RECEIVED, TAKE_BACK | SEND | {C.INSPECT, C.SHIP_BACK}),
    (lives.received, S.RECEIVED, {C.INSPECT, C.SHIP_BACK}),
    (lives.lost, S.COMPLETED, {C.RECEIVE, C.MARK_LOST, C.REOPEN}),
    (lives.lost_and_owed, S.DISPOSITIONED, {C.RECEIVE, C.MARK_LOST, C.SETTLE}),
    (lives.lost_and_paid, S.COMPLETED, {C.RECEIVE, C.APPEAL, C.REOPEN}),
    (lives.short_closed, S.COMPLETED, {C.REOPEN}),
    (lives.refused, S.COMPLETED, {C.REOPEN}),
    (lives.partly_inspected, S.INSPECTING, DISPOSE | {C.INSPECT, C.SETTLE}),
    (lives.inspected, S.INSPECTING, DISPOSE | {C.SETTLE}),
    (lives.refused_units, S.INSPECTING, DISPOSE | {C.APPEAL}),
    (lives.to_be_seen_again, S.INSPECTING, {C.INSPECT, C.SHIP_BACK}),
    (lives.on_hold, S.INSPECTING, DISPOSE | {C.SETTLE}),
    (lives.dispositioned, S.DISPOSITIONED, BACK | {C.REINSPECT, C.SETTLE}),
    (lives.gone, S.DISPOSITIONED, BACK | {C.SETTLE}),
    (lives.scrapped_unpaid, S.COMPLETED, {C.APPEAL, C.REOPEN}),
    (lives.sent_back_unseen, S.COMPLETED, {C.REOPEN}),
    (lives.kept_with_us, S.COMPLETED, BACK | {C.APPEAL, C.REOPEN}),
    (lives.grade_appealed, S.COMPLETED, BACK | {C.APPEAL, C.DECIDE_APPEAL, C.REOPEN}),
    (lives.repairing, S.DISPOSITIONED, BACK | {C.REINSPECT, C.REPAIR, C.NOT_REPAIRABLE}),
    (lives.unanswered, S.SETTLING, BACK | {C.RETRY_SETTLEMENT}),
    (
        lives.declined,
        S.SETTLING,
        BACK | {C.RETRY_SETTLEMENT, C.REVERSE_SETTLEMENT} | IN_ANOTHER_WAY,
    ),
    (lives.held, S.SETTLING, BACK | {C.APPROVE_SETTLEMENT, C.REVERSE_SETTLEMENT}),
    (
        lives.awaiting_proof,
        S.SETTLING,
        BACK | {C.CONFIRM_SETTLEMENT, C.RETRY_SETTLEMENT, C.REVERSE_SETTLEMENT} | IN_ANOTHER_WAY,
    ),
    (
        lives.partly_paid,
        S.SETTLING,
        BACK | {C.RETRY_SETTLEMENT, C.CONFIRM_SETTLEMENT, C.APPEAL} | IN_ANOTHER_WAY,
    ),
    (lives.completed, S.COMPLETED, BACK | {C.APPEAL, C.REOPEN}),
    (lives.credited, S.COMPLETED, BACK | {C.WITHDRAW_CREDIT, C.APPEAL, C.REOPEN}),
    (lives.amount_appealed, S.COMPLETED, BACK | {C.APPEAL, C.DECIDE_APPEAL, C.REOPEN}),
    (lives.reopened, S.SETTLING, BACK | {C.APPEAL, C.CLOSE}),
    (lives.surplus_open, S.SETTLING, BACK | {C.APPEAL}),
]
"""Each state with its status and the commands that it admits; all others it refuses."""
NOT_THIS_ONE: dict[tuple[State, Command], str] = {
    (lives.rejection_appealed, C.EDIT): "appeal_open",
    (lives.rejection_appealed, C.SUBMIT): "appeal_open",
    (lives.rejection_appealed, C.APPEAL): "already_appealed",
    (lives.grade_appealed, C.APPEAL): "already_appealed",
    (lives.amount_appealed, C.APPEAL): "already_appealed",
    (lives.cancelled_draft, C.REOPEN): "never_submitted",
    (lives.partly_paid, C.CONFIRM_SETTLEMENT): "leg_not_manual",
    (lives.awaiting_proof, C.RETRY_SETTLEMENT): "nothing_to_retry",
    (lives.awaiting_proof, C.PAY_OTHERWISE): "nothing_to_pay_otherwise",
}
"""Admitted by where the units stand, and refused for a reason that no unit shows."""
PARTICULAR: dict[Command, set[str]] = {
    C.CANCEL: {"already_shipped"},
    C.SETTLE: {"nothing_to_settle"},
    C.RETRY_SETTLEMENT: {"already_settled", "nothing_to_retry"},
    C.CONFIRM_SETTLEMENT: {"leg_not_manual"},
    C.APPROVE_SETTLEMENT: {"already_settled", "nothing_held"},
    C.PAY_OTHERWISE: {"already_settled", "nothing_to_pay_otherwise"},
    C.WRITE_OFF: {"already_settled", "nothing_to_write_off"},
    C.REVERSE_SETTLEMENT: {"already_settled", "given_as_credit", "money_moved"},
    C.WITHDRAW_CREDIT: {"not_given_as_credit"},
    C.DECIDE_APPEAL: {"appeal_ended"},
    C.CLOSE: {"not_complete"},
}
"""What a command may say instead of not_allowed_now; docs/errors.md has the words."""
ABOUT_A_PART = {
    C.RETRY_SETTLEMENT: "settlements",
    C.CONFIRM_SETTLEMENT: "settlements",
    C.APPROVE_SETTLEMENT: "settlements",
    C.PAY_OTHERWISE: "settlements",
    C.WRITE_OFF: "settlements",
    C.REVERSE_SETTLEMENT: "settlements",
    C.WITHDRAW_CREDIT: "settlements",
    C.DECIDE_APPEAL: "appeals",
}
"""Commands about a part of the return: without one there is nothing to name."""
SILENT: set[tuple[State, Command]] = {
    (state, C.CLOSE) for state, status, _ in TABLE if status is S.COMPLETED
}
"""Not admitted, and yet not refused: they find nothing to do, and change nothing."""


@pytest.fixture
def shop(shop: Shop) -> Shop:
    return lives.sells(shop)


def _name(value: object) -> str:
    """Names of states and commands; a set in order, so that every process finds the same tests."""
    if isinstance(value, set | frozenset):
        return "+".join(sorted(value)) or "nothing"
    return getattr(value, "__name__", str(value))


def test_every_command_of_the_table_is_tried() -> None:
    assert set(ACTS) == set(Command)
    assert {row.command for row in TRANSITIONS} | {C.CLOSE} == set(Command)


@pytest.mark.parametrize(("state", "status", "legal"), TABLE, ids=_name)
def test_each_state_has_its_status_and_names_its_commands(
    shop: Shop, state: State, status: Status, legal: set[Command]
) -> None:
    ret = state(shop)

    assert status_of(ret) is status
    assert allowed(ret) == tuple(command.value for command in Command if command in legal)
    assert chain_fault(shop.store.reads().events(ret.subject)) is None


LEGAL = [(state, command) for state, _, legal in TABLE for command in Command if command in legal]


@pytest.mark.parametrize(
    ("state", "command"), [pair for pair in LEGAL if pair not in NOT_THIS_ONE], ids=_name
)
def test_legal(shop: Shop, state: State, command: Command) -> None:
    ret = state(shop)

    ACTS[command](shop, ret)

    after = shop.now_is(ret)
    assert after.version > ret.version
    assert unknown(command, moves(ret, after)) == set(), "the table knows every way"
    assert chain_fault(shop.store.reads().events(ret.subject)) is None


@pytest.mark.parametrize(("state", "command"), list(NOT_THIS_ONE), ids=_name)
def test_admitted_but_not_this_one(shop: Shop, state: State, command: Command) -> None:
    ret = state(shop)
    stored = _stored(shop)

    with pytest.raises(DomainError, match=NOT_THIS_ONE[state, command]):
        ACTS[command](shop, ret)

    assert _stored(shop) == stored


def _stored(shop: Shop) -> dict[Key, object]:
    assert isinstance(shop.store, FakeStore)
    return dict(shop.store.records)


STATES = [(state, [one for one in Command if one not in legal]) for state, _, legal in TABLE]


@pytest.mark.parametrize(("state", "illegal"), STATES, ids=[state.__name__ for state, _ in STATES])
def test_illegal(shop: Shop, state: State, illegal: list[Command]) -> None:
    """All on one return: a command that is refused leaves it as it was for the next."""
    ret = state(shop)
    stored = _stored(shop)

    for command in illegal:
        if command is C.ARRIVE or not getattr(ret, ABOUT_A_PART.get(command, "lines")):
            continue
        if (state, command) in SILENT:
            ACTS[command](shop, ret)
        else:
            _is_refused(shop, ret, command)
        assert _stored(shop) == stored, f"{command} wrote something"


def _is_refused(shop: Shop, ret: Return, command: Command) -> None:
    with pytest.raises(DomainError) as caught:
        ACTS[command](shop, ret)
    refused = caught.value
    assert refused.code in {"not_allowed_now"} | PARTICULAR.get(command, set()), command
    if refused.code in ("not_allowed_now", "already_shipped", "nothing_to_settle"):
        assert refused.details["status"] == status_of(ret).value
        assert refused.details["allowed"] == list(allowed(ret))
    if refused.code == "not_complete":
        assert refused.details["status"] == status_of(ret).value
        assert refused.details["open_points"]


@pytest.mark.parametrize(("state", "illegal"), STATES, ids=[state.__name__ for state, _ in STATES])
def test_the_guard_refuses_what_the_table_does_not_name(
    shop: Shop, state: State, illegal: list[Command]
) -> None:
    ret = state(shop)

    for command in illegal:
        with pytest.raises(DomainError, match="not_allowed_now") as refused:
            require(ret, command)
        assert refused.value.details["allowed"] == list(allowed(ret))


@pytest.mark.parametrize(
    "state", [state for state, illegal in STATES if C.ARRIVE in illegal], ids=_name
)
def test_what_a_carrier_tells_of_units_that_are_not_on_their_way_moves_none(
    shop: Shop, state: State
) -> None:
    ret = state(shop)

    ACTS[C.ARRIVE](shop, ret)

    assert moves(ret, shop.now_is(ret)) == set()
