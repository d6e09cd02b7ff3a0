"""What it costs to make goods sellable again: the merchant's table, by SKU, by category, or of all.

Pure. For each kind of work the nearest entry that states it in the right currency counts: that of
the SKU before that of the category before that of any goods.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chalicelib.core.errors import FieldError
from chalicelib.core.money import Money

WORK = ("repack", "repair", "refurbish")
WORK_COSTS_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkCost:
    """Of one unit: another box, a repair, a refurbishment; None: not stated here.

    At most one of `sku` and `category` is named; with neither it is of any goods.
    """

    sku: str | None = None
    category: str | None = None
    repack: Money | None = None
    repair: Money | None = None
    refurbish: Money | None = None

    @property
    def stated(self) -> dict[str, Money]:
        costs = zip(WORK, (self.repack, self.repair, self.refurbish), strict=True)
        return {work: cost for work, cost in costs if cost is not None}


def cost_of(
    work: str, table: Sequence[WorkCost], *, sku: str, category: str | None, currency: str
) -> Money | None:
    """What this work on a unit costs; None where nobody stated it in this currency."""
    stated = [
        (_nearness(one, sku, category), cost)
        for one in table
        if (cost := one.stated.get(work)) is not None and cost.currency == currency
    ]
    near = [(nearness, cost) for nearness, cost in stated if nearness is not None]
    return min(near, key=lambda one: one[0])[1] if near else None


def _nearness(one: WorkCost, sku: str, category: str | None) -> int | None:
    """The less the nearer; None: it is about other goods."""
    if one.sku is not None:
        return 0 if one.sku == sku else None
    if one.category is not None:
        is_meant = category is not None and one.category.casefold() == category.casefold()
        return 1 if is_meant else None
    return 2


def faults_of_costs(table: Sequence[WorkCost], at: str) -> Iterator[FieldError]:
    """Entries that say nothing, are about two kinds of goods, or contradict an earlier one."""
    known: set[tuple[str | None, str | None, str, str]] = set()
    for place, one in enumerate(table):
        if one.sku is not None and one.category is not None:
            message = "An entry is about a SKU or about a category."
            yield FieldError(pointer=f"{at}/{place}", code="sku_and_category", message=message)
        if not one.stated:
            message = "An entry states what at least one kind of work costs."
            yield FieldError(pointer=f"{at}/{place}", code="no_cost_stated", message=message)
        category = one.category.casefold() if one.category is not None else None
        for work, cost in one.stated.items():
            if cost.minor < 0:
                message = "Work does not cost less than nothing."
                yield FieldError(
                    pointer=f"{at}/{place}/{work}", code="negative_cost", message=message
                )
            told = one.sku, category, work, cost.currency
            if told in known:
                message = f"What {work} costs is stated of these goods before."
                yield FieldError(
                    pointer=f"{at}/{place}/{work}", code="cost_stated_twice", message=message
                )
            known.add(told)
