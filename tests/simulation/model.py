"""What the field says about returns, as plain counting: the judge of the real code.

Written from the words of the domain, not from the code that it judges: a unit is one object with a
state on each of five axes, an order is a row of numbered units, a shelf is a number. Slow, simple,
and without a store, events or versions.
"""

from collections import Counter
from dataclasses import dataclass, field

from tests.simulation.money import Beside, Lot, Payout, SoldPayment
from tests.simulation.sharing import share_of
from tests.simulation.terms import Terms
from tests.simulation.units import PENDING, Job, Proposal, Unit

Place = tuple[str, str, str]
"""Warehouse, SKU, account."""


@dataclass(slots=True)
class SoldLine:
    """One line of a sale. `held` says which document holds which of its units."""

    sku: str
    quantity: int
    price: int
    discount: int
    share: int = 0
    shipped: int = 0
    held: dict[int, str] = field(default_factory=dict)

    @property
    def free(self) -> list[int]:
        return [unit for unit in range(1, self.shipped + 1) if unit not in self.held]

    @property
    def paid(self) -> int:
        return self.price * self.quantity - self.discount - self.share

    def value(self, ordinal: int) -> int:
        """What this very unit was paid for: shares of a whole never sum to more or less."""
        return share_of(self.paid, ordinal, self.quantity)


@dataclass(slots=True)
class Sale:
    """`decides_alone`: the policy it was sold under needs no reviewer. `lots` and `spent` are the
    store credit of its customer, who buys nothing else."""

    lines: dict[str, SoldLine]
    payments: list[SoldPayment]
    decides_alone: bool = False
    terms: Terms = field(default_factory=Terms)
    payouts: list[Payout] = field(default_factory=list)
    lots: list[Lot] = field(default_factory=list)
    spent: int = 0

    def payment(self, payment_id: str) -> SoldPayment | None:
        """The payment of this name; what is paid beside them has none."""
        return next((one for one in self.payments if one.payment_id == payment_id), None)

    def recount(self) -> None:
        """What each payment has given back and keeps for what is under way."""
        for payment in self.payments:
            legs = [
                leg
                for payout in self.payouts
                for leg in payout.legs
                if leg.payment_id == payment.payment_id
            ]
            payment.paid_back = sum(leg.amount for leg in legs if leg.state == "PAID")
            payment.under_way = sum(leg.amount for leg in legs if leg.is_counted)


@dataclass(slots=True)
class AskedLine:
    """Units of one line that come back; `sku` is what is expected to arrive.

    `wanted`: they are exchanged for these goods, and not paid back; `swaps` are its exchanges.
    Of those each costs the `price`, or as much as was paid (`is_even`).
    `as_credit`: they are paid back as store credit. `to_repair`: they are not paid back.
    `is_replacement`: what was given for them comes back instead of them; `sold_sku` is what was
    sold. `has_terms`: a policy has
    decided about it.
    """

    sku: str
    order_line: str | None
    units: list[Unit]
    reason: str = "CHANGED_MIND"
    wanted: str | None = None
    swaps: list[str] = field(default_factory=list)
    is_replacement: bool = False
    price: int | None = None
    is_even: bool = False
    sold_sku: str = ""
    has_terms: bool = False
    as_credit: bool = False
    to_repair: bool = False

    @property
    def is_paid_back(self) -> bool:
        """Whether it brings money or credit, and not goods."""
        return self.wanted is None and not self.to_repair


@dataclass(slots=True)
class Objection:
    """An appeal against a decision; no lines: all that were decided so."""

    against: str
    line_nos: tuple[str, ...]
    by: str
    is_open: bool = True
    award: int = 0


@dataclass(slots=True, eq=False)
class Package:
    """A parcel on its way: which units (by line and number) went with it, and its carrier's word.

    `is_questioned`: a person was told that it comes although nobody waits for it. `is_scanned`: its
    carrier has told of it.
    """

    units: list[tuple[str, int]]
    told: str = "in_transit"
    is_questioned: bool = False
    is_scanned: bool = False

    @property
    def is_on_the_road(self) -> bool:
        return self.told != "returned_to_sender"


@dataclass(slots=True)
class Request:
    """A return.

    `exchanged` is what was paid for goods as far as others were given for them, `charged` what the
    customer paid on top of that, by proof, and `besides` what comes back of either as money.
    """

    order_no: str | None
    lines: dict[str, AskedLine]
    payouts: dict[str, Payout] = field(default_factory=dict)
    appeals: dict[str, Objection] = field(default_factory=dict)
    packages: dict[str, Package] = field(default_factory=dict)
    open_exceptions: int = 0
    is_closed: bool = False
    reviewers: set[str] = field(default_factory=set)
    inspectors: set[str] = field(default_factory=set)
    is_evaluated: bool = False
    was_submitted: bool = False
    exchanged: int = 0
    charged: dict[str, int] = field(default_factory=dict)
    besides: list[Beside] = field(default_factory=list)

    @property
    def units(self) -> list[Unit]:
        return [unit for line in self.lines.values() for unit in line.units]

    @property
    def approved(self) -> list[Unit]:
        return [unit for unit in self.units if unit.is_approved]

    @property
    def standing(self) -> list[Payout]:
        """Its payouts that were not taken back."""
        return [payout for payout in self.payouts.values() if not payout.is_reversed]

    @property
    def awards_due(self) -> dict[str, int]:
        """What appeals awarded and no payout pays yet."""
        paid = {key for payout in self.standing for key in payout.awards}
        return {
            key: appeal.award
            for key, appeal in self.appeals.items()
            if appeal.award and key not in paid
        }

    @property
    def besides_due(self) -> list[Beside]:
        """What exchanges bring in money, of what is accepted by now, and no payout pays yet."""
        found = (self._left_of(one, self.standing) for one in self.besides)
        return [one for one in found if one.amount]

    def _left_of(self, one: Beside, payouts: list[Payout]) -> Beside:
        paid = [other for payout in payouts for other in payout.besides if other.is_like(one)]
        if one.is_of_units:
            gone = {id(unit) for other in paid for unit, _ in other.parts}
            parts = [
                (unit, part)
                for unit, part in one.parts
                if _is_accepted(unit, one) and id(unit) not in gone
            ]
            return Beside(one.swap, one.line_no, parts, on_top=one.on_top)
        left = max(0, one.whole - sum(other.whole for other in paid))
        return Beside(one.swap, one.line_no, [], left, on_top=True)

    @property
    def is_owed_on_top(self) -> bool:
        """Whether the customer waits for what they paid on top."""
        done = [payout for payout in self.standing if payout.state == "SETTLED"]
        return any(self._left_of(one, done).whole for one in self.besides if not one.is_of_units)

    @property
    def open_appeals(self) -> list[Objection]:
        return [appeal for appeal in self.appeals.values() if appeal.is_open]

    @property
    def status(self) -> str:
        """The header status, by the words of the precedence table."""
        if self.is_closed:
            return "COMPLETED"
        stands = {unit.authorization for unit in self.units}
        for waiting in ("DRAFT", "NEEDS_INFO", "UNDER_REVIEW", "SUBMITTED"):
            if waiting in stands:
                return waiting
        if not self.approved:
            return next(ended for ended in ("REJECTED", "CANCELLED", "EXPIRED") if ended in stands)
        if any(unit.is_expected for unit in self.approved):
            return self._while_expected(stands)
        here = [unit for unit in self.approved if unit.is_here]
        if here and all(u.inspection == "PENDING" and u.disposition == "UNDECIDED" for u in here):
            return "RECEIVED"
        if not all(unit.is_disposed for unit in here):
            return "INSPECTING"
        has_begun = any(unit.settlement != "NONE" for unit in self.approved)
        return "SETTLING" if has_begun else "DISPOSITIONED"

    def _while_expected(self, stands: set[str]) -> str:
        travelling = [unit for unit in self.approved if unit.logistics != "NOT_NEEDED"]
        if not all(unit.is_expected for unit in travelling):
            return "PARTLY_RECEIVED"
        if any(unit.logistics != "AWAITING" for unit in travelling):
            return "IN_TRANSIT"
        if self.packages:
            return "AWAITING_SHIPMENT"
        return "APPROVED" if len(stands) == 1 else "PARTLY_APPROVED"

    @property
    def waits_for(self) -> str | None:
        """What its deadline is about: an answer, a draft, or goods that are still to be sent."""
        if any(unit.authorization == "NEEDS_INFO" for unit in self.units):
            return "answer"
        if any(unit.authorization == "DRAFT" for unit in self.units):
            return "draft"
        is_to_be_sent = any(u.is_approved and u.logistics == "AWAITING" for u in self.units)
        return "ship" if is_to_be_sent and not self.is_closed else None

    @property
    def is_complete(self) -> bool:
        """Nothing is left to decide, to come, to look at, to dispose of or to pay."""
        return (
            bool(self.approved)
            and not self.open_exceptions
            and not self.open_appeals
            and not self.awards_due
            and not self.is_owed_on_top
            and all(payout.state == "SETTLED" for payout in self.standing if payout.awards)
            and all(_is_finished(unit) for unit in self.units)
        )


def _is_accepted(unit: Unit, one: Beside) -> bool:
    """What came back counts; of a replacement, as long as nothing else was given instead."""
    return unit.credit is True and (one.on_top or unit.settlement != "NONE")


def _is_finished(unit: Unit) -> bool:
    if unit.authorization == "DRAFT" or unit.authorization in PENDING:
        return False
    if not unit.is_approved:
        return True
    if unit.is_expected or (unit.is_here and not unit.is_disposed):
        return False
    return not unit.credit or unit.settlement == "SETTLED"


@dataclass(slots=True)
class Stray:
    """Goods that fit no line, in quarantine until a person decides about the last of them.

    `proposed`: who said that units above all that was sold go into which request, and how many.
    """

    kind: str
    sku: str
    quantity: int
    warehouse: str
    request: str
    left: int
    has_goods: bool = True
    proposed: tuple[str, str, int] | None = None


@dataclass(slots=True)
class Claim:
    """Units of a sold line that the customer wants something for, without sending them back."""

    order_no: str
    line_no: str
    units: list[int]
    state: str = "OPEN"


@dataclass(slots=True)
class Swap:
    """Goods on the way out for units of a line, one for one: stock, never units of the sale.

    `price` is what they cost together, `each` what was stated for one; `paid` came on top.
    `advance`: it was sent before its units came, and this is how that stands.
    """

    request: str
    line_no: str
    sku: str
    numbers: list[int]
    price: int
    each: int | None = None
    paid: int = 0
    advance: str = ""
    state: str = "RESERVED"


@dataclass(slots=True)
class World:
    """Everything that there is. Keys are the ids of the steps that made it.

    `is_unchanged`: the latest command was done, and changed nothing.
    """

    sales: dict[str, Sale] = field(default_factory=dict)
    requests: dict[str, Request] = field(default_factory=dict)
    strays: dict[str, Stray] = field(default_factory=dict)
    claims: dict[str, Claim] = field(default_factory=dict)
    swaps: dict[str, Swap] = field(default_factory=dict)
    proposals: dict[str, Proposal] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    stock: Counter[Place] = field(default_factory=Counter)
    owners: dict[str, str] = field(default_factory=dict)
    is_unchanged: bool = False

    def knows(self, key: str) -> bool:
        """Whether there is something that a step may be about."""
        known = (self.sales, self.requests, self.strays, self.claims, self.swaps, self.owners)
        return any(key in things for things in (*known, self.proposals, self.jobs))

    def owner(self, key: str) -> tuple[str, Request]:
        """The request that a payout, a parcel or an appeal belongs to."""
        return self.owners[key], self.requests[self.owners[key]]

    def swaps_of(self, key: str) -> set[str]:
        """The exchanges of a request."""
        return {own for line in self.requests[key].lines.values() for own in line.swaps}

    def moved(self, sku: str, quantity: int, warehouse: str, origin: str, target: str) -> None:
        self.stock[warehouse, sku, origin] -= quantity
        self.stock[warehouse, sku, target] += quantity

    def line_of(self, request: Request, line: AskedLine) -> SoldLine | None:
        """The sold line that a line of a request is about."""
        if request.order_no is None or line.order_line is None:
            return None
        return self.sales[request.order_no].lines[line.order_line]

    def unit(self, key: str, line_no: str, ordinal: int) -> Unit | None:
        """The unit that a line of a request calls by this number now."""
        line = self.requests[key].lines.get(line_no)
        units = line.units if line is not None else []
        return next((unit for unit in units if unit.ordinal == ordinal), None)

    def release(self, key: str, units: list[Unit]) -> None:
        """The customer may ask for these units again."""
        request = self.requests[key]
        ending = {id(unit) for unit in units}
        for line in request.lines.values():
            sold = self.line_of(request, line)
            for unit in line.units:
                if sold is not None and id(unit) in ending:
                    assert sold.held.pop(unit.ordinal) == key, "held by its own request"

    def value(self, request: Request, unit: Unit) -> int:
        for line in request.lines.values():
            if any(unit is one for one in line.units):
                sold = self.line_of(request, line)
                return sold.value(unit.ordinal) if sold is not None else 0
        raise AssertionError("a unit of the request")
