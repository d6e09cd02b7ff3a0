"""Red-letter invoices: every step in every state, and figures that take back what was billed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.core.errors import Conflict, Invalid
from chalicelib.core.runs import Run
from chalicelib.invoicing.drafting import drafts
from chalicelib.invoicing.model import CreditNote, NoteLine, NoteLineKind, NoteTax
from chalicelib.invoicing.red_letter import (
    CONFIRMATION,
    BlueUse,
    RedLetter,
    RedReason,
    RedState,
    RedStep,
    found_used,
    needed,
    stepped,
)
from chalicelib.orders.given import GivenUnits
from chalicelib.orders.model import TaxLine
from chalicelib.policy.fees import Fee, FeeKind
from chalicelib.policy.giving import Giving
from chalicelib.settlement.components import give_back
from tests.builders import NOW, eur, line, order
from tests.invoicing.notes import OCCASION

LEGAL = {
    (RedState.NEEDED, RedStep.START): RedState.CONFIRMED,
    (RedState.NEEDED, RedStep.ASK): RedState.AWAITING,
    (RedState.NEEDED, RedStep.CANCEL): RedState.CANCELLED,
    (RedState.AWAITING, RedStep.CONFIRM): RedState.CONFIRMED,
    (RedState.AWAITING, RedStep.REFUSE): RedState.REFUSED,
    (RedState.AWAITING, RedStep.LAPSE): RedState.VOID,
    (RedState.AWAITING, RedStep.CANCEL): RedState.CANCELLED,
    (RedState.CONFIRMED, RedStep.HAND_OVER): RedState.HANDED_OVER,
    (RedState.CONFIRMED, RedStep.CANCEL): RedState.CANCELLED,
    (RedState.HANDED_OVER, RedStep.ISSUE): RedState.ISSUED,
    (RedState.HANDED_OVER, RedStep.REFUSE): RedState.REFUSED,
    (RedState.REFUSED, RedStep.START): RedState.CONFIRMED,
    (RedState.REFUSED, RedStep.ASK): RedState.AWAITING,
    (RedState.REFUSED, RedStep.CANCEL): RedState.CANCELLED,
    (RedState.VOID, RedStep.START): RedState.CONFIRMED,
    (RedState.VOID, RedStep.ASK): RedState.AWAITING,
    (RedState.VOID, RedStep.CANCEL): RedState.CANCELLED,
}
BARRED = {
    BlueUse.UNUSED: (RedStep.ASK,),
    BlueUse.USED: (RedStep.START,),
    BlueUse.EXPORT_REFUND: (RedStep.START, RedStep.ASK),
}


def note(fee: bool = False) -> CreditNote:
    vat = (TaxLine(name="增值税", rate="0.13", amount=eur(260)),)
    sold = order(line("1", quantity=2, price=1130, taxes=vat, invoice_no="B-1"))
    units = [GivenUnits(line_no="1", units=(Run(1, 1),))]
    breakdown = give_back(sold, units, Giving())
    if fee:
        taken = Fee(kind=FeeKind.FLAT, amount=eur(100), tax=eur(0))
        breakdown = breakdown.with_fees([taken])
    (made,), _ = drafts(sold, breakdown, OCCASION)
    return made


def red(use: BlueUse = BlueUse.UNUSED, state: RedState = RedState.NEEDED) -> RedLetter:
    made = needed(note(), reason=RedReason.SALES_RETURN, blue_use=use, now=NOW)
    assert made is not None
    return replace(made, state=state, confirm_by=NOW)


@pytest.mark.parametrize("use", BlueUse)
@pytest.mark.parametrize("step", RedStep)
@pytest.mark.parametrize("state", RedState)
def test_every_step_in_every_state(state: RedState, step: RedStep, use: BlueUse) -> None:
    before = red(use, state)

    if (state, step) in LEGAL and step not in BARRED[use]:
        after = stepped(before, step, NOW, reference="ref-1")
        assert (after.state, after.version) == (LEGAL[state, step], before.version + 1)
    else:
        with pytest.raises(Conflict, match="step_not_allowed"):
            stepped(before, step, NOW, reference="ref-1")


def test_an_invoice_that_nobody_used_is_taken_back_directly() -> None:
    handed = stepped(stepped(red(), RedStep.START, NOW), RedStep.HAND_OVER, NOW)

    issued = stepped(handed, RedStep.ISSUE, NOW, reference="26112000000000000001")

    assert (issued.state, issued.red_invoice_no) == (RedState.ISSUED, "26112000000000000001")


def test_a_form_that_is_not_confirmed_within_three_days_is_void_and_may_be_asked_again() -> None:
    asked = stepped(red(BlueUse.USED), RedStep.ASK, NOW, reference="F-1")
    last = NOW + CONFIRMATION

    with pytest.raises(Conflict, match="not_lapsed"):
        stepped(asked, RedStep.LAPSE, last - timedelta(seconds=1))
    void = stepped(asked, RedStep.LAPSE, last)
    again = stepped(void, RedStep.ASK, last, reference="F-2")

    assert (again.form_no, again.confirm_by) == ("F-2", last + CONFIRMATION)


@pytest.mark.parametrize(
    ("state", "step", "use"),
    [
        (RedState.NEEDED, RedStep.ASK, BlueUse.USED),
        (RedState.HANDED_OVER, RedStep.ISSUE, BlueUse.UNUSED),
        (RedState.AWAITING, RedStep.REFUSE, BlueUse.USED),
    ],
)
def test_what_has_a_reference_states_it(state: RedState, step: RedStep, use: BlueUse) -> None:
    for nothing in (None, " "):
        with pytest.raises(Invalid, match="reference_required"):
            stepped(red(use, state), step, NOW, reference=nothing)


def test_a_refusal_is_kept_until_it_is_begun_again() -> None:
    refused = stepped(red(state=RedState.HANDED_OVER), RedStep.REFUSE, NOW, reference="E-77")

    assert refused.refused_because == "E-77"
    assert stepped(refused, RedStep.START, NOW).refused_because is None


def test_a_buyer_who_books_the_invoice_meanwhile_has_to_agree() -> None:
    started = stepped(red(), RedStep.START, NOW)

    used = found_used(started, BlueUse.USED)

    assert used.state is RedState.NEEDED
    assert RedStep.ASK in used.allowed
    assert found_used(started, BlueUse.UNUSED) is started
    with pytest.raises(Conflict, match="step_not_allowed"):
        found_used(red(state=RedState.HANDED_OVER), BlueUse.USED)


def test_what_was_used_for_an_export_refund_waits_until_that_is_taken_back() -> None:
    waiting = red(BlueUse.EXPORT_REFUND)

    assert waiting.allowed == (RedStep.CANCEL,)
    assert RedStep.START in found_used(waiting, BlueUse.UNUSED).allowed


def test_figures_are_those_of_the_note_with_a_minus() -> None:
    (only,) = red().lines

    assert (only.quantity, only.net, only.tax, only.rate) == (-1, eur(-1000), eur(-130), "0.13")
    assert red().total == -note().total


def test_a_fee_is_not_part_of_it() -> None:
    made = needed(note(fee=True), reason=RedReason.SALES_RETURN, blue_use=BlueUse.USED, now=NOW)

    assert made is not None
    assert made.total == eur(-1130)


def with_lines(*lines: NoteLine) -> CreditNote:
    return replace(note(), lines=lines)


def test_what_a_promotion_withholds_lowers_its_line() -> None:
    taxes = (NoteTax(name="增值税", rate="0.13", amount=eur(26)),)
    goods = note().lines[0]
    withheld = NoteLine(
        kind=NoteLineKind.WITHHELD, code="P", net=eur(200), taxes=taxes, line_no="1"
    )

    made = needed(
        with_lines(goods, withheld),
        reason=RedReason.SALES_RETURN,
        blue_use=BlueUse.UNUSED,
        now=NOW,
    )

    assert made is not None
    (only,) = made.lines
    assert (only.quantity, only.net, only.tax) == (-1, eur(-800), eur(-104))


def test_nothing_but_a_fee_needs_no_red_letter_and_two_taxes_have_none() -> None:
    fee = NoteLine(kind=NoteLineKind.FEE, code="flat", net=eur(5))
    two = tuple(NoteTax(name=name, rate="0.1", amount=eur(1)) for name in "ab")
    goods = NoteLine(kind=NoteLineKind.GOODS, code="S", net=eur(5), taxes=two, line_no="1")

    def ask(given: CreditNote) -> RedLetter | None:
        return needed(given, reason=RedReason.SALES_RETURN, blue_use=BlueUse.UNUSED, now=NOW)

    assert ask(with_lines(fee)) is None
    with pytest.raises(Invalid, match="several_taxes"):
        ask(with_lines(goods))
