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
    as it is, `repair_cost` what it takes to make it sellable. `supplier_gives` is how many of
    10,000 of the cost the supplier credits. `on_hand` and `sold_per_100_days` are the demand.
    `credit` False: the customer is not paid for them, so they are not ours.
    """

    grade: Grade
    result: InspectionResult
    today: date
    fault: FaultParty = FaultParty.NONE
    defects: tuple[str, ...] = ()
    unit_cost: Money | None = None
    unit_price: Money | None = None
    resale: Money | None = None
    repair_cost: Money | None = None
    supplier_gives: int | None = None
    on_hand: int | None = None
    sold_per_100_days: int | None = None
    expires_on: date | None = None
    hazardous: bool = False
    credit: bool | None = None

    @property
    def base(self) -> Money | None:
        """What a unit stands in the books with, or was sold for where that is not known."""
        return self.unit_cost if self.unit_cost is not None else self.unit_price

    @property
    def days_left(self) -> int | None:
        return None if self.expires_on is None else (self.expires_on - self.today).days


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One way, what a unit is expected to bring on it (None: nobody knows), and why."""

    disposition: Disposition
    reasons: tuple[str, ...]
    brings: Money | None = None


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
    if unsafe:
        yield Proposal(disposition=Disposition.SCRAP, reasons=unsafe)
        return
    if facts.days_left is not None and facts.days_left < table.expiry_days:
        yield from _given_away(facts, table, facts.days_left)
        return
    yield from _sold(facts, table)
    yield from _made_good(facts, table)
    yield from _left_over(facts, table)


def _unsafe(facts: Facts, table: Thresholds) -> tuple[str, ...]:
    """Why nobody may have these goods."""
    reasons = ["never_sold"] if set(facts.defects) & set(table.never_sold) else []
    reasons += ["hazardous"] if facts.hazardous else []
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
    """On the shelf as it is, or after another box was put around it."""
    is_sellable = facts.grade.value in table.restock_grades
    if facts.result is not InspectionResult.PASSED or not is_sellable:
        return
    brings = _resale(facts, table, facts.grade)
    reasons = ["sellable_grade"]
    if _is_slow(facts, table):
        brings = _share(brings, PARTS // 2)
        reasons.append("slow_moving")
    if facts.on_hand == 0:
        reasons.append("out_of_stock")
    boxed = set(facts.defects) & set(table.repack_defects)
    if boxed:
        yield Proposal(
            disposition=Disposition.REPACK, reasons=("packaging", *reasons), brings=brings
        )
    else:
        yield Proposal(disposition=Disposition.RESTOCK, reasons=tuple(reasons), brings=brings)


def _made_good(facts: Facts, table: Thresholds) -> Iterator[Proposal]:
    """Repaired where something fails, refurbished where it only looks used; if it pays."""
    if facts.grade in (Grade.A, Grade.B) and facts.result is InspectionResult.PASSED:
        return
    after = _resale(facts, table, Grade.B)
    failed = facts.result is InspectionResult.FAILED
    way = Disposition.REPAIR if failed else Disposition.REFURBISH
    if facts.repair_cost is None or after is None:
        if facts.grade is not Grade.D:
            yield Proposal(disposition=way, reasons=("repair_cost_unknown",))
        return
    if facts.repair_cost.currency == after.currency and facts.repair_cost.minor * PARTS <= (
        after.minor * table.repair_at_most
    ):
        brings = after - facts.repair_cost
        yield Proposal(disposition=way, reasons=("repair_pays",), brings=brings)


def _left_over(facts: Facts, table: Thresholds) -> Iterator[Proposal]:
    """Not sold as new: kept until somebody buys it as it is, or thrown away if that is nothing."""
    if facts.result is InspectionResult.PASSED and facts.grade.value in table.restock_grades:
        return
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


def _is_slow(facts: Facts, table: Thresholds) -> bool:
    """Whether what lies there lasts for longer than anybody wants to keep goods."""
    if facts.on_hand is None or facts.sold_per_100_days is None:
        return False
    return facts.on_hand * 100 > table.slow_days * facts.sold_per_100_days
