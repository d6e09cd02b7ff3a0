"""What can be promised of many SKUs: one query a SKU and warehouse, one call for all plans, and one
for what is known of fifty lots.

Where no warehouse is named, a list says which have the SKU; what they have is read from the ledger.
"""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal

from chalicelib.inventory.lots import Lot
from chalicelib.inventory.model import Account, Balance
from chalicelib.inventory.promising import Promisable, promisable
from chalicelib.store.pages import LIMIT_MAX
from chalicelib.store.reads import Reads
from chalicelib.store.stock_lists import StockLists
from chalicelib.store.views import Views

_PAGES_MAX = 50
"""Of balances of one SKU, 200 each: what lies beyond is promised by the warehouse that is named."""


def promisables(
    reads: Reads,
    views: Views,
    lists: StockLists,
    *,
    skus: Sequence[str],
    warehouse: str | None,
    within: frozenset[str] | None,
    share: Callable[[str], Decimal | None] | None,
    today: date,
) -> list[Promisable]:
    """By SKU as asked, then by warehouse; `within`: those that the caller may see.

    `share` says what is expected of units on their way back to a warehouse, where that is known;
    None: nobody looks what is on its way back.
    """
    places = [
        (place, sku)
        for sku in skus
        for place in ([warehouse] if warehouse is not None else _warehouses(views, sku, within))
    ]
    plans = reads.stock_plans(places) if places else []
    held = [reads.balances(plan.warehouse, [plan.sku]) for plan in plans]
    lots = _lots(reads, held)
    return [
        promisable(
            plan,
            balances,
            lots=lots.get(plan.sku, ()),
            today=today,
            incoming=lists.incoming(plan.warehouse, plan.sku) if share is not None else None,
            share=share(plan.warehouse) if share is not None else None,
        )
        for plan, balances in zip(plans, held, strict=True)
    ]


def _lots(reads: Reads, held: Sequence[Sequence[Balance]]) -> dict[str, list[Lot]]:
    """What is known of the lots that can be sold, by SKU; nothing is asked where there are none."""
    wanted = dict.fromkeys(
        (one.sku, one.lot)
        for balances in held
        for one in balances
        if one.lot is not None and one.account is Account.AVAILABLE and one.quantity > 0
    )
    found: dict[str, list[Lot]] = {}
    for lot in reads.lots(list(wanted)):
        found.setdefault(lot.sku, []).append(lot)
    return found


def _warehouses(views: Views, sku: str, within: frozenset[str] | None) -> list[str]:
    """Those that had the SKU in any account. Goods that are kept by lots have many balances."""
    found: set[str] = set()
    cursor: str | None = None
    for _ in range(_PAGES_MAX):
        page = views.stock(sku=sku, within=within, limit=LIMIT_MAX, cursor=cursor)
        found |= {balance.warehouse for balance in page.items}
        cursor = page.next_cursor
        if cursor is None:
            break
    return sorted(found)
