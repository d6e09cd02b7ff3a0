"""What can be promised of many SKUs: one query a SKU and warehouse, and one call for all plans.

Where no warehouse is named, a list says which have the SKU; what they have is read from the ledger.
"""

from collections.abc import Sequence
from decimal import Decimal

from chalicelib.inventory.promising import Promisable, promisable
from chalicelib.store.pages import LIMIT_MAX
from chalicelib.store.reads import Reads
from chalicelib.store.stock_lists import StockLists
from chalicelib.store.views import Views


def promisables(
    reads: Reads,
    views: Views,
    lists: StockLists,
    *,
    skus: Sequence[str],
    warehouse: str | None,
    share: Decimal | None,
) -> list[Promisable]:
    """By SKU as asked, then by warehouse. `share` None: what comes back is not looked at."""
    places = [
        (place, sku)
        for sku in skus
        for place in ([warehouse] if warehouse is not None else _warehouses(views, sku))
    ]
    plans = reads.stock_plans(places) if places else []
    return [
        promisable(
            plan,
            reads.balances(plan.warehouse, [plan.sku]),
            incoming=lists.incoming(plan.warehouse, plan.sku) if share is not None else None,
            share=share or Decimal(0),
        )
        for plan in plans
    ]


def _warehouses(views: Views, sku: str) -> list[str]:
    """Those that had the SKU in any account; a SKU lies in few."""
    page = views.stock(sku=sku, limit=LIMIT_MAX)
    return sorted({balance.warehouse for balance in page.items})
