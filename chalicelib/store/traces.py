"""What movements leave beside balances: where each serial number is, and when lots expire.

Written in the transaction of the movements, from their entries, without a condition: the last
movement of a serial number says where it is; of a lot the date that was read first stays, and every
date is kept. So nothing here can refuse a command, and each item is named once a transaction.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from chalicelib.core.clock import from_rfc3339, rfc3339
from chalicelib.core.money import Money
from chalicelib.inventory.lots import Lot, LotStatement
from chalicelib.inventory.model import Account, Movement
from chalicelib.inventory.serials import Serial, positions_of
from chalicelib.store import stock_keys
from chalicelib.store.actions import Action
from chalicelib.store.codec import body_of, decode
from chalicelib.store.key import Key
from chalicelib.store.table import Item


def trace_changes(table: str, movements: Sequence[Movement]) -> list[Action]:
    """One action a serial number, and one a lot of which a date was read."""
    positions = [_position_put(table, serial) for serial in positions_of(movements)]
    return positions + list(_lot_updates(table, movements))


def _position_put(table: str, serial: Serial) -> Action:
    key = Key(*stock_keys.serial(serial.sku, serial.serial))
    values: Item = {
        ":type": {"S": "SERIAL"},
        ":sku": {"S": serial.sku},
        ":serial": {"S": serial.serial},
        ":warehouse": {"S": serial.warehouse},
        ":lot": {"S": serial.lot or ""},
        ":account": {"S": serial.account.value},
        ":movement": {"S": serial.movement_id},
        ":moved_at": {"S": rfc3339(serial.moved_at)},
        ":one": {"N": "1"},
    }
    sets = (
        "#type = :type, sku = :sku, serial = :serial, warehouse = :warehouse, lot = :lot, "
        "account = :account, movement_id = :movement, moved_at = :moved_at"
    )
    if serial.unit_cost is not None:
        sets += ", cost_minor = :minor, cost_currency = :currency"
        values[":minor"] = {"N": str(serial.unit_cost.minor)}
        values[":currency"] = {"S": serial.unit_cost.currency}
    return _update(table, key, f"SET {sets} ADD v :one", values)


def _lot_updates(table: str, movements: Iterable[Movement]) -> Iterable[Action]:
    read: dict[Key, tuple[str, str, Movement, list[date]]] = {}
    for movement in movements:
        for entry in movement.entries:
            if entry.lot is not None and entry.expires_on is not None:
                key = Key(*stock_keys.lot_seen(entry.sku, entry.lot))
                dates = read.setdefault(key, (entry.sku, entry.lot, movement, []))[3]
                dates.append(entry.expires_on)
    for key, (sku, lot, movement, dates) in read.items():
        values: Item = {
            ":type": {"S": "LOT"},
            ":sku": {"S": sku},
            ":lot": {"S": lot},
            ":expires_on": {"S": dates[0].isoformat()},
            ":seen": {"S": rfc3339(movement.posted_at)},
            ":dates": {"SS": sorted({day.isoformat() for day in dates})},
            ":one": {"N": "1"},
        }
        sets = (
            "#type = :type, sku = :sku, lot = :lot, "
            "expires_on = if_not_exists(expires_on, :expires_on), "
            "first_seen = if_not_exists(first_seen, :seen)"
        )
        yield _update(table, key, f"SET {sets} ADD v :one, dates_read :dates", values)


def _update(table: str, key: Key, expression: str, values: Item) -> Action:
    request: dict[str, Any] = {
        "Update": {
            "TableName": table,
            "Key": {"pk": {"S": key.pk}, "sk": {"S": key.sk}},
            "UpdateExpression": expression,
            "ExpressionAttributeNames": {"#type": "type"},
            "ExpressionAttributeValues": values,
        }
    }
    return Action(key=key, request=request, on_failure="version")


def serial_of(item: Item) -> Serial:
    """A position item as a Serial."""
    cost = None
    if "cost_minor" in item:
        cost = Money(int(item["cost_minor"]["N"]), item["cost_currency"]["S"])
    return Serial(
        sku=item["sku"]["S"],
        serial=item["serial"]["S"],
        warehouse=item["warehouse"]["S"],
        lot=item["lot"]["S"] or None,
        account=Account(item["account"]["S"]),
        movement_id=item["movement_id"]["S"],
        moved_at=from_rfc3339(item["moved_at"]["S"]),
        unit_cost=cost,
    )


def lot_of(sku: str, lot: str, seen: Item | None, stated: Item | None) -> Lot | None:
    """What was read on goods of a lot, and what a person stated, which counts."""
    body = None if stated is None else body_of(stated)
    statement = None if body is None else decode(body, LotStatement)
    if seen is None and statement is None:
        return None
    known = Lot(sku=sku, lot=lot, statement=statement)
    dates: tuple[date, ...] = ()
    first: date | None = None
    if seen is not None:
        dates = tuple(sorted(date.fromisoformat(day) for day in seen["dates_read"]["SS"]))
        first = date.fromisoformat(seen["expires_on"]["S"])
    return Lot(
        sku=known.sku,
        lot=known.lot,
        expires_on=first if statement is None else statement.expires_on,
        first_seen=from_rfc3339(seen["first_seen"]["S"]) if seen is not None else None,
        dates_read=dates,
        statement=statement,
    )
