"""The Chinese red-letter invoice (红字发票) that takes back what an electronic invoice billed.

Pure. The tax system itself is not called: this is what is handed to it, and which answers may come
when. The rules are those of 国家税务总局公告2024年第11号: where the buyer neither confirmed the use
of the blue invoice nor booked it, the seller issues the red one directly; else one side asks by a
confirmation form (红字发票信息确认单), the other confirms within 72 hours or the form is void.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.core.errors import Conflict, Invalid
from chalicelib.core.events import Chain
from chalicelib.core.ids import derived_id
from chalicelib.core.money import Money
from chalicelib.invoicing.model import CreditNote, NoteLine, NoteLineKind

CONFIRMATION = timedelta(hours=72)


class BlueUse(StrEnum):
    """What the buyer did with the blue invoice: nothing, or confirmed its use or booked it
    (用途确认、入账确认), or used it for an export refund (出口退税), to be taken back first."""

    UNUSED = "unused"
    USED = "used"
    EXPORT_REFUND = "export_refund"


class RedReason(StrEnum):
    """销货退回 · 开票有误 · 服务中止 · 销售折让; the tax system knows them by TAX_CODES."""

    SALES_RETURN = "sales_return"
    INVOICE_ERROR = "invoice_error"
    SERVICE_ENDED = "service_ended"
    SALES_ALLOWANCE = "sales_allowance"


TAX_CODES = {
    RedReason.INVOICE_ERROR: "01",
    RedReason.SALES_RETURN: "02",
    RedReason.SERVICE_ENDED: "03",
    RedReason.SALES_ALLOWANCE: "04",
}
"""冲红原因代码, as platforms that pass forms on to the tax system document them."""


class RedState(StrEnum):
    """NEEDED: to be started. AWAITING: the form waits for the other side. CONFIRMED: it agreed, or
    nobody needs to. HANDED_OVER: the tax system was asked to issue. VOID: 72 hours went by."""

    NEEDED = "NEEDED"
    AWAITING = "AWAITING"
    CONFIRMED = "CONFIRMED"
    HANDED_OVER = "HANDED_OVER"
    ISSUED = "ISSUED"
    REFUSED = "REFUSED"
    VOID = "VOID"
    CANCELLED = "CANCELLED"


class RedStep(StrEnum):
    """What may happen; ASK and START begin again after REFUSED and VOID."""

    START = "start"
    ASK = "ask"
    CONFIRM = "confirm"
    REFUSE = "refuse"
    LAPSE = "lapse"
    HAND_OVER = "hand_over"
    ISSUE = "issue"
    CANCEL = "cancel"


_STEPS: dict[RedState, dict[RedStep, RedState]] = {
    RedState.NEEDED: {
        RedStep.START: RedState.CONFIRMED,
        RedStep.ASK: RedState.AWAITING,
        RedStep.CANCEL: RedState.CANCELLED,
    },
    RedState.AWAITING: {
        RedStep.CONFIRM: RedState.CONFIRMED,
        RedStep.REFUSE: RedState.REFUSED,
        RedStep.LAPSE: RedState.VOID,
        RedStep.CANCEL: RedState.CANCELLED,
    },
    RedState.CONFIRMED: {
        RedStep.HAND_OVER: RedState.HANDED_OVER,
        RedStep.CANCEL: RedState.CANCELLED,
    },
    RedState.HANDED_OVER: {RedStep.ISSUE: RedState.ISSUED, RedStep.REFUSE: RedState.REFUSED},
    RedState.REFUSED: {
        RedStep.START: RedState.CONFIRMED,
        RedStep.ASK: RedState.AWAITING,
        RedStep.CANCEL: RedState.CANCELLED,
    },
    RedState.VOID: {
        RedStep.START: RedState.CONFIRMED,
        RedStep.ASK: RedState.AWAITING,
        RedStep.CANCEL: RedState.CANCELLED,
    },
    RedState.ISSUED: {},
    RedState.CANCELLED: {},
}


_BARRED = {
    BlueUse.UNUSED: {RedStep.ASK},
    BlueUse.USED: {RedStep.START},
    BlueUse.EXPORT_REFUND: {RedStep.START, RedStep.ASK},
}
"""Nobody is asked where nobody has to agree; where somebody has to, nothing starts unasked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RedLine:
    """What is taken off one line of the blue invoice; all three figures are negative or zero."""

    line_no: str | None
    code: str
    name: str | None
    quantity: int
    net: Money
    rate: str
    tax: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class RedLetter:
    """One red-letter invoice for one credit note. `form_no` is the number of the confirmation form,
    `red_invoice_no` that of the invoice once the tax system issued it."""

    red_id: str
    note_id: str
    blue_invoice_no: str
    return_id: str
    reason: RedReason
    blue_use: BlueUse
    lines: tuple[RedLine, ...]
    currency: str
    opened_at: datetime
    state: RedState = RedState.NEEDED
    form_no: str | None = None
    confirm_by: datetime | None = None
    red_invoice_no: str | None = None
    refused_because: str | None = None
    version: int = 1
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return f"redletter/{self.red_id}"

    @property
    def total(self) -> Money:
        """With tax; negative."""
        return Money.total((line.net + line.tax for line in self.lines), self.currency)

    @property
    def allowed(self) -> tuple[RedStep, ...]:
        """What may happen now: whether to start or to ask follows from the blue invoice's use."""
        return tuple(step for step in _STEPS[self.state] if step not in _BARRED[self.blue_use])


def red_id_of(note_id: str) -> str:
    """A note asks for one red-letter invoice at most, so its id follows from the note's."""
    return derived_id("red", note_id)


def needed(
    note: CreditNote, *, reason: RedReason, blue_use: BlueUse, now: datetime
) -> RedLetter | None:
    """What a credit note asks for; None where it takes nothing off the invoice but fees.

    Fees are income of their own and not part of it. What promotions change is in its line.
    """
    lines = tuple(line for line in _lines(note) if line.net or line.tax)
    if not lines:
        return None
    return RedLetter(
        red_id=red_id_of(note.note_id),
        note_id=note.note_id,
        blue_invoice_no=note.invoice_no,
        return_id=note.return_id,
        reason=reason,
        blue_use=blue_use,
        lines=lines,
        currency=note.currency,
        opened_at=now,
    )


def stepped(
    red: RedLetter, step: RedStep, now: datetime, *, reference: str | None = None
) -> RedLetter:
    """The red letter after a step. `reference` is the form's number, the red invoice's number, or
    the code of a refusal. Raises Conflict `step_not_allowed`, Invalid `reference_required`.
    """
    if step not in red.allowed:
        raise Conflict(
            "step_not_allowed",
            f"A red-letter invoice that is {red.state.value} does not take {step.value}.",
            state=red.state.value,
            allowed=[one.value for one in red.allowed],
        )
    if step is RedStep.LAPSE and (red.confirm_by is None or now < red.confirm_by):
        raise Conflict("not_lapsed", "The form may be confirmed still.", state=red.state.value)
    if step in (RedStep.ASK, RedStep.ISSUE, RedStep.REFUSE) and not (reference or "").strip():
        raise Invalid("reference_required", f"To {step.value} needs its reference.")
    after = replace(red, state=_STEPS[red.state][step], version=red.version + 1)
    match step:
        case RedStep.ASK:
            return replace(
                after, form_no=reference, confirm_by=now + CONFIRMATION, refused_because=None
            )
        case RedStep.START:
            return replace(after, refused_because=None)
        case RedStep.ISSUE:
            return replace(after, red_invoice_no=reference)
        case RedStep.REFUSE:
            return replace(after, refused_because=reference)
        case _:
            return after


def found_used(red: RedLetter, blue_use: BlueUse) -> RedLetter:
    """The buyer used the blue invoice meanwhile, or took that back: it changes who has to agree."""
    if red.state in (RedState.ISSUED, RedState.CANCELLED, RedState.HANDED_OVER):
        raise Conflict("step_not_allowed", "It is with the tax system.", state=red.state.value)
    if blue_use is red.blue_use:
        return red
    return replace(
        red,
        blue_use=blue_use,
        state=RedState.NEEDED,
        form_no=None,
        confirm_by=None,
        version=red.version + 1,
    )


def _lines(note: CreditNote) -> Iterable[RedLine]:
    """One line for each line and rate: a line with two taxes cannot be on such an invoice."""
    together: dict[tuple[str | None, str, str], RedLine] = {}
    for line in note.lines:
        if line.kind is NoteLineKind.FEE:
            continue
        if len(line.taxes) > 1:
            raise Invalid("several_taxes", "A line of a Chinese invoice has one rate.")
        rate = line.taxes[0].rate if line.taxes else ""
        place = (line.line_no, "" if line.line_no else line.code, rate)
        known = together.get(place)
        together[place] = _merged(known, line, rate)
    return together.values()


def _merged(known: RedLine | None, line: NoteLine, rate: str) -> RedLine:
    net, tax = line.net * -line.sign, line.tax * -line.sign
    if known is None:
        return RedLine(
            line_no=line.line_no,
            code=line.code,
            name=line.name,
            quantity=-line.quantity,
            net=net,
            rate=rate,
            tax=tax,
        )
    return replace(
        known, quantity=known.quantity - line.quantity, net=known.net + net, tax=known.tax + tax
    )
