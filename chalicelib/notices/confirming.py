"""What a partner tells of goods that it was told of: booked as any receipt, and compared.

Each confirmation has an id of the partner's, under which it is booked once; the same again reads
what came of it. Goods of other returns, or of none, are booked too: nothing that arrived is turned
away because nobody announced it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict, FieldError, Invalid, NotFound
from chalicelib.core.events import Context
from chalicelib.notices.model import (
    AdvanceNotice,
    Confirmation,
    ConfirmationKind,
    ConfirmedItem,
    NoticeState,
    NoticeTally,
)
from chalicelib.notices.partners import require_own
from chalicelib.notices.preparing import NoticeReader, told
from chalicelib.returns.exceptions import ExceptionKind
from chalicelib.returns.model import Return
from chalicelib.returns.parcels import shared_out, takes_goods
from chalicelib.returns.receiving import Receive, ReceivedItem, is_same_goods, receive_into
from chalicelib.returns.reporting import ReportException, also_reported
from chalicelib.returns.strangers import Found, taken_as_strangers
from chalicelib.returns.unpacking import part_of

ITEMS_MAX = 200


class ConfirmingReader(NoticeReader, Protocol):
    """What confirming reads besides."""

    def confirmation(self, notice_id: str, confirmation_id: str) -> Confirmation | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """`is_final`: nothing more comes for this notice; what is missing is short."""

    confirmation_id: str
    kind: ConfirmationKind
    items: tuple[ConfirmedItem, ...] = ()
    received_at: datetime | None = None
    is_final: bool = False


@dataclass(slots=True)
class _Booking:
    """What one confirmation writes, collected return by return."""

    context: Context
    changes: Changes = field(default_factory=Changes)
    receipts: list[str] = field(default_factory=list)
    exceptions: list[str] = field(default_factory=list)
    places: int = 0

    def next_context(self) -> Context:
        self.places += 1
        return part_of(self.context, self.places - 1)


def confirm(
    reads: ConfirmingReader, notice_id: str, command: Confirm, context: Context
) -> Decided[Confirmation]:
    """Book what the partner tells, once for each of its ids."""
    notice = reads.notice(notice_id)
    if notice is None:
        raise NotFound("notice_not_found", f"There is no notice {notice_id}.")
    require_own(reads.partner(notice.warehouse), context.actor)
    before = reads.confirmation(notice_id, command.confirmation_id)
    if before is not None:
        return Decided(result=_same(before, command))
    _check(command)
    confirmation = Confirmation(
        notice_id=notice_id,
        confirmation_id=command.confirmation_id,
        kind=command.kind,
        items=command.items,
        is_final=command.is_final,
        received_at=command.received_at,
        told_at=context.now,
        told_by=context.actor.id,
    )
    if command.kind is ConfirmationKind.ACCEPTED:
        return _accepted(notice, confirmation, context)
    returns = reads.returns_of([ret.return_id for ret in notice.returns])
    booking = _Booking(context=context)
    for number, items in _by_number(returns, command.items).items():
        _book(reads, returns, number, items, notice, command, booking)
    tallies = _tallied(notice, returns, command.items)
    confirmation = replace(
        confirmation,
        tallies=tallies,
        receipt_ids=tuple(booking.receipts),
        exception_ids=tuple(booking.exceptions),
    )
    return _received(notice, confirmation, booking.changes, context)


def _same(before: Confirmation, command: Confirm) -> Confirmation:
    said = (before.kind, before.items, before.is_final, before.received_at)
    if said != (command.kind, command.items, command.is_final, command.received_at):
        raise Conflict(
            "confirmation_id_reused",
            f"{command.confirmation_id} was used for another confirmation.",
            confirmation_id=command.confirmation_id,
        )
    return before


def _accepted(
    notice: AdvanceNotice, confirmation: Confirmation, context: Context
) -> Decided[Confirmation]:
    """The partner knows: of a notice that is over, or confirmed, it changes nothing."""
    changes = Changes(records=(confirmation,))
    if notice.state in (NoticeState.PREPARED, NoticeState.SENT):
        notice = replace(
            notice,
            state=NoticeState.ACKNOWLEDGED,
            acknowledged_at=context.now,
            sent_revision=_heard(notice),
            fault=None,
            version=notice.version + 1,
        )
        notice, more = told(notice, "notice.acknowledged", context)
        changes += more
    return Decided(result=confirmation, changes=changes)


def _received(
    notice: AdvanceNotice, confirmation: Confirmation, booked: Changes, context: Context
) -> Decided[Confirmation]:
    is_over = notice.state is NoticeState.CANCELLED
    is_final = confirmation.is_final and not is_over
    notice = replace(
        notice,
        state=NoticeState.CONFIRMED if is_final else notice.state,
        confirmed_at=context.now if is_final else notice.confirmed_at,
        sent_revision=notice.revision if is_final else _heard(notice),
        tallies=confirmation.tallies,
        version=notice.version + 1,
    )
    event_type = "notice.confirmed" if is_final else "notice.received"
    notice, changes = told(notice, event_type, context)
    changes += Changes(records=(confirmation,)) + booked
    return Decided(result=confirmation, changes=changes)


def _heard(notice: AdvanceNotice) -> int:
    """Who answers has read it, though it was never told: the revision of now.

    Who was told an older one may answer to that: the newer one is told all the same.
    """
    return notice.sent_revision or notice.revision


def _by_number(
    returns: Sequence[Return], items: Iterable[ConfirmedItem]
) -> dict[str | None, list[ConfirmedItem]]:
    """The items by return; without a number those of a notice of one return are for that one."""
    only = returns[0].number if len(returns) == 1 else None
    found: dict[str | None, list[ConfirmedItem]] = {}
    for item in items:
        found.setdefault(item.return_number or only, []).append(item)
    if None in found:  # Whose they are is found out last, from what is still waited for.
        found[None] = found.pop(None)
    return found


def _book(
    reads: ConfirmingReader,
    returns: list[Return],
    number: str | None,
    items: list[ConfirmedItem],
    notice: AdvanceNotice,
    command: Confirm,
    booking: _Booking,
) -> None:
    """One return's receipt, or several where no number was read; `returns` are kept as they are."""
    goods = [item.item for item in items]
    if number is None:
        shares = shared_out(returns, goods) if any(map(takes_goods, returns)) else []
    else:
        ret = next((one for one in returns if one.number == number), None)
        ret = ret or reads.return_by_number(number)
        if ret is not None and ret.return_id not in {one.return_id for one in returns}:
            returns.append(ret)
        shares = [(ret, tuple(goods))] if ret is not None and takes_goods(ret) else []
        if not shares:
            _strange(ret, number, goods, notice, booking)
            return
    if not shares:
        _strange(returns[0] if returns else None, None, goods, notice, booking)
        return
    left = [item.damaged for item in items]
    for ret, share in shares:
        own = booking.next_context()
        receive = Receive(
            warehouse=notice.warehouse,
            items=share,
            received_at=command.received_at,
            parcel=notice.pallet_no,
        )
        decided = receive_into(ret, receive, own)
        booking.receipts.append(decided.result.receipt.receipt_id)
        booking.exceptions += decided.result.receipt.exception_ids
        after, changes = decided.result.ret, decided.changes
        damaged = _damages(after, items, share, left, notice.warehouse)
        if damaged:
            reported = also_reported(changes, after, damaged, own)
            booking.exceptions += [one.exception_id for one in reported.result]
            changes = reported.changes
            after = next(
                one
                for one in changes.records
                if isinstance(one, Return) and one.return_id == ret.return_id
            )
        _replace(returns, after)
        booking.changes = _merged(booking.changes, changes)


def _merged(before: Changes, more: Changes) -> Changes:
    """Both writes; asserts that no return is in them twice, which no transaction could hold."""
    twice = {one.return_id for one in before.records if isinstance(one, Return)} & {
        one.return_id for one in more.records if isinstance(one, Return)
    }
    if twice:
        raise Invalid(
            "mixed_items",
            "Name the return of every item of a pallet, or of none.",
            errors=[FieldError(pointer="/items", code="mixed_items", message="Name all or none.")],
        )
    return before + more


def _replace(returns: list[Return], after: Return) -> None:
    for place, ret in enumerate(returns):
        if ret.return_id == after.return_id:
            returns[place] = after


def _damages(
    ret: Return,
    items: Sequence[ConfirmedItem],
    share: Sequence[ReceivedItem],
    left: list[int],
    warehouse: str,
) -> list[ReportException]:
    """Damage of the way, as far as these goods are of the return.

    `left` has what no return has answered for yet, item by item: goods of several returns are
    damaged once.
    """
    found = []
    free: Counter[tuple[str | None, ...]] = Counter()
    for each in share:
        free[_kind(each)] += each.quantity
    for place, one in enumerate(items):
        line = next((line for line in ret.lines if is_same_goods(line, one.item)), None)
        if line is None:
            continue
        quantity = min(left[place], free[_kind(one.item)], line.requested)
        if quantity:
            left[place] -= quantity
            free[_kind(one.item)] -= quantity
            found.append(
                ReportException(
                    kind=ExceptionKind.DAMAGED_TRANSIT,
                    quantity=quantity,
                    line_no=line.line_no,
                    warehouse=warehouse,
                )
            )
    return found


def _kind(one: ReceivedItem) -> tuple[str | None, ...]:
    return one.sku, one.gtin, one.lot


def _strange(
    ret: Return | None,
    number: str | None,
    goods: Sequence[ReceivedItem],
    notice: AdvanceNotice,
    booking: _Booking,
) -> None:
    found = Found(
        warehouse=notice.warehouse,
        return_number=ret.number if ret is not None else number,
        parcel=notice.pallet_no,
    )
    taken = taken_as_strangers(goods, found, ret, booking.next_context())
    booking.exceptions += [one.exception_id for one in taken.exceptions]
    booking.changes = _merged(booking.changes, taken.changes)


def _tallied(
    notice: AdvanceNotice, returns: Sequence[Return], items: Iterable[ConfirmedItem]
) -> tuple[NoticeTally, ...]:
    """Everything told of the notice so far, beside what it announced."""
    only = notice.returns[0].return_number if len(notice.returns) == 1 else None
    announced: Counter[tuple[str | None, str]] = Counter()
    for ret in notice.returns:
        for line in ret.lines:
            announced[ret.return_number, line.sku] += line.quantity
    received = Counter({(one.return_number, one.sku): one.received for one in notice.tallies})
    damaged = Counter({(one.return_number, one.sku): one.damaged for one in notice.tallies})
    for item in items:
        place = (item.return_number or only, _sku(returns, item.item))
        received[place] += item.item.quantity
        damaged[place] += item.damaged
    places = sorted({*announced, *received}, key=lambda place: (place[0] or "", place[1]))
    return tuple(
        NoticeTally(
            return_number=number,
            sku=sku,
            announced=announced[number, sku],
            received=received[number, sku],
            damaged=damaged[number, sku],
        )
        for number, sku in places
    )


def _sku(returns: Sequence[Return], item: ReceivedItem) -> str:
    if item.sku is not None:
        return item.sku
    lines = (line for ret in returns for line in ret.lines if is_same_goods(line, item))
    return next((line.goods for line in lines), f"gtin:{item.gtin}")


def _check(command: Confirm) -> None:
    is_received = command.kind is ConfirmationKind.RECEIVED
    if not is_received and (command.items or command.is_final):
        raise _invalid("items_not_accepted", "Goods are told of with the kind `received`.")
    if is_received and not command.items and not command.is_final:
        raise _invalid("nothing_told", "Name what came, or say that nothing more comes.")
    if len(command.items) > ITEMS_MAX:
        raise _invalid("item_count", f"A confirmation has at most {ITEMS_MAX} items.")
    for one in command.items:
        if (one.item.sku is None) == (one.item.gtin is None):
            raise _invalid("sku_required", "An item names a SKU or a GTIN.")
        if one.item.quantity < 1 or len(one.item.serials) > one.item.quantity:
            raise _invalid("bad_quantity", "At least one unit, and no more serials than units.")
        if not 0 <= one.damaged <= one.item.quantity:
            raise _invalid("bad_damaged", "Of what came, not more than all is damaged.")


def _invalid(code: str, message: str) -> Invalid:
    return Invalid(code, message, errors=[FieldError(pointer="/items", code=code, message=message)])
