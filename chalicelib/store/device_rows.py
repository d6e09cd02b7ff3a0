"""The lists of devices: all of them, and those of a warehouse, by when they were enrolled."""

from collections.abc import Iterator

from chalicelib.core.clock import rfc3339
from chalicelib.devices.model import Device
from chalicelib.store.codec import record_in
from chalicelib.store.row import Row, list_name
from chalicelib.store.table import Item


def device_rows(item: Item) -> Iterator[Row]:
    """A merchant has so few devices that no list of them is cut."""
    device = record_in(item, Device)
    sort = f"{rfc3339(device.enrolled_at)}#{device.device_id}"
    for name in (devices_list(None), devices_list(device.warehouse)):
        yield Row(list_name=name, bucket="", sort=sort, body=device)


def devices_list(warehouse: str | None) -> str:
    return list_name("DEVICES", warehouse=warehouse)
