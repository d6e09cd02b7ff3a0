"""Repairs in one line, through any store."""

from typing import Any

from chalicelib.returns.model import Disposition, Resolution, Return
from chalicelib.returns.repairing import NotRepairable, Repaired, not_repairable, repaired
from chalicelib.returns.selection import NamedQuantity
from chalicelib.returns.transitions import Command
from tests.builders import Shop, goes, item, passed, wish

OF_REPAIRS = frozenset({Command.REPAIR, Command.NOT_REPAIRABLE})
"""What units of lines that ask for a repair go through; tests/returns/test_repairing.py does."""


def in_repair(shop: Shop, quantity: int = 2) -> Return:
    """So many accepted units, which the customer wants repaired, are being repaired."""
    asked = shop.asks("O-1", wish(quantity, reason="QUALITY_DEFECT", resolution=Resolution.REPAIR))
    shop.approves(asked)
    shop.receives(asked, item(quantity=quantity))
    shop.inspects(asked, passed(quantity))
    return shop.disposes(asked, goes(Disposition.REPAIR, quantity))


def repairs(shop: Shop, ret: Return, quantity: int = 2, **more: Any) -> Return:
    command = Repaired(lines=(NamedQuantity(line_no="1", quantity=quantity),), **more)
    return shop.do(lambda reads, context: repaired(reads, ret.return_id, command, context))


def gives_up(shop: Shop, ret: Return, instead: Resolution, **more: Any) -> Return:
    command = NotRepairable(line_no="1", instead=instead, **more)
    return shop.do(lambda reads, context: not_repairable(reads, ret.return_id, command, context))
