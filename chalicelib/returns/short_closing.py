"""Units that nobody waits for any more: they were never sent, or were turned away at the door.

The customer has them, so they are free to be asked for again, in the same write, and what was
promised in exchange for them is on the shelf again. One that arrives after all is a surplus, which
a person resolves.
"""

from dataclasses import dataclass, replace

from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.events import Context, Journal
from chalicelib.core.runs import Runs
from chalicelib.exchanges.ending import released_exchanges, unreplaced
from chalicelib.exchanges.ports import ReplacingReader
from chalicelib.orders.model import Order
from chalicelib.returns import deadlines
from chalicelib.returns.closing import closed_if_complete
from chalicelib.returns.facts import header
from chalicelib.returns.loading import found
from chalicelib.returns.losing import check_reason
from chalicelib.returns.model import Logistics, Return
from chalicelib.returns.releasing import released
from chalicelib.returns.selection import NamedQuantity, chosen, facts_of, moved
from chalicelib.returns.transitions import Command

SHORT_CLOSE_REASONS = frozenset(
    {"NOT_SENT", "SENT_FEWER", "KEPT_BY_CUSTOMER", "UNREACHABLE", "OTHER"}
)
REFUSE_REASONS = frozenset(
    {"DAMAGED_PARCEL", "NOT_OURS", "HAZARDOUS", "TOO_LATE", "CHARGES_DUE", "OTHER"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUp:
    """`lines` None: all that is on its way or still to be sent."""

    reason: str
    lines: tuple[NamedQuantity, ...] | None = None
    note: str | None = None


def short_close(
    reads: ReplacingReader, return_id: str, command: GiveUp, context: Context
) -> Decided[Return]:
    """Stop waiting for units. What the customer keeps without being paid is theirs again."""
    check_reason(command.reason, command.note, SHORT_CLOSE_REASONS)
    ret, order = reads.return_and_order(return_id)
    ret = found(ret, return_id, context)
    return _given_up(reads, (ret, order), Command.SHORT_CLOSE, command, context)


def refuse(
    reads: ReplacingReader, return_id: str, command: GiveUp, context: Context
) -> Decided[Return]:
    """Turn goods away at the door: they go back to the customer as they came, unpaid."""
    check_reason(command.reason, command.note, REFUSE_REASONS)
    ret, order = reads.return_and_order(return_id)
    ret = found(ret, return_id, context)
    return _given_up(reads, (ret, order), Command.REFUSE, command, context)


_ENDS = {
    Command.SHORT_CLOSE: (Logistics.SHORT_CLOSED, "return.short_closed"),
    Command.REFUSE: (Logistics.REFUSED, "return.refused"),
}


def _given_up(
    reads: ReplacingReader,
    about: tuple[Return, Order | None],
    kind: Command,
    command: GiveUp,
    context: Context,
) -> Decided[Return]:
    ret, order = about
    logistics, event_type = _ENDS[kind]
    units = _chosen(reads, ret, kind, command)
    ret = moved(ret, units, logistics=logistics, refusal_code=command.reason, credit=None)
    ret = replace(
        deadlines.after(ret),
        review_note=command.note or ret.review_note,
        version=ret.version + 1,
        updated_at=context.now,
    )
    promises = released_exchanges(reads, ret, units, context)
    ret = promises.ret
    journal = Journal(ret.subject, ret.chain, context)
    journal.record(
        event_type, {**header(ret), "reason": command.reason, "lines": facts_of(ret, units)}
    )
    records: list[Record] = []
    if order is not None:
        records.append(released(order, ret, units, context))
    ret = closed_if_complete(ret, journal)
    changes = Changes(records=(ret, *records), events=tuple(journal.events))
    return Decided(result=ret, changes=changes + promises.changes)


def _chosen(reads: ReplacingReader, ret: Return, kind: Command, command: GiveUp) -> dict[str, Runs]:
    """All units that fit but replacements which are to come back, unless there is nothing else.

    Those cannot be given up, which is said to whoever names them.
    """
    units = chosen(ret, command.lines, kind)
    return units if command.lines is not None else unreplaced(reads, ret, units) or units
