"""What the field says about returns, as plain counting: the judge of the real code.

Written from the words of the domain, not from the code that it judges: a unit is one object with a
state on each of five axes, an order is a row of numbered units, a shelf is a number. Slow, simple,
and without a store, events or versions.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.simulation.sharing import share_of
from tests.simulation.terms import Terms

PENDING = ("SUBMITTED", "NEEDS_INFO", "UNDER_REVIEW")
ON_THE_WAY = ("AWAITING", "IN_TRANSIT", "ARRIVED")
SEEN = ("PASSED", "FAILED")
MANUAL = "manual"

Place = tuple[str, str, str]
"""Warehouse, SKU, account."""


class Refused(Exception):
    """The command may not act now; `codes` are the ways in which it may say so."""

    def __init__(self, *codes: str) -> None:
        super().__init__(", ".join(codes))
        self.codes = codes


@dataclass(slots=True)
class Unit:
    """One piece of goods that somebody asks to give back; `ordinal` is its number when sold.

    `is_free`: maker, carrier or we are at fault, so no fee is taken of its money.
    """

    ordinal: int
    authorization: str = "DRAFT"
    logistics: str = "NONE"
    inspection: str = "PENDING"
    disposition: str = "UNDECIDED"
    settlement: str = "NONE"
    grade: str | None = None
    credit: bool | None = None
    warehouse: str | None = None
    account: str | None = None
    ended_after_approval: bool = False
    is_free: bool = False

    def become(self, other: "Unit") -> None:
        """The same piece of goods, standing as another does."""
        for name in Unit.__slots__:
            setattr(self, name, getattr(other, name))

    @property
    def is_approved(self) -> bool:
        return self.authorization == "APPROVED"

    @property
    def is_here(self) -> bool:
        return self.is_approved and self.logistics == "RECEIVED"

    @property
    def is_expected(self) -> bool:
        return self.is_approved and self.logistics in ON_THE_WAY

    @property
    def is_disposed(self) -> bool:
        return self.disposition not in ("UNDECIDED", "HOLD")


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
class SoldPayment:
    payment_id: str
    provider: str
    captured: int
    paid_back: int = 0
    under_way: int = 0

    @property
    def left(self) -> int:
        return self.captured - self.paid_back - self.under_way


@dataclass(slots=True)
class Sale:
    """`decides_alone`: the policy it was sold under needs no reviewer."""

    lines: dict[str, SoldLine]
    payments: list[SoldPayment]
    decides_alone: bool = False
    terms: Terms = field(default_factory=Terms)


@dataclass(slots=True)
class AskedLine:
    """Units of one line that come back; `sku` is what is expected to arrive.

    `wanted`: they are exchanged for these goods, and not paid back; `swaps` are its exchanges.
    `is_replacement`: what was given for them comes back instead of them. `has_terms`: a policy has
    decided about it.
    """

    sku: str
    order_line: str | None
    units: list[Unit]
    reason: str = "CHANGED_MIND"
    wanted: str | None = None
    swaps: list[str] = field(default_factory=list)
    is_replacement: bool = False
    has_terms: bool = False


@dataclass(slots=True)
class Payback:
    """Part of a payout that goes to one payment."""

    payment_id: str
    amount: int
    state: str


@dataclass(slots=True)
class Payout:
    """One settlement: the units it pays for, how much by line of the request, and its legs.

    `fees` are kept of the amounts; they were taken of the units in `charged`.
    """

    units: list[Unit]
    amounts: dict[str, int]
    legs: list[Payback]
    charged: list[Unit] = field(default_factory=list)
    fees: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def state(self) -> str:
        states = {leg.state for leg in self.legs}
        if states <= {"PAID"}:
            return "SETTLED"
        if "UNKNOWN" in states:
            return "PROCESSING"
        if "PAID" in states:
            return "PARTIAL"
        return "MANUAL" if "MANUAL" in states else "FAILED"


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
    """A return."""

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

    @property
    def units(self) -> list[Unit]:
        return [unit for line in self.lines.values() for unit in line.units]

    @property
    def approved(self) -> list[Unit]:
        return [unit for unit in self.units if unit.is_approved]

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
            and all(_is_finished(unit) for unit in self.units)
        )


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
    """Goods on the way out for units of a line, one for one: stock, never units of the sale."""

    request: str
    line_no: str
    sku: str
    numbers: list[int]
    state: str = "RESERVED"


@dataclass(slots=True)
class World:
    """Everything that there is. Keys are the ids of the steps that made it."""

    sales: dict[str, Sale] = field(default_factory=dict)
    requests: dict[str, Request] = field(default_factory=dict)
    strays: dict[str, Stray] = field(default_factory=dict)
    claims: dict[str, Claim] = field(default_factory=dict)
    swaps: dict[str, Swap] = field(default_factory=dict)
    stock: Counter[Place] = field(default_factory=Counter)
    owners: dict[str, str] = field(default_factory=dict)

    def knows(self, key: str) -> bool:
        """Whether there is something that a step may be about."""
        known = (self.sales, self.requests, self.strays, self.claims, self.swaps, self.owners)
        return any(key in things for things in known)

    def owner(self, key: str) -> tuple[str, Request]:
        """The request that a payout, a parcel or an appeal belongs to."""
        return self.owners[key], self.requests[self.owners[key]]

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


def first(units: Iterator[Unit] | list[Unit], count: int) -> list[Unit]:
    """The units of the lowest numbers."""
    return sorted(units, key=lambda unit: unit.ordinal)[:count]
