"""Orders by themselves and against returns and claims: units held, money given back, what for.

Pure. `Holds` joins both sides while they come in any order: what agrees is forgotten at once. An
exchange holds nothing of its own: its units are those of its return.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from chalicelib.claims.model import Claim
from chalicelib.core import runs
from chalicelib.core.runs import Run
from chalicelib.orders.model import HolderKind, Order, OrderLine, Reservation
from chalicelib.reconciliation.given import Parts, given_by_order, given_by_return, given_findings
from chalicelib.reconciliation.model import Finding
from chalicelib.reconciliation.returns import overlaps
from chalicelib.returns.model import Authorization, Disposition, Logistics, Return, UnitGroup
from chalicelib.returns.units import PENDING
from chalicelib.settlement.beside import not_of_the_order
from chalicelib.settlement.model import BESIDE, LegState
from chalicelib.settlement.payments import is_kept


class Holder(NamedTuple):
    """A document that holds units of orders."""

    kind: HolderKind
    id: str


Hold = tuple[str, str, Holder]
"""Order, line and who holds units of it."""
_RELEASED = frozenset({Logistics.SHORT_CLOSED, Logistics.REFUSED})


def order_findings(order: Order) -> Iterator[Finding]:
    """What is wrong within the order itself."""
    for line in order.lines:
        yield from _line_findings(order, line)
    for payment in order.payments:
        back = payment.refunded + payment.refunded_by_us + payment.pending
        if payment.pending.minor < 0 or payment.refunded_by_us.minor < 0:
            yield _payment_finding(order, payment.payment_id, "0 or more", back.amount)
        elif back > payment.captured and (payment.refunded_by_us or payment.pending):
            at_most = f"at most {payment.captured.amount}"
            yield _payment_finding(order, payment.payment_id, at_most, back.amount)


def _line_findings(order: Order, line: OrderLine) -> Iterator[Finding]:
    held = [run for reservation in line.reservations for run in reservation.units]
    if not held:
        return
    if overlaps(held):
        yield Finding(
            kind="reservation_overlap",
            subject=order.subject,
            expected=f"each unit of line {line.line_no} held once",
            found=runs.as_text(held),
            cause="Two documents hold the same unit.",
            proposed_repair="Keep the older document's units; give the other one free ones.",
        )
    shipped = order.shipped(line.line_no)
    if any(run.last > shipped for run in held):
        yield Finding(
            kind="reserved_above_shipped",
            subject=order.subject,
            expected=f"units 1-{shipped} of line {line.line_no}",
            found=runs.as_text(held),
            cause="Units are held that were never shipped.",
            proposed_repair="Post the missing delivery, or release these units.",
        )


def _payment_finding(order: Order, payment_id: str, expected: str, found: str) -> Finding:
    return Finding(
        kind="payment_over_refunded",
        subject=order.subject,
        expected=expected,
        found=found,
        cause=f"Payment {payment_id}: given back and captured do not fit.",
        proposed_repair="Compare with the provider.",
    )


def holds(group: UnitGroup) -> bool:
    """Whether units of this group must be held on the order."""
    if group.authorization in PENDING:
        return True
    if group.authorization is not Authorization.APPROVED or group.logistics in _RELEASED:
        return False
    return group.disposition is not Disposition.SHIP_BACK


def held_by_order(order: Order) -> dict[Hold, str]:
    """The units that documents hold, as the order says."""
    return {
        (order.order_no, line.line_no, holder_of(reservation)): runs.as_text(reservation.units)
        for line in order.lines
        for reservation in line.reservations
    }


def holder_of(reservation: Reservation) -> Holder:
    """The document that a reservation says it is for."""
    return Holder(reservation.kind, reservation.holder_id)


def held_by_return(ret: Return) -> dict[Hold, str]:
    """The units that it holds, as the return says."""
    holder = Holder(HolderKind.RETURN, ret.return_id)
    held: dict[Hold, list[Run]] = {}
    for line in ret.lines:
        if ret.order_no is None or line.order_line_no is None:
            continue
        units = [run for group in line.groups if holds(group) for run in group.units]
        if units:
            held.setdefault((ret.order_no, line.order_line_no, holder), []).extend(units)
    return {hold: _text(units) for hold, units in held.items()}


def held_by_claim(claim: Claim) -> dict[Hold, str]:
    """The units that it holds, as the claim says."""
    if not claim.holds_units:
        return {}
    holder = Holder(HolderKind.CLAIM, claim.claim_id)
    return {(claim.order_no, claim.order_line_no, holder): _text(list(claim.units))}


def refunds_of(ret: Return) -> dict[tuple[str, str], tuple[int, int]]:
    """Per order and payment: paid and pending in minor units, as the settlement's legs say."""
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for settlement in ret.settlements:
        beside = not_of_the_order(settlement) | {BESIDE}
        for leg in settlement.legs:
            if ret.order_no is None or leg.payment_id in beside:
                continue
            paid, pending = sums.get((ret.order_no, leg.payment_id), (0, 0))
            if leg.state is LegState.PAID:
                paid += leg.amount.minor
            elif is_kept(leg):
                pending += leg.amount.minor
            sums[ret.order_no, leg.payment_id] = (paid, pending)
    return sums


@dataclass(slots=True)
class Holds:
    """What orders and the documents that hold their units say of each other, less what agrees."""

    units: dict[Hold, dict[str, str]] = field(default_factory=dict)
    money: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    given: dict[str, Parts] = field(default_factory=dict)

    def order(self, order: Order) -> None:
        self._give(order.order_no, given_by_order(order), 1)
        for hold, text in held_by_order(order).items():
            self._hold(hold, "order", text)
        for payment in order.payments:
            if payment.refunded_by_us or payment.pending:
                self._pay(
                    (order.order_no, payment.payment_id),
                    -payment.refunded_by_us.minor,
                    -payment.pending.minor,
                )

    def return_(self, ret: Return) -> None:
        if ret.order_no is not None:
            self._give(ret.order_no, given_by_return(ret), -1)
        for hold, text in held_by_return(ret).items():
            self._hold(hold, "holder", text)
        for key, (paid, pending) in refunds_of(ret).items():
            self._pay(key, paid, pending)

    def claim(self, claim: Claim) -> None:
        for hold, text in held_by_claim(claim).items():
            self._hold(hold, "holder", text)

    def suspicious(self) -> dict[str, set[Holder]]:
        """Orders to look at again, with the documents that are known to matter."""
        orders: dict[str, set[Holder]] = {}
        for order_no, _, holder in self.units:
            orders.setdefault(order_no, set()).add(holder)
        for order_no in (*(order_no for order_no, _ in self.money), *self.given):
            orders.setdefault(order_no, set())
        return orders

    def findings(self) -> Iterator[Finding]:
        """All that is left, as differences. Meant for one order with all that holds its units."""
        for (order_no, line_no, holder), said in sorted(self.units.items()):
            yield Finding(
                kind=_reservation_kind(said),
                subject=f"order/{order_no}",
                expected=said.get("holder"),
                found=said.get("order"),
                cause=f"Line {line_no}: {holder.kind} {holder.id} and the order disagree on units.",
                proposed_repair=f"Hold on the order what the {holder.kind} says.",
            )
        for (order_no, payment_id), (paid, pending) in sorted(self.money.items()):
            for kind, difference in (("payment_refunded", paid), ("payment_pending", pending)):
                if difference:
                    yield Finding(
                        kind=kind,
                        subject=f"order/{order_no}",
                        expected={"payment_id": payment_id, "difference_minor": 0},
                        found={"payment_id": payment_id, "difference_minor": -difference},
                        cause="The payment and the legs of the settlements disagree.",
                        proposed_repair="Compare with the provider; book what the legs say.",
                    )

        for order_no, left in sorted(self.given.items()):
            yield from given_findings(order_no, left)

    def _give(self, order_no: str, parts: Parts, sign: int) -> None:
        sums = self.given.setdefault(order_no, Parts())
        for name, amount in parts.items():
            sums[name] += sign * amount
            if not sums[name]:
                del sums[name]
        if not sums:
            del self.given[order_no]

    def _hold(self, hold: Hold, side: str, text: str) -> None:
        said = self.units.setdefault(hold, {})
        said[side] = text
        if len(said) == 2 and said["order"] == said["holder"]:
            del self.units[hold]

    def _pay(self, key: tuple[str, str], paid: int, pending: int) -> None:
        sums = self.money.setdefault(key, [0, 0])
        sums[0] += paid
        sums[1] += pending
        if not any(sums):
            del self.money[key]


def _reservation_kind(said: dict[str, str]) -> str:
    if "holder" not in said:
        return "reservation_orphan"
    return "reservation_differs" if "order" in said else "reservation_missing"


def _text(units: list[Run]) -> str:
    """Neighbouring runs joined; overlapping ones (a finding of its own) left as they are."""
    return runs.as_text(units if overlaps(units) else runs.merged(units))
