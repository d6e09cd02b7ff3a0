"""Goods that no return waits for: into quarantine, under an exception of their own.

Nothing that arrives is turned away unseen. Of a known return that expects nothing they are
NOT_EXPECTED and count on it; of a number or box that nobody told of they are UNKNOWN.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chalicelib.core.commands import Changes, Record
from chalicelib.core.events import Context, Event
from chalicelib.core.ids import derived_id
from chalicelib.returns.exceptions import (
    ExceptionKind,
    ReturnException,
    exception_id_for,
    opened_event,
    opened_on,
)
from chalicelib.returns.model import Return
from chalicelib.returns.receiving import (
    ReceivedItem,
    exception_tasks,
    quarantine_movement,
    quarantine_transfer,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Where goods were found that belong to nothing, and what was to be read there."""

    warehouse: str
    return_number: str | None = None
    parcel: str | None = None
    scan_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Strangers:
    """The exceptions, and the write that opens them. `ret` is the return they count on now."""

    exceptions: tuple[ReturnException, ...]
    ret: Return | None
    changes: Changes


def taken_as_strangers(
    items: Sequence[ReceivedItem], found: Found, ret: Return | None, context: Context
) -> Strangers:
    """Goods into quarantine, each kind under its own exception."""
    exceptions: list[ReturnException] = []
    records: list[Record] = []
    events: list[Event] = []
    for place, item in enumerate(items):
        occasion = f"-{place}" if place else ""
        movement_id = derived_id("mov", context.command_id, f"quarantine{occasion}")
        exception = _exception(item, found, ret, context, f"scan{occasion}", movement_id)
        chain, event = opened_event(exception, context)
        exception = replace(exception, chain=chain)
        transfers = [quarantine_transfer(exception)]
        moved = quarantine_movement(transfers, exception.subject, movement_id, context)
        exceptions.append(exception)
        records += [exception, moved]
        events.append(event)
    records += exception_tasks(exceptions, context)
    if ret is not None:
        ret, more = opened_on(ret, exceptions, context)
        records.append(ret)
        events += more
    return Strangers(
        exceptions=tuple(exceptions),
        ret=ret,
        changes=Changes(records=tuple(records), events=tuple(events)),
    )


def _exception(
    item: ReceivedItem,
    found: Found,
    ret: Return | None,
    context: Context,
    occasion: str,
    movement_id: str,
) -> ReturnException:
    return ReturnException(
        exception_id=exception_id_for(context, occasion),
        kind=ExceptionKind.UNKNOWN if ret is None else ExceptionKind.NOT_EXPECTED,
        quantity=item.quantity,
        opened_at=context.now,
        opened_by=context.actor.id,
        warehouse=found.warehouse,
        sku=item.sku or f"gtin:{item.gtin}",
        gtin=item.gtin,
        lot=item.lot,
        serials=item.serials,
        expires_on=item.expires_on,
        return_id=ret.return_id if ret else None,
        return_number=found.return_number,
        customer_id=ret.customer_id if ret else None,
        parcel=found.parcel,
        scan_id=found.scan_id,
        movement_id=movement_id,
        note=item.condition,
    )
