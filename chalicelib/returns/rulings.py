"""What a person's decision about an exception's goods means for stock, returns and claims.

Each function rules for one kind of resolution and changes nothing by itself; resolving.py puts the
ruling into one write. Goods went into quarantine without a cost: they leave it the same way, and
get the cost that is known now on the way to where they go.
"""

from dataclasses import dataclass, field, replace

from chalicelib.core import runs
from chalicelib.core.clock import rfc3339
from chalicelib.core.commands import Record
from chalicelib.core.errors import FieldError, Invalid
from chalicelib.core.events import Context, Event, Journal, Json
from chalicelib.core.ids import derived_id
from chalicelib.core.money import Money
from chalicelib.exchanges.ports import PromisingReader
from chalicelib.exchanges.promising import promised
from chalicelib.inventory.model import Account, Movement, MovementKind, Transfer, entries_for
from chalicelib.inventory.posting import merged_transfers
from chalicelib.liability import claiming
from chalicelib.liability.model import LiabilityClaim, Liable
from chalicelib.orders.model import Order
from chalicelib.returns import deadlines, replenishing
from chalicelib.returns.exceptions import (
    ExceptionResolution,
    ResolutionKind,
    ReturnException,
    counted,
)
from chalicelib.returns.facts import header, line_facts
from chalicelib.returns.falling_due import fallen_due
from chalicelib.returns.finding import found_again
from chalicelib.returns.model import Return
from chalicelib.returns.receiving import Receipt, ReceivedItem
from chalicelib.returns.taking_in import Goods, TakenIn, cost_on
from chalicelib.settlement.agreeing import with_agreed


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimAgainst:
    """Whom the goods are claimed from, as far as it is known."""

    against: Liable
    party: str | None = None
    amount: Money | None = None
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolve:
    """What a person decided. `quantity` None: all that is open. `return_ref`: an id or a number."""

    resolution: ResolutionKind
    reason: str
    quantity: int | None = None
    accountable: str | None = None
    return_ref: str | None = None
    line_no: str | None = None
    carrier: str | None = None
    tracking_no: str | None = None
    cannot_be_found: bool = False
    claim: ClaimAgainst | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An exception as it was read, what is to become of how many units, and who says so.

    `own` is the return that the exception belongs to, where it belongs to one.
    """

    exception: ReturnException
    command: Resolve
    quantity: int
    context: Context
    own: Return | None
    own_order: Order | None

    @property
    def movement_id(self) -> str:
        """Of the movement by which goods leave the exception."""
        return derived_id("mov", self.context.command_id, "resolution")

    @property
    def goods(self) -> Goods:
        """The units in hand. Serial numbers are taken in the order in which they were read."""
        exception = self.exception
        assert exception.warehouse is not None, "goods lie somewhere"
        assert exception.sku is not None, "goods have a name"
        done = exception.quantity - exception.open_quantity
        return Goods(
            sku=exception.sku,
            gtin=exception.gtin,
            lot=exception.lot,
            serials=exception.serials[done : done + self.quantity],
            expires_on=exception.expires_on,
            quantity=self.quantity,
            warehouse=exception.warehouse,
        )

    def resolution(self) -> ExceptionResolution:
        """What every resolution says, whatever its kind."""
        return ExceptionResolution(
            resolution=self.command.resolution,
            quantity=self.quantity,
            reason=self.command.reason,
            accountable=self.command.accountable,
            decided_by=self.context.actor.id,
            decided_at=self.context.now,
        )


@dataclass(slots=True)
class Ruling:
    """What is to be written besides the exception and its own return.

    `ret` is the return that took the goods in, at its next version; `journal` is its.
    """

    resolutions: list[ExceptionResolution]
    records: list[Record] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    told: list[tuple[str, dict[str, Json]]] = field(default_factory=list)
    ret: Return | None = None
    journal: Journal | None = None


def nothing_here(case: Case) -> Ruling:
    """No goods came: somebody looked at it, and that is all."""
    return Ruling([case.resolution()])


def ship_back(case: Case) -> Ruling:
    """The goods go back to whoever sent them."""
    movement = _leaving(case, Account.CUSTOMER, None, MovementKind.DISPOSITION)
    done = replace(
        case.resolution(),
        movement_id=movement.movement_id,
        account=Account.CUSTOMER,
        carrier=case.command.carrier,
        tracking_no=case.command.tracking_no,
    )
    return Ruling([done], [movement])


def claim(case: Case) -> Ruling:
    """Somebody is liable; what came of the goods is kept as evidence."""
    asked, exception = case.command.claim, case.exception
    if asked is None:
        raise _missing("/claim", "claim_required", "Say whom it is claimed from.")
    has_goods = exception.movement_id is not None
    made = LiabilityClaim(
        claim_id=derived_id("lia", case.context.command_id),
        against=asked.against,
        party=asked.party,
        amount=asked.amount,
        evidence=asked.evidence,
        reason=case.command.reason,
        quantity=case.quantity,
        exception_id=exception.exception_id,
        return_id=exception.return_id,
        warehouse=exception.warehouse,
        sku=exception.sku,
        lot=exception.lot,
        serials=case.goods.serials if has_goods else (),
        unit_cost=_known_cost(case) if has_goods else None,
        has_goods=has_goods,
        opened_at=case.context.now,
        opened_by=case.context.actor.id,
    )
    opened = claiming.opened(made, case.context)
    ruling = Ruling([replace(case.resolution(), claim_id=made.claim_id, against=asked.against)])
    ruling.records.extend(opened.changes.records)
    ruling.events.extend(opened.changes.events)
    if has_goods:
        _move(ruling, case, Account.DAMAGED)
    return ruling


def write_off(case: Case) -> Ruling:
    """Gone for good, or not to be found: somebody answers for it, and it is to be bought again."""
    if case.command.accountable is None:
        raise _missing("/accountable", "accountable_required", "Say who answers for the loss.")
    ruling = Ruling([case.resolution()])
    _move(ruling, case, Account.MISSING if case.command.cannot_be_found else Account.SCRAPPED)
    goods = case.goods
    task, proposal = replenishing.proposed(
        case.exception.subject, {goods.sku: goods.quantity}, goods.warehouse, case.context
    )
    ruling.records.append(task)
    about: dict[str, Json] = {
        "exception_id": case.exception.exception_id,
        "return_id": case.exception.return_id,
    }
    ruling.told.append((replenishing.PROPOSED, about | proposal))
    return ruling


def into_line(
    reads: PromisingReader, case: Case, taking: TakenIn, *, proposed_by: str | None
) -> Ruling:
    """The goods are the return's from now on, received like any others.

    They leave the exception as they came, and the return receives them: each document books its
    own goods. `taking` was made of the return at its next version.
    """
    context, exception = case.context, case.exception
    replaced = promised(reads, taking.ret, taking.again, context)
    ret = with_agreed(replaced.ret, taking.order)
    leaving = _leaving(case, Account.CUSTOMER, None, MovementKind.REVERSAL)
    receipt = _receipt(case, ret)
    arriving = Movement(
        movement_id=derived_id("mov", context.command_id, "receipt"),
        kind=MovementKind.RECEIPT,
        source=ret.subject,
        entries=entries_for(merged_transfers(taking.arrivals)),
        posted_at=context.now,
        actor=context.actor,
        command_id=context.command_id,
    )
    receipt = replace(receipt, movement_id=arriving.movement_id)
    journal = Journal(ret.subject, ret.chain, context)
    journal.record("return.received", _received(ret, receipt, taking, exception))
    ret = fallen_due(ret, context.now, journal)
    done = replace(
        case.resolution(),
        return_id=ret.return_id,
        proposed_by=proposed_by,
        movement_id=leaving.movement_id,
        account=Account.CUSTOMER,
    )
    ruling = Ruling(
        [
            replace(done, line_no=line_no, quantity=runs.size(units))
            for line_no, units in taking.units.items()
        ],
        [leaving, arriving, receipt, *replaced.changes.records],
        list(replaced.changes.events),
        journal=journal,
    )
    if taking.is_order_changed and taking.order is not None:
        order = taking.order
        ruling.records.append(replace(order, version=order.version + 1, updated_at=context.now))
    ruling.records.extend(
        found_again(taking.before, ret, taking.units, receipt.receipt_id, journal, context)
    )
    ruling.ret = counted(deadlines.after(ret), (), journal)
    return ruling


def _receipt(case: Case, ret: Return) -> Receipt:
    goods = case.goods
    return Receipt(
        receipt_id=derived_id("rcp", case.context.command_id),
        return_id=ret.return_id,
        warehouse=goods.warehouse,
        received_at=case.exception.opened_at,
        received_by=case.context.actor.id,
        items=(
            ReceivedItem(
                sku=goods.sku,
                gtin=goods.gtin,
                lot=goods.lot,
                serials=goods.serials,
                quantity=goods.quantity,
                expires_on=goods.expires_on,
            ),
        ),
        movement_id=None,
        exception_ids=(),
        scan_id=case.exception.scan_id,
    )


def _received(
    ret: Return, receipt: Receipt, taking: TakenIn, exception: ReturnException
) -> dict[str, Json]:
    return {
        **header(ret),
        "receipt_id": receipt.receipt_id,
        "receipt_warehouse": receipt.warehouse,
        "received_at": rfc3339(receipt.received_at),
        "scan_id": receipt.scan_id,
        "movement_id": receipt.movement_id,
        "exception_ids": [],
        "from_exception": exception.exception_id,
        "lines": [
            line_facts(line, taking.units[line.line_no])
            for line in ret.lines
            if line.line_no in taking.units
        ],
    }


def _move(ruling: Ruling, case: Case, target: Account) -> None:
    """The goods go to `target`, and the resolution says so."""
    movement = _leaving(case, target, _known_cost(case), MovementKind.DISPOSITION)
    ruling.records.append(movement)
    ruling.resolutions = [
        replace(done, movement_id=movement.movement_id, account=target)
        for done in ruling.resolutions
    ]


def _leaving(case: Case, target: Account, cost: Money | None, kind: MovementKind) -> Movement:
    """Out of quarantine, under the lot that the goods went in with.

    Where a cost is known the goods come from the customer at that cost, and the entry without one
    is taken back: else quarantine would keep a value without goods.
    """
    goods = case.goods
    plain = Transfer(
        warehouse=goods.warehouse,
        sku=goods.sku,
        lot=goods.lot,
        quantity=goods.quantity,
        origin=Account.QUARANTINE,
        target=target if cost is None else Account.CUSTOMER,
        serials=goods.serials,
    )
    transfers = [plain]
    if cost is not None:
        transfers.append(replace(plain, origin=Account.CUSTOMER, target=target, unit_cost=cost))
    return Movement(
        movement_id=case.movement_id,
        kind=kind,
        source=case.exception.subject,
        entries=entries_for(transfers),
        posted_at=case.context.now,
        actor=case.context.actor,
        command_id=case.context.command_id,
        reverses=case.exception.movement_id if kind is MovementKind.REVERSAL else None,
    )


def _known_cost(case: Case) -> Money | None:
    """Of a line that is about such goods, else of the sale; None for goods that nobody knows."""
    goods = case.goods
    for line in case.own.lines if case.own is not None else ():
        if goods.are(line.goods, line.gtin) and line.unit_cost is not None:
            return line.unit_cost
    return cost_on(case.own_order, goods)


def _missing(pointer: str, code: str, message: str) -> Invalid:
    return Invalid(code, message, errors=[FieldError(pointer=pointer, code=code, message=message)])
