"""Balances are kept as numbers, not as text: how an item of one is read."""

from chalicelib.inventory.model import Account, Balance
from chalicelib.store.table import Item


def balance_of(item: Item) -> Balance:
    """A balance item as a Balance."""
    return Balance(
        warehouse=item["warehouse"]["S"],
        sku=item["sku"]["S"],
        lot=item["lot"]["S"] or None,
        account=Account(item["account"]["S"]),
        quantity=int(item["quantity"]["N"]),
        value_minor={
            name.removeprefix("value_"): int(value["N"])
            for name, value in item.items()
            if name.startswith("value_")
        },
    )
