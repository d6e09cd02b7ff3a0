"""Commands on red-letter invoices: asked for of a credit note, taken from step to step, and void
where nobody confirmed in time.

The tax system is somebody else's: people, or a machine that talks to it, say here what happened
there. References are numbers and codes of that system, never words.
"""

from dataclasses import dataclass, replace

from chalicelib.core.clock import rfc3339
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, NotFound, Stale
from chalicelib.core.events import Context, Journal, Json
from chalicelib.invoicing.facts import amount
from chalicelib.invoicing.model import CreditNote, NoteState
from chalicelib.invoicing.ports import RedLetterReader
from chalicelib.invoicing.red_letter import (
    BlueUse,
    RedLetter,
    RedReason,
    RedState,
    RedStep,
    found_used,
    needed,
    stepped,
)
from chalicelib.tasks.model import Grounds, TaskKind, open_task

CURRENCY = "CNY"
"""Chinese invoices are in yuan: what was sold in another currency has none of them."""

_EVENTS = {
    RedStep.START: "red_letter.started",
    RedStep.ASK: "red_letter.asked",
    RedStep.CONFIRM: "red_letter.confirmed",
    RedStep.REFUSE: "red_letter.refused",
    RedStep.LAPSE: "red_letter.lapsed",
    RedStep.HAND_OVER: "red_letter.handed_over",
    RedStep.ISSUE: "red_letter.issued",
    RedStep.CANCEL: "red_letter.cancelled",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AskFor:
    """Why the blue invoice is taken back, and what its buyer did with it."""

    reason: RedReason
    blue_use: BlueUse


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeStep:
    """What happened. `reference` as red_letter.stepped takes it."""

    step: RedStep
    reference: str | None = None


def ask_for(
    reads: RedLetterReader, note_id: str, command: AskFor, context: Context
) -> Decided[RedLetter]:
    """Begin a red-letter invoice for a numbered note; asked again alike, it is the one there is.

    One that was cancelled is begun anew. Raises Conflict where the note has none to ask for.
    """
    note, known = reads.note_and_red_letter(note_id)
    if note is None:
        raise NotFound("credit_note_not_found", f"There is no credit note {note_id}.")
    is_over = known is not None and known.state is RedState.CANCELLED
    if known is not None and not is_over:
        if (known.reason, known.blue_use) == (command.reason, command.blue_use):
            return Decided(result=known)
        raise Conflict(
            "red_letter_exists", "This note has its red-letter invoice.", red_letter=known.red_id
        )
    _require_version(context, note.version, note.subject)
    _require_chinese(note)
    red = needed(note, reason=command.reason, blue_use=command.blue_use, now=context.now)
    if red is None:
        raise Conflict(
            "nothing_to_take_back",
            "The note takes nothing off its invoice but fees.",
        )
    if known is not None:
        red = replace(red, version=known.version + 1, chain=known.chain)
    return _written(red, "red_letter.needed", context)


def take(
    reads: RedLetterReader, red_id: str, command: TakeStep, context: Context
) -> Decided[RedLetter]:
    """One step; one that was taken already is no change. Raises Conflict `step_not_allowed`."""
    red = _found(reads, red_id)
    if _is_done(red, command):
        return Decided(result=red)
    _require_version(context, red.version, red.subject)
    after = stepped(red, command.step, context.now, reference=command.reference)
    return _written(after, _EVENTS[command.step], context)


def restate_use(
    reads: RedLetterReader, red_id: str, blue_use: BlueUse, context: Context
) -> Decided[RedLetter]:
    """The buyer did something else with the blue invoice than was thought."""
    red = _found(reads, red_id)
    after = found_used(red, blue_use)
    if after == red:
        return Decided(result=red)
    _require_version(context, red.version, red.subject)
    return _written(after, "red_letter.use_restated", context)


def lapse(reads: RedLetterReader, red_id: str, context: Context) -> Decided[bool]:
    """Whether its form is void now, because nobody confirmed it in time.

    It is asked about again and again by a schedule: one that moved on stays as it is.
    """
    red = _found(reads, red_id)
    is_due = red.confirm_by is not None and context.now >= red.confirm_by
    if red.state is not RedState.AWAITING or not is_due:
        return Decided(result=False)
    decided = _written(stepped(red, RedStep.LAPSE, context.now), _EVENTS[RedStep.LAPSE], context)
    return Decided(result=True, changes=decided.changes)


def red_letter_facts(red: RedLetter) -> dict[str, Json]:
    """What events say of it: states, and the tax system's own references."""
    return {
        "red_id": red.red_id,
        "note_id": red.note_id,
        "return_id": red.return_id,
        "blue_invoice_no": red.blue_invoice_no,
        "state": red.state.value,
        "reason": red.reason.value,
        "blue_use": red.blue_use.value,
        "form_no": red.form_no,
        "confirm_by": rfc3339(red.confirm_by) if red.confirm_by else None,
        "red_invoice_no": red.red_invoice_no,
        "refused_because": red.refused_because,
        "total": amount(red.total),
        "version": red.version,
    }


def _written(red: RedLetter, event_type: str, context: Context) -> Decided[RedLetter]:
    """Where the tax system or the other side stopped it, finance is told to begin again."""
    journal = Journal(red.subject, red.chain, context)
    journal.record(event_type, red_letter_facts(red))
    red = replace(red, chain=journal.chain)
    records: list[Record] = [red]
    if red.state in (RedState.VOID, RedState.REFUSED):
        reason = f"red_letter_{red.state.value.lower()}"
        records.append(
            open_task(
                TaskKind.PAYMENT,
                red.subject,
                occasion=f"{red.state.value}-{red.version}",
                now=context.now,
                grounds=Grounds(reasons=(reason,), amount=-red.total),
            )
        )
    return Decided(
        result=red, changes=Changes(records=tuple(records), events=tuple(journal.events))
    )


def _is_done(red: RedLetter, command: TakeStep) -> bool:
    """Whether this very step was the last one: a message that comes twice."""
    match command.step:
        case RedStep.ISSUE:
            return red.state is RedState.ISSUED and red.red_invoice_no == command.reference
        case RedStep.ASK:
            return red.state is RedState.AWAITING and red.form_no == command.reference
        case RedStep.REFUSE:
            return red.state is RedState.REFUSED and red.refused_because == command.reference
        case RedStep.HAND_OVER:
            return red.state is RedState.HANDED_OVER
        case RedStep.START:
            return red.state is RedState.CONFIRMED and red.blue_use is BlueUse.UNUSED
        case RedStep.CONFIRM:
            return red.state is RedState.CONFIRMED and red.blue_use is not BlueUse.UNUSED
        case RedStep.LAPSE:
            return red.state is RedState.VOID
        case RedStep.CANCEL:
            return red.state is RedState.CANCELLED


def _found(reads: RedLetterReader, red_id: str) -> RedLetter:
    red = reads.red_letter(red_id)
    if red is None:
        raise NotFound("red_letter_not_found", f"There is no red-letter invoice {red_id}.")
    return red


def _require_chinese(note: CreditNote) -> None:
    if note.state is not NoteState.ISSUED:
        raise Conflict(
            "credit_note_not_issued",
            f"The credit note is {note.state.value}; it has no number yet.",
            state=note.state.value,
        )
    if note.currency != CURRENCY:
        raise Conflict(
            "not_a_chinese_invoice",
            f"Only invoices in {CURRENCY} are taken back by red-letter invoices.",
            currency=note.currency,
        )


def _require_version(context: Context, present: int, subject: str) -> None:
    if context.expected_version not in (None, present):
        raise Stale(
            "stale_version",
            f"It is at version {present}, not {context.expected_version}.",
            subject=subject,
            expected=context.expected_version,
            actual=present,
        )
