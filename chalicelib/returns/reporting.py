"""An exception that a person reports: an empty box, damage, missing parts, a swapped serial number.

No goods move by it: what is here was received or will be. (What arrives and fits nothing becomes an
exception by itself, in receiving.py and scanning.py; carriers' news do so in following.py.)
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict, FieldError, Invalid
from chalicelib.core.events import Context, Event, Journal
from chalicelib.returns.continuing import continued
from chalicelib.returns.exceptions import (
    ExceptionKind,
    ReturnException,
    counted,
    exception_id_for,
    noted,
    opened_event,
    opened_on,
)
from chalicelib.returns.lifecycle import allowed
from chalicelib.returns.loading import found
from chalicelib.returns.model import Authorization, Return, ReturnLine
from chalicelib.returns.ports import ReturnReader
from chalicelib.returns.receiving import exception_tasks
from chalicelib.returns.standing import status_of

KINDS = frozenset(
    {
        ExceptionKind.EMPTY,
        ExceptionKind.DAMAGED_TRANSIT,
        ExceptionKind.MISSING_PARTS,
        ExceptionKind.SERIAL_MISMATCH,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportException:
    """What a person saw. `sku` is needed only where no line is named and it is known."""

    kind: ExceptionKind
    quantity: int
    line_no: str | None = None
    sku: str | None = None
    warehouse: str | None = None
    note: str | None = None
    photos: tuple[str, ...] = ()


def report(
    reads: ReturnReader, return_id: str, command: ReportException, context: Context
) -> Decided[ReturnException]:
    """Open an exception without goods; raises Conflict where no goods of the return are awaited."""
    ret = found(reads.return_(return_id), return_id, context)
    return report_on(ret, command, context)


def report_on(ret: Return, command: ReportException, context: Context) -> Decided[ReturnException]:
    """As `report`, of a return that was read before."""
    exception, event = _exception(ret, command, context, "report")
    ret, told = opened_on(ret, [exception], context)
    return Decided(
        result=exception,
        changes=Changes(
            records=(ret, exception, *exception_tasks([exception], context)),
            events=(event, *told),
        ),
    )


def also_reported(
    changes: Changes, ret: Return, commands: Sequence[ReportException], context: Context
) -> Decided[list[ReturnException]]:
    """What was seen of goods in the command that writes the return anyway: one write with it."""
    exceptions, events = [], []
    for place, command in enumerate(commands):
        exception, event = _exception(ret, command, context, f"report-{place}")
        exceptions.append(exception)
        events.append(event)
    journal = Journal(ret.subject, ret.chain, context)
    noted(ret, exceptions, journal)
    ret = counted(ret, exceptions, journal)
    changes = continued(changes, ret, journal, *exceptions, *exception_tasks(exceptions, context))
    return Decided(result=exceptions, changes=changes + Changes(events=tuple(events)))


def _exception(
    ret: Return, command: ReportException, context: Context, occasion: str
) -> tuple[ReturnException, Event]:
    line = _line(ret, command)
    if not any(group.authorization is Authorization.APPROVED for group in ret.groups()):
        raise Conflict(
            "nothing_approved",
            "No unit of this return is approved, so none can come.",
            status=status_of(ret).value,
            allowed=list(allowed(ret)),
        )
    exception = ReturnException(
        exception_id=exception_id_for(context, occasion),
        kind=command.kind,
        quantity=command.quantity,
        opened_at=context.now,
        opened_by=context.actor.id,
        warehouse=command.warehouse or ret.warehouse,
        sku=line.goods if line is not None else command.sku,
        line_no=command.line_no,
        return_id=ret.return_id,
        return_number=ret.number,
        customer_id=ret.customer_id,
        note=command.note,
        photos=command.photos,
    )
    chain, event = opened_event(exception, context)
    return replace(exception, chain=chain), event


def _line(ret: Return, command: ReportException) -> ReturnLine | None:
    """The named line; raises Invalid for what cannot be reported so."""
    if command.kind not in KINDS:
        message = f"Reported by hand: {', '.join(sorted(kind.value for kind in KINDS))}."
        raise _invalid("/kind", "not_reportable", message)
    line = ret.line(command.line_no) if command.line_no is not None else None
    if command.line_no is not None and line is None:
        raise _invalid("/line_no", "unknown_line", f"No line {command.line_no}.")
    most = sum(one.requested for one in ([line] if line is not None else ret.lines))
    if not 1 <= command.quantity <= most:
        raise _invalid("/quantity", "bad_quantity", f"From 1 to {most} units can be meant.")
    return line


def _invalid(pointer: str, code: str, message: str) -> Invalid:
    return Invalid(code, message, errors=[FieldError(pointer=pointer, code=code, message=message)])
