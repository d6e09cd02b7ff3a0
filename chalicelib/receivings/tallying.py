"""Announced beside counted, kind by kind of goods. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence

from chalicelib.core import runs
from chalicelib.receivings.model import Tally
from chalicelib.returns.finding import is_lost
from chalicelib.returns.lifecycle import is_receivable
from chalicelib.returns.model import Return, UnitGroup
from chalicelib.returns.receiving import ReceivedItem, is_same_goods
from chalicelib.returns.units import units_where


def tallied(returns: Sequence[Return], items: Iterable[ReceivedItem]) -> tuple[Tally, ...]:
    """What these returns still wait for, and what was counted, by SKU.

    Goods known by a GTIN only are what the line with that GTIN is about; else `gtin:` and it.
    """
    announced: Counter[str] = Counter()
    for ret in returns:
        for line in ret.lines:
            waiting = runs.size(units_where(line, _is_awaited))
            if waiting:
                announced[line.goods] += waiting
    counted: Counter[str] = Counter()
    for item in items:
        counted[_name(returns, item)] += item.quantity
    return tuple(
        Tally(sku=sku, announced=announced[sku], counted=counted[sku])
        for sku in sorted({*announced, *counted})
    )


def _is_awaited(group: UnitGroup) -> bool:
    return is_receivable(group) and not is_lost(group)


def _name(returns: Sequence[Return], item: ReceivedItem) -> str:
    if item.sku is not None:
        return item.sku
    lines = (line for ret in returns for line in ret.lines if is_same_goods(line, item))
    return next((line.goods for line in lines), f"gtin:{item.gtin}")
