"""Whether the real shop stands as the model says, and whether what must always hold holds.

Everything is read from the records as they are stored. The comparison is with the model; the
invariants are asked of the real records alone, so a wrong model cannot hide a broken one.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib.core.commands import Changes
from chalicelib.core.runs import Runs
from chalicelib.inventory.model import PHYSICAL, Account, Movement
from chalicelib.ledger.posting import postings_for
from chalicelib.orders.model import Order
from chalicelib.returns.exceptions import ReturnException
from chalicelib.returns.lifecycle import allowed
from chalicelib.returns.model import Disposition, Return, ReturnLine, UnitGroup
from chalicelib.returns.standing import status_of
from chalicelib.returns.units import ON_THE_WAY, quantities
from chalicelib.settlement.model import LegState, Settlement
from tests.simulation.admitting import allowed_now
from tests.simulation.model import World
from tests.simulation.money import Payout
from tests.simulation.reality import Reality
from tests.simulation.units import Unit

Standing = tuple[object, ...]
SHOWN = {LegState.PROCESSING: "UNKNOWN"}
"""States of legs that the model does not tell apart from others."""


class Disagreement(AssertionError):
    """The code and the field do not say the same."""


@dataclass(slots=True)
class Ledger:
    """What was posted for each document, where all goods lie by the postings alone, and strays.

    `money` are the balances by subject of what its events mean in money.
    """

    posted: dict[str, Counter[tuple[str, str, str]]] = field(
        default_factory=lambda: defaultdict(Counter)
    )
    lying: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    money: dict[str, Counter[tuple[str, str | None]]] = field(
        default_factory=lambda: defaultdict(Counter)
    )
    strays: dict[str, dict[str, ReturnException]] = field(default_factory=lambda: defaultdict(dict))

    def post(self, changes: Changes) -> None:
        for posting in postings_for(changes.events):
            for one in posting.entries:
                self.money[posting.subject][one.account.value, one.detail] += one.minor
        for record in changes.records:
            if isinstance(record, ReturnException):
                self.strays[record.return_id or ""][record.exception_id] = record
            if isinstance(record, Movement):
                for entry in record.entries:
                    place = (entry.warehouse, entry.sku, entry.account.value)
                    self.posted[record.source][place] += entry.quantity
                    self.lying[place] += entry.quantity


def compare_request(world: World, reality: Reality, key: str) -> None:
    """The return of this key: its units, its status, what it admits, what it is owed."""
    request, ret = world.requests[key], reality.return_(key)
    if ret is None:
        raise Disagreement(f"{key}: there is no return")
    told, meant = standings(ret), {n: _units(line.units) for n, line in request.lines.items()}
    if told != meant:
        raise Disagreement(f"{key}: units stand {_unlike(told, meant)}")
    _same(key, "status", status_of(ret).value, request.status)
    _same(key, "open exceptions", ret.open_exceptions, request.open_exceptions)
    _same(key, "open appeals", len(ret.open_appeals), len(request.open_appeals))
    _same(key, "allowed", set(allowed(ret)), allowed_now(request))
    kind = ret.deadline.kind.value if ret.deadline is not None else None
    _same(key, "deadline", kind, request.waits_for)
    payouts = [payout.state for payout in request.payouts.values()]
    _same(key, "settlements", [s.state.value for s in ret.settlements], payouts)
    for settlement, payout in zip(ret.settlements, request.payouts.values(), strict=True):
        _same(key, "legs", *_legs(settlement, payout, reality.ids))
    for swap_key in world.swaps_of(key):
        exchange = reality.store.reads().exchange(reality.ids[swap_key])
        assert exchange is not None, "exchanges do not vanish"
        swap = world.swaps[swap_key]
        price = exchange.price.minor if exchange.price is not None else None
        advance = exchange.advance.state.value if exchange.advance is not None else ""
        stands = (exchange.state.value, _ordinals(exchange.units), price, advance)
        should = (swap.state, swap.numbers, swap.price, swap.advance)
        _same(key, f"exchange {swap_key}", stands, should)
    if request.order_no is not None:
        compare_sale(world, reality, request.order_no)


def compare_sale(world: World, reality: Reality, key: str) -> None:
    """Who holds which unit, and what was paid back of each payment."""
    sale, order = world.sales[key], reality.order(key)
    for line in order.lines:
        held = {
            ordinal: reservation.holder_id
            for reservation in line.reservations
            for ordinal in _ordinals(reservation.units)
        }
        meant = {no: reality.ids[own] for no, own in sale.lines[line.line_no].held.items()}
        _same(key, f"held of line {line.line_no}", held, meant)
        given = _ordinals(order.given.units_of(line.line_no))
        paid_back = [
            number
            for payout in sale.payouts
            if not payout.is_reversed
            for number in payout.numbers.get(line.line_no, [])
        ]
        _same(key, f"given back of line {line.line_no}", given, sorted(paid_back))
    told = [
        (p.payment_id, p.refunded_by_us.minor, p.pending.minor, p.refundable.minor)
        for p in order.payments
    ]
    paid = [(p.payment_id, p.paid_back, p.under_way, p.left) for p in sale.payments]
    _same(key, "payments", told, paid)


def _legs(settlement: Settlement, payout: Payout, ids: Mapping[str, str]) -> tuple[object, object]:
    """Its parts with what is short and given up, as they are and as they should be."""
    told = [
        (leg.payment_id, leg.provider, leg.amount.minor, SHOWN.get(leg.state, leg.state.value))
        for leg in settlement.legs
    ]
    meant = [
        (ids.get(leg.payment_id, leg.payment_id), leg.provider, leg.amount, leg.state)
        for leg in payout.legs
    ]
    written_off = settlement.written_off.minor if settlement.written_off else 0
    return (
        (settlement.amount.minor, settlement.shortfall.minor, written_off, told),
        (payout.amount, payout.short, payout.written_off, meant),
    )


def compare_stock(world: World, reality: Reality, ledger: Ledger) -> None:
    """Every shelf holds what the model counts, which is what was posted."""
    lying = {
        (balance.warehouse, balance.sku, balance.account.value): balance.quantity
        for balance in reality.store.stock.values()
    }
    for place in {*lying, *world.stock}:
        _same("stock", place, lying.get(place, 0), world.stock[place])
        _same("stock", ("posted", place), ledger.lying[place], lying.get(place, 0))
        if lying.get(place, 0) < 0 and Account(place[2]) in PHYSICAL:
            raise Disagreement(f"{place}: {lying[place]} lie there")


def check_return(ret: Return, order: Order | None, ledger: Ledger) -> None:
    """The seven invariants of a line, and of the ledger, on what is stored."""
    for line in ret.lines:
        _check_counts(ret, line)
        if order is not None and line.order_line_no is not None:
            _check_reservation(ret, line, order)
    _check_money(ret, order)
    _check_ledger(ret, ledger)


def standings(ret: Return) -> dict[str, dict[int, Standing]]:
    """Every unit of the return by its number, with all that is known of it."""
    return {
        line.line_no: {
            ordinal: (
                group.authorization.value,
                group.logistics.value,
                group.inspection.value,
                group.disposition.value if group.disposition else "UNDECIDED",
                group.settlement.value,
                group.grade.value if group.grade else None,
                group.credit,
                group.warehouse,
                group.account.value if group.account else None,
                group.ended_after_approval,
                group.held_by is not None,
            )
            for group in line.groups
            for ordinal in _ordinals(group.units)
        }
        for line in ret.lines
    }


def _units(units: list[Unit]) -> dict[int, Standing]:
    return {
        unit.ordinal: (
            unit.authorization,
            unit.logistics,
            unit.inspection,
            unit.disposition,
            unit.settlement,
            unit.grade,
            unit.credit,
            unit.warehouse,
            unit.account,
            unit.ended_after_approval,
            unit.held_by is not None,
        )
        for unit in units
    }


def _check_counts(ret: Return, line: ReturnLine) -> None:
    """Invariants 1 to 4: each unit is counted once in each block."""
    q = quantities(line)
    where = f"{ret.return_id} line {line.line_no}"
    ended = q.rejected + q.cancelled + q.expired
    _same(where, "requested", q.requested, q.draft + q.pending + q.approved + ended)
    logistics = q.awaiting + q.in_transit + q.arrived + q.received
    logistics += q.lost + q.short_closed + q.refused + q.kept
    _same(where, "approved", q.approved, logistics)
    disposed = q.restock + q.repack + q.repair + q.refurbish + q.rtv + q.scrap + q.donate
    waiting = q.uninspected + q.reinspection + q.undisposed + q.hold
    _same(where, "received", q.received, waiting + disposed + q.ship_back)
    early = sum(g.size for g in line.groups if g.credit and g.logistics in ON_THE_WAY)
    if q.accepted + q.denied > q.received + q.lost + q.kept + early:
        raise Disagreement(f"{where}: more was decided about than came")


def _check_reservation(ret: Return, line: ReturnLine, order: Order) -> None:
    """Invariant 6: no unit is held twice, none that was not shipped, none that is free again."""
    sold = order.line(str(line.order_line_no))
    assert sold is not None, "lines of an order do not vanish"
    named = [
        (ordinal, reservation.holder_id)
        for reservation in sold.reservations
        for ordinal in _ordinals(reservation.units)
    ]
    held = {ordinal for ordinal, holder in named if holder == ret.return_id}
    if len(dict(named)) < len(named) or any(no > order.shipped(sold.line_no) for no, _ in named):
        raise Disagreement(f"{order.order_no}: units of line {sold.line_no} are held wrongly")
    meant = {
        ordinal
        for other in ret.lines
        if other.order_line_no == line.order_line_no
        for group in other.groups
        if _holds(group)
        for ordinal in _ordinals(group.units)
    }
    _same(ret.return_id, f"held of line {line.line_no}", held, meant)


def _ordinals(units: Runs) -> list[int]:
    return [ordinal for run in units for ordinal in range(run.first, run.last + 1)]


def _holds(group: UnitGroup) -> bool:
    """Submitted and neither ended nor with the customer again."""
    is_ended = group.authorization.value in ("DRAFT", "REJECTED", "CANCELLED", "EXPIRED")
    is_free = group.logistics.value in ("SHORT_CLOSED", "REFUSED")
    return not (is_ended or is_free or group.disposition is Disposition.SHIP_BACK)


def _check_money(ret: Return, order: Order | None) -> None:
    """Invariant 5: never more than what was paid for these units, nor than was captured."""
    for settlement in ret.settlements:
        worth = sum(
            line.value_of(part.units).minor
            for part in settlement.lines
            for line in ret.lines
            if line.line_no == part.line_no
        )
        worth += sum(award.amount.minor for award in settlement.awards)
        worth += sum(one.amount.minor for one in settlement.differences)
        whole = sum(leg.amount.minor for leg in settlement.legs) + settlement.shortfall.minor
        _same(settlement.settlement_id, "legs and shortfall", whole, settlement.amount.minor)
        if settlement.paid.minor > worth:
            raise Disagreement(f"{settlement.settlement_id}: {settlement.paid} of {worth} paid")
    for payment in order.payments if order is not None else ():
        ours = payment.refunded_by_us + payment.pending + payment.refunded
        if payment.pending.minor < 0 or ours > payment.captured:
            raise Disagreement(f"{payment.payment_id}: {ours} of {payment.captured} paid back")


def _check_ledger(ret: Return, ledger: Ledger) -> None:
    """Invariant 7: what was posted for the return and its strays is where its goods lie."""
    strays = ledger.strays[ret.return_id].values()
    lying: Counter[tuple[str, str, str]] = Counter()

    def lies(warehouse: str | None, sku: str | None, account: Account | None, count: int) -> None:
        if warehouse and sku and account:
            lying[warehouse, sku, account.value] += count
            lying[warehouse, sku, Account.CUSTOMER.value] -= count

    for line in ret.lines:
        for group in line.groups:
            lies(group.warehouse, line.goods, group.account, group.size)
    for stray in strays:
        if stray.movement_id is not None:
            lies(stray.warehouse, stray.sku, Account.QUARANTINE, stray.open_quantity)
        for done in stray.resolutions:
            lies(stray.warehouse, stray.sku, done.account, done.quantity)
    posted = Counter(ledger.posted[ret.subject])
    for stray in strays:
        posted.update(ledger.posted[stray.subject])
    for place in {*lying, *posted}:
        _same(ret.return_id, ("posted", place), posted[place], lying[place])


def _same(where: str, what: object, told: object, meant: object) -> None:
    if told != meant:
        raise Disagreement(f"{where}: {what} is {told}, not {meant}")


def _unlike(told: dict[str, dict[int, Standing]], meant: dict[str, dict[int, Standing]]) -> str:
    """The units that differ, as they are and as they should be."""
    return "; ".join(
        f"{line_no}/{unit}: {told.get(line_no, {}).get(unit)} "
        f"instead of {meant.get(line_no, {}).get(unit)}"
        for line_no in {**told, **meant}
        for unit in {**told.get(line_no, {}), **meant.get(line_no, {})}
        if told.get(line_no, {}).get(unit) != meant.get(line_no, {}).get(unit)
    )
