"""Money of the model: what a sale was paid with, and payouts with the parts of which they consist.

A part of a payout stands in one of the states of the domain's table; what its payment has left, and
where the payout stands, is counted anew from the parts each time.
"""

from dataclasses import dataclass, field

from tests.simulation.units import Unit

MANUAL = "manual"
CREDIT = "store_credit"
"""Providers that nobody is called for."""
BESIDE = "-"
"""In place of a payment: a person pays it, and no payment of the sale counts it."""
FAILED_LATER = "failed_later"
DISPUTED = "disputed"
CHARGED_BACK = "charged_back"


@dataclass(slots=True)
class Quarrel:
    """The buyer asks the bank for so much of a payment.

    Once it is lost the bank has given the buyer all of it; `given` of that is what we owed.
    """

    amount: int
    state: str = "OPEN"
    given: int = 0


@dataclass(slots=True)
class SoldPayment:
    """`under_way` and `paid_back` are counted from the parts of all payouts of the sale."""

    payment_id: str
    provider: str
    captured: int
    paid_back: int = 0
    under_way: int = 0
    quarrels: dict[str, Quarrel] = field(default_factory=dict)

    @property
    def is_disputed(self) -> bool:
        return any(quarrel.state == "OPEN" for quarrel in self.quarrels.values())

    @property
    def left(self) -> int:
        """What is neither given back, nor under way, nor with the bank."""
        taken = sum(one.amount for one in self.quarrels.values() if one.state != "WON")
        return max(0, self.captured - self.paid_back - self.under_way - taken)

    @property
    def carries(self) -> int:
        """What may be sent to it now."""
        return 0 if self.is_disputed else self.left


@dataclass(slots=True, eq=False)
class Lot:
    """Store credit that was given at once, and what is left of it."""

    given: int
    left: int


@dataclass(slots=True, eq=False)
class Payback:
    """Part of a payout that goes to one payment, or is paid beside them.

    `why` it is frozen, or is not sent any more while nobody knows what became of it; `was` is what
    it was before it was frozen. `truth` is what its provider really knows of it. `has_moved`: the
    money was out once. `lot`: it was given as this credit.
    """

    payment_id: str
    provider: str
    amount: int
    state: str
    why: str = ""
    was: str = ""
    truth: str = ""
    has_moved: bool = False
    lot: Lot | None = None

    @property
    def is_counted(self) -> bool:
        """Whether its payment counts it as under way."""
        if self.state == "FROZEN":
            return self.was != "DECLINED"
        return self.state in ("HELD", "UNKNOWN", "MANUAL")

    @property
    def came_back(self) -> bool:
        return self.state == "FROZEN" and self.why == FAILED_LATER

    @property
    def is_over(self) -> bool:
        return self.state in ("PAID", "CANCELLED")


@dataclass(slots=True, eq=False)
class Beside:
    """Money beside the goods of an exchange: what a replacement costs less, unit by unit.

    `on_top`: what was paid on top for it and is not needed; without `parts` all of that, whatever
    comes back, is the `whole`.
    """

    swap: str
    line_no: str
    parts: list[tuple[Unit, int]]
    whole: int = 0
    on_top: bool = False

    @property
    def amount(self) -> int:
        return self.whole + sum(part for _, part in self.parts)

    @property
    def is_of_units(self) -> bool:
        return not self.whole

    def is_like(self, other: "Beside") -> bool:
        """Whether both are about the same money."""
        mine = (self.swap, self.line_no, self.on_top, self.is_of_units)
        return mine == (other.swap, other.line_no, other.on_top, other.is_of_units)


@dataclass(slots=True)
class Payout:
    """One settlement: the units it pays for, how much by line of the request, and its legs.

    `fees` are kept of the amounts; they were taken of the units in `charged`. `awards` are the
    appeals whose awards it pays, `besides` what exchanges bring in money; `short` is what no
    payment can carry. `by` started it; above a limit (`is_above`) it waits until somebody else
    agreed. `lot` is the last credit it gave. `numbers` are its units by line of the sale.
    """

    units: list[Unit]
    amounts: dict[str, int]
    legs: list[Payback]
    charged: list[Unit] = field(default_factory=list)
    fees: dict[tuple[str, str], int] = field(default_factory=dict)
    awards: dict[str, int] = field(default_factory=dict)
    besides: list[Beside] = field(default_factory=list)
    short: int = 0
    by: str = ""
    is_above: bool = False
    agreed_by: str = ""
    is_reversed: bool = False
    written_off: int = 0
    lot: Lot | None = None
    numbers: dict[str, list[int]] = field(default_factory=dict)

    @property
    def amount(self) -> int:
        owed = sum(self.amounts.values()) - sum(self.fees.values())
        return owed + sum(self.awards.values()) + sum(one.amount for one in self.besides)

    @property
    def replaced(self) -> list[Unit]:
        """The units whose replacement costs less, which this pays, and which are not kept."""
        parts = [part for one in self.besides if not one.on_top for part in one.parts]
        return [unit for unit, _ in parts if not unit.is_kept]

    @property
    def waits_for_second(self) -> bool:
        return self.is_above and not self.agreed_by

    @property
    def state(self) -> str:
        states = {leg.state for leg in self.legs}
        if self.is_reversed:
            return "REVERSED"
        if "HELD" in states:
            return "QUOTED"
        if "UNKNOWN" in states:
            return "PROCESSING"
        if states <= {"PAID", "CANCELLED"} and not self.short:
            return "SETTLED"
        if "PAID" in states:
            return "PARTIAL"
        return "MANUAL" if "MANUAL" in states else "FAILED"
