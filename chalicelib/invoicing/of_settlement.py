"""The credit notes that a settlement brings: drafted in its own write, voided where it is reversed.

Pure. A draft is complete but for its number, which it gets once the settlement is settled
(issuing.py): so a settlement never waits for the counter of a series.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Record
from chalicelib.core.events import Context, Event, Journal
from chalicelib.invoicing.drafting import Occasion, drafts
from chalicelib.invoicing.facts import note_facts
from chalicelib.invoicing.model import CreditNote, NoteOfOrder, NoteReason, NoteState
from chalicelib.orders.model import Order
from chalicelib.policy.document import Fees
from chalicelib.policy.fees import PARTS, Fee, FeeKind
from chalicelib.returns.charging import stated
from chalicelib.returns.model import Logistics, Return, ReturnType
from chalicelib.settlement.components import Breakdown
from chalicelib.settlement.model import Settlement
from chalicelib.tasks.model import Grounds, TaskKind, open_task

_REASONS = {
    ReturnType.WITHDRAWAL: NoteReason.WITHDRAWAL,
    ReturnType.RECALL: NoteReason.RECALL,
}


def drafts_for(order: Order, settlement: Settlement, ret: Return, context: Context) -> Changes:
    """Draft notes with their links and events, to be written with the settlement.

    One for each invoice of the lines that it gives money back of. None where nothing was billed,
    where fees took all of it, and for a settlement without a breakdown (goods on no order, awards).
    """
    if settlement.breakdown is None:
        return Changes()
    breakdown = _by_order_line(settlement.breakdown, ret)
    occasion = Occasion(
        return_id=ret.return_id,
        return_number=ret.number,
        settlement_id=settlement.settlement_id,
        now=context.now,
        reason=_reason(ret, settlement),
        rate_of=_Rates.of(ret).rate_of,
    )
    notes, _ = drafts(order, breakdown, occasion)
    records: list[Record] = []
    events: list[Event] = []
    for note in notes:
        journal = Journal(note.subject, note.chain, context)
        journal.record("credit_note.drafted", note_facts(note))
        records += [replace(note, chain=journal.chain), link_of(note)]
        events += journal.events
    return Changes(records=tuple(records), events=tuple(events))


def link_of(note: CreditNote) -> NoteOfOrder:
    """What leads to a note from its order."""
    return NoteOfOrder(
        order_no=note.order_no,
        return_id=note.return_id,
        settlement_id=note.settlement_id,
        note_id=note.note_id,
    )


def voided(notes: Iterable[CreditNote], context: Context) -> Changes:
    """What becomes of the notes of a settlement that is reversed; to be written with that.

    A draft is void and never gets a number. A numbered note is out, and only another paper (a new
    invoice, a debit note) takes it back: who writes that is told by a task of finance.
    """
    records: list[Record] = []
    events: list[Event] = []
    for note in notes:
        if note.state is NoteState.VOIDED:
            continue
        journal = Journal(note.subject, note.chain, context)
        if note.state is NoteState.DRAFT:
            note = replace(note, state=NoteState.VOIDED)
            journal.record("credit_note.voided", note_facts(note))
        else:
            journal.record("credit_note.correction_required", note_facts(note))
            grounds = Grounds(reasons=("credit_note_of_reversed_settlement",), amount=note.total)
            records.append(
                open_task(
                    TaskKind.PAYMENT,
                    note.subject,
                    occasion=f"correct-{note.settlement_id}",
                    now=context.now,
                    grounds=grounds,
                )
            )
        records.append(replace(note, version=note.version + 1, chain=journal.chain))
        events += journal.events
    return Changes(records=tuple(records), events=tuple(events))


def _by_order_line(breakdown: Breakdown, ret: Return) -> Breakdown:
    """Its fees by the lines of the order: they are taken by those of the return."""
    own = {line.line_no: line.order_line_no for line in ret.lines}
    fees = tuple(
        replace(fee, line_no=own.get(fee.line_no)) if fee.line_no is not None else fee
        for fee in breakdown.fees
    )
    return replace(breakdown, fees=fees)


def _reason(ret: Return, settlement: Settlement) -> NoteReason:
    if ret.type in _REASONS:
        return _REASONS[ret.type]
    if ret.withdrawal_id is not None:
        return NoteReason.WITHDRAWAL
    is_kept = all(
        group.logistics is Logistics.NOT_NEEDED
        for part in settlement.lines
        for line in ret.lines
        if line.line_no == part.line_no
        for group in line.groups
        if runs.common(group.units, part.units)
    )
    return NoteReason.ALLOWANCE if is_kept else NoteReason.SALES_RETURN


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rates:
    """What the decision on a return states of fees, by line of the order; and the rates of the
    goods, which part of their price that is not given back bears.
    """

    fees: Mapping[str | None, Fees]
    goods: Mapping[str | None, str]

    @classmethod
    def of(cls, ret: Return) -> "_Rates":
        decided = {one.line_no: stated(one) for one in (ret.decision.lines if ret.decision else ())}
        return cls(
            fees={
                line.order_line_no: fees
                for line in ret.lines
                if (fees := decided.get(line.line_no)) is not None
            },
            goods={
                line.order_line_no: line.paid.taxes[0].rate
                for line in ret.lines
                if len(line.paid.taxes) == 1
            },
        )

    def rate_of(self, fee: Fee) -> str:
        """The rate of its tax as a decimal string; empty where it bears none, or nobody knows it.

        A fee of the whole return has the rate of the line that states the most of it.
        """
        if not fee.tax:
            return ""
        if fee.kind is FeeKind.GRADE:
            return self.goods.get(fee.line_no, "")
        if fee.line_no is not None:
            own = self.fees.get(fee.line_no)
            return _decimal(own.tax_rate) if own is not None else ""
        most = max(self.fees.values(), key=lambda one: _stated(one, fee), default=None)
        return _decimal(most.tax_rate) if most is not None and _stated(most, fee) else ""


def _stated(fees: Fees, fee: Fee) -> int:
    amount = fees.flat if fee.kind is FeeKind.FLAT else fees.shipping
    return amount.minor if amount is not None and amount.currency == fee.amount.currency else 0


def _decimal(parts: int) -> str:
    return f"{(Decimal(parts) / PARTS).normalize():f}" if parts else ""
