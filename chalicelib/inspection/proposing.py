"""Where inspected goods might go, from what they are worth each way; a person decides.

Pure. Each way that is open to the goods is weighed by what it is expected to bring of their cost;
the best comes first, with its reasons as codes (words.py has their words). What may not be sold at
all is decided by safety and dates before anything is weighed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from chalicelib.core.money import Money
from chalicelib.inspection.rules import PARTS, Thresholds
from chalicelib.returns.model import Disposition, FaultParty, Grade, InspectionResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known about some units that look alike; None: not known.

    `unit_cost` is what one cost us, `unit_price` what the customer paid; `resale` what one brings
    as it is. The costs of work are of one unit. `supplier_gives` is how many of 10,000 of the cost
    the supplier credits. The demand is `on_hand`, what can be sold where the units lie, and `sold`,
    what was within the last `sold_days`. `credit` False: the customer is not paid for them, so they
    are not ours.
    """

    grade: Grade
    result: InspectionResult
    today: date
    fault: FaultParty = FaultParty.NONE
    defects: tuple[str, ...] = ()
    unit_cost: Money | None = None
    unit_price: Money | None = None
    resale: Money | None = None
    repack_cost: Money | None = None
    repair_cost: Money | None = None
    refurbish_cost: Money | None = None
    supplier_gives: int | None = None
    on_hand: int | None = None
    sold: int | None = None
    sold_days: int | None = None
    expires_on: date | None = None
    hazardous: bool = False
    credit: bool | None = None
    is_for_repair: bool = False
    is_recalled: bool = False

    @property
    def base(self) -> Money | None:
        """What a unit stands in the books with, or was sold for where that is not known."""
        return self.unit_cost if self.unit_cost is not None else self.unit_price

    @property
    def is_sold_known(self) -> bool:
        return self.on_hand is not None and self.sold is not None and self.sold_days is not None

    @property
    def figures(self) -> dict[str, str]:
        """What the words of reasons name; what is not known is named by none of them."""
        named = {
            "on_hand": self.on_hand,
            "sold": self.sold,
            "sold_days": self.sold_days,
            "repack_cost": self.repack_cost,
            "repair_cost": self.repair_cost,
            "refurbish_cost": self.refurbish_cost,
        }
        return {name: str(value) for name, value in named.items() if value is not None}

    @property
    def days_left(self) -> int | None:
        return None if self.expires_on is None else (self.expires_on - self.today).days


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One way, what a unit is expected to bring on it (None: nobody knows), and why."""

    disposition: Disposition
    reasons: tuple[str, ...]
    brings: Money | None = None


def asks_demand(facts: Facts, table: Thresholds) -> bool:
    """Whether it matters how such goods sell: not of those that nobody may sell."""
    is_ours = facts.credit is not False and not facts.is_for_repair
    is_short = facts.days_left is not None and facts.days_left < table.expiry_days
    return is_ours and not is_short and not _unsafe(facts, table)


def propose(facts: Facts, table: Thresholds) -> Proposal:
    """The best way."""
    return ranked(facts, table)[0]


def ranked(facts: Facts, table: Thresholds) -> tuple[Proposal, ...]:
    """Every way that is open, the best first; there is always one."""
    if facts.credit is False:
        return (
            Proposal(disposition=Disposition.SHIP_BACK, reasons=("not_credited",)),
            Proposal(disposition=Disposition.HOLD, reasons=("not_credited",)),
        )
    if facts.is_for_repair:
        return (
            Proposal(disposition=Disposition.REPAIR, reasons=("repair_wanted",)),
            Proposal(disposition=Disposition.HOLD, reasons=("repair_wanted",)),
        )
    ways = list(_ways(facts, table))
    nothing = Proposal(disposition=Disposition.HOLD, reasons=("unclear",))
    return tuple(sorted(ways, key=_merit)) or (nothing,)


_ORDER = (
    Disposition.RESTOCK,
    Disposition.REPACK,
    Disposition.RTV,
    Disposition.REFURBISH,
    Disposition.REPAIR,
    Disposition.HOLD,
    Disposition.DONATE,
    Disposition.SCRAP,
)
"""Of ways that bring the same, the one that is less work, or less of a waste."""


def _merit(one: Proposal) -> tuple[int, int]:
    return -(one.brings.minor if one.brings is not None else 0), _ORDER.index(one.disposition)


def _ways(facts: Facts, table: Thresholds) -> Iterator[Proposal]:
    unsafe = _unsafe(facts, table)
    yield from _to_supplier(facts, table)
    if facts.is_recalled:
        yield Proposal(disposition=Disposition.HOLD, reasons=("recalled",))
    if unsafe:
        yield Proposal(disposition=Disposition.SCRAP, reasons=unsafe)
        return
    if facts.days_left is not None and facts.days_left < table.expiry_days:
        yield from _given_away(facts, table, facts.days_left)
        return
    sold = tuple(_sold(facts, table))
    yield from sold
    yield from _made_good(facts, table)
    if not sold:
        yield from _left_over(facts, table)


def _unsafe(facts: Facts, table: Thresholds) -> tuple[str, ...]:
    """Why nobody may have these goods."""
    reasons = ["never_sold"] if set(facts.defects) & set(table.never_sold) else []
    reasons += ["hazardous"] if facts.hazardous else []
    reasons += ["recalled"] if facts.is_recalled else []
    expired = facts.days_left is not None and facts.days_left <= 0
    return tuple([*reasons, "expired"] if expired or "EXPIRED" in facts.defects else reasons)


def _given_away(facts: Facts, table: Thresholds, days_left: int) -> Iterator[Proposal]:
    """What is good still, but not for long enough to be sold."""
    is_good = facts.result is InspectionResult.PASSED
    if is_good and days_left >= table.donate_expiry_days:
        yield Proposal(disposition=Disposition.DONATE, reasons=("expires_soon",))
    yield Proposal(disposition=Disposition.SCRAP, reasons=("expires_soon",))


def _to_supplier(facts: Facts, table: Thresholds) -> Iterator[Proposal]:
    if facts.supplier_gives is None or facts.supplier_gives < table.rtv_from:
        return
    why = "maker_at_fault" if facts.fault is FaultParty.MAKER else "supplier_takes_back"
    if facts.fault is FaultParty.MAKER or facts.grade not in (Grade.A, Grade.B):
        brings = _share(facts.base, facts.supplier_gives)
        yield Proposal(disposition=Disposition.RTV, reasons=(why,), brings=brings)


def _sold(facts: Facts, table: Thresholds) -> Iterator[Proposal]:
    """On the shelf as it is, or after another box was put around it, if that leaves something."""
    is_sellable = facts.grade.value in table.restock_grades
    if facts.result is not InspectionResult.PASSED or not is_sellable:
        return
    brings = _in_demand(_resale(facts, table, facts.grade), facts, table)
    reasons = ("sellable_grade", *_demand(facts, table))
    if not set(facts.defects) & set(table.repack_defects):
        yield Proposal(disposition=Disposition.RESTOCK, reasons=reasons, brings=brings)
    elif facts.repack_cost is None or brings is None:
        unknown = ("packaging", "repack_cost_unknown", *reasons)
        yield Proposal(disposition=Disposition.REPACK, reasons=unknown, brings=brings)
    elif facts.repack_cost < brings:
        known = ("packaging", "repack_cost", *reasons)
        left = brings - facts.repack_cost
        yield Proposal(disposition=Disposition.REPACK, reasons=known, brings=left)


def _made_good(facts: Facts, table: Thresholds) -> Iterator[Proposal]:
    """Repaired where something fails, refurbished where it only looks used; if it pays."""
    if facts.grade in (Grade.A, Grade.B) and facts.result is InspectionResult.PASSED:
        return
    after = _in_demand(_resale(facts, table, Grade.B), facts, table)
    if facts.result is InspectionResult.FAILED:
        way, cost, said = Disposition.REPAIR, facts.repair_cost, "repair"
    else:
        way, cost, said = Disposition.REFURBISH, facts.refurbish_cost, "refurbish"
    demand = _demand(facts, table)
    if cost is None or after is None:
        if facts.grade is not Grade.D:
            yield Proposal(disposition=way, reasons=(f"{said}_cost_unknown", *demand))
        return
    if cost.minor * PARTS <= after.minor * table.repair_at_most:
        brings = after - cost
        yield Proposal(disposition=way, reasons=(f"{said}_pays", *demand), brings=brings)


def _left_over(facts: Facts, table: Thresholds) -> Iterator[Proposal]:
    """Not sold as new: kept until somebody buys it as it is, or thrown away if that is nothing."""
    resale, base = _resale(facts, table, facts.grade), facts.base
    if resale is None or base is None:
        yield Proposal(disposition=Disposition.HOLD, reasons=("value_unknown",))
        return
    is_little = resale.minor * PARTS <= base.minor * table.scrap_below
    if is_little:
        yield Proposal(disposition=Disposition.SCRAP, reasons=("worth_little",))
    else:
        yield Proposal(disposition=Disposition.HOLD, reasons=("resale_as_is",), brings=resale)


def _resale(facts: Facts, table: Thresholds, grade: Grade) -> Money | None:
    """What a unit of this grade brings: as it is known for the present one, else by the table."""
    if facts.resale is not None and grade is facts.grade:
        return facts.resale
    return _share(facts.base, table.resale.get(grade.value, 0))


def _share(amount: Money | None, parts: int) -> Money | None:
    if amount is None:
        return None
    return Money(amount.minor * parts // PARTS, amount.currency)


def _in_demand(brings: Money | None, facts: Facts, table: Thresholds) -> Money | None:
    """Half of it where so much lies there that it is sold late, if at all."""
    return _share(brings, PARTS // 2) if _is_slow(facts, table) else brings


def _demand(facts: Facts, table: Thresholds) -> tuple[str, ...]:
    """What is said of how the goods sell."""
    if not facts.is_sold_known:
        return ("out_of_stock",) if facts.on_hand == 0 else ("demand_unknown",)
    if _is_slow(facts, table):
        return ("slow_moving",)
    if not facts.sold:
        return ("not_sold",)
    return ("out_of_stock", "in_demand") if facts.on_hand == 0 else ("in_demand",)


def _is_slow(facts: Facts, table: Thresholds) -> bool:
    """Whether what lies there lasts for longer than anybody wants to keep goods."""
    if facts.on_hand is None or facts.sold is None or facts.sold_days is None:
        return False
    return facts.on_hand * facts.sold_days > table.slow_days * facts.sold
