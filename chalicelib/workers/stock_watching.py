"""Stock that moved is looked at: what there is to say of it is said, what is over is ended.

Any number of movements of a SKU in a warehouse need one look, and a look at what is true now may
come late, twice, or be left out where another follows.
"""

from collections.abc import Iterable

from chalicelib.core.events import Actor, Context
from chalicelib.core.ids import derived_id
from chalicelib.inventory.alert_days import days_by_warehouse
from chalicelib.inventory.alerting import Looked, look_after
from chalicelib.inventory.alerts import WATCHED
from chalicelib.settings import settings
from chalicelib.store.execution import Commands
from chalicelib.store.pages import LIMIT_MAX
from chalicelib.store.table import Item
from chalicelib.store.views import Views

_PAGES_MAX = 50
"""Of balances of a SKU that are looked through for one lot."""
WORKER = Actor(id="watch_stock", role="machine")


def moved(items: Iterable[Item]) -> list[tuple[str, str]]:
    """Warehouse and SKU of balances and plans that changed, each once.

    What cannot be read is left out: whoever projects it gives it up, and that is told.
    """
    found: dict[tuple[str, str], None] = {}
    for item in items:
        kind = _text(item, "type")
        is_balance = kind == "BALANCE" and _text(item, "account") in WATCHED
        if is_balance or kind == "STOCKPLAN":
            warehouse, _, sku = _text(item, "pk").removeprefix("STOCK#").partition("#")
            if warehouse and sku:
                found[warehouse, sku] = None
    return list(found)


def dated(items: Iterable[Item]) -> list[tuple[str, str]]:
    """SKU and lot of which it is news when they expire, each once: elsewhere nothing moves by it.

    A person stated it, or it was read for the first time, or as another date than before.
    """
    found: dict[tuple[str, str], None] = {}
    for item in items:
        sku, _, lot = _text(item, "pk").removeprefix("LOT#").partition("#")
        kind, dates = _text(item, "type"), item.get("dates_read", {}).get("SS", [])
        is_news = item.get("v", {}).get("N") == "1" or len(dates) > 1
        if sku and lot and (kind == "LOTSTATEMENT" or (kind == "LOT" and is_news)):
            found[sku, lot] = None
    return list(found)


def places_of(views: Views, sku: str, lot: str) -> list[str]:
    """The warehouses in which goods of a lot lie, from a list that may lag a little."""
    found: dict[str, None] = {}
    cursor: str | None = None
    for _ in range(_PAGES_MAX):
        page = views.stock(sku=sku, limit=LIMIT_MAX, cursor=cursor)
        found |= {one.warehouse: None for one in page.items if one.lot == lot and one.quantity}
        cursor = page.next_cursor
        if cursor is None:
            break
    return list(found)


def _text(item: Item, name: str) -> str:
    value = item.get(name, {}).get("S", "")
    return value if isinstance(value, str) else ""


def look(commands: Commands, warehouse: str, sku: str, context: Context) -> Looked:
    """Bring the alerts of one SKU in one warehouse in step with its stock."""
    days = days_by_warehouse(settings.stock_alert_days).of(warehouse)
    return commands.run(
        lambda reads: look_after(reads, warehouse, sku, context, days=days), context=context
    )


def command_id_for(warehouse: str, sku: str, occasion: str) -> str:
    return derived_id("cmd", WORKER.id, warehouse, sku, occasion)
