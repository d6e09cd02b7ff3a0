"""All that the use cases of stock read."""

from typing import Protocol

from chalicelib.inventory.adjusting import AdjustmentReader
from chalicelib.inventory.alerting import AlertReader
from chalicelib.inventory.count_sessions import SessionReader
from chalicelib.inventory.serials import Serial
from chalicelib.inventory.shelf_life import ShelfReader
from chalicelib.inventory.transferring import TransferReader


class StockReader(
    AdjustmentReader, AlertReader, SessionReader, ShelfReader, TransferReader, Protocol
):
    """What both stores offer."""

    def serial(self, sku: str, serial: str) -> Serial | None: ...
