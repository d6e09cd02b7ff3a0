"""Stock that moved is looked at: what there is to say of it is said, what is over is ended.

Any number of movements of a SKU in a warehouse need one look, and a look at what is true now may
come late, twice, or be left out where another follows.
"""

from collections.abc import Iterable

from chalicelib.core.events import Actor, Context
from chalicelib.core.ids import derived_id
from chalicelib.inventory.alerting import Looked, look_after
from chalicelib.inventory.alerts import WATCHED
from chalicelib.store.execution import Commands
from chalicelib.store.table import Item

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


def _text(item: Item, name: str) -> str:
    value = item.get(name, {}).get("S", "")
    return value if isinstance(value, str) else ""


def look(commands: Commands, warehouse: str, sku: str, context: Context) -> Looked:
    """Bring the alerts of one SKU in one warehouse in step with its stock."""
    return commands.run(lambda reads: look_after(reads, warehouse, sku, context), context=context)


def command_id_for(warehouse: str, sku: str, occasion: str) -> str:
    return derived_id("cmd", WORKER.id, warehouse, sku, occasion)
