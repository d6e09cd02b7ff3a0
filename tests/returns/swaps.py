"""A shop that promises blue goods in exchange for what comes back, in one line each."""

from collections.abc import Callable

from chalicelib.inventory.model import Account
from chalicelib.returns.model import FaultParty, Resolution, Return
from chalicelib.returns.selection import NamedQuantity
from tests.builders import Shop, failed, item, line, order
from tests.children import approves, swap

Act = Callable[[Shop, Return], Return]


def stocked(shop: Shop) -> Shop:
    """Five and two were sold, and five blue ones lie there to exchange them for."""
    shop.sells(order(line("1", quantity=5), line("2", quantity=2)))
    shop.counts({"BLUE": 5})
    return shop


def swapped(shop: Shop, quantity: int = 2) -> Return:
    """So many units are approved, and as many others promised for them."""
    return approves(shop, shop.asks("O-1", swap(quantity, for_="BLUE")))


def here(shop: Shop, quantity: int = 2) -> Return:
    return shop.receives(swapped(shop, quantity), item(quantity=quantity)).ret


def reserved(shop: Shop) -> int:
    return shop.on_hand("BLUE", Account.RESERVED)


def resolution_of(shop: Shop, ret: Return) -> Resolution:
    return shop.now_is(ret).lines[0].resolution


def denied(shop: Shop, ret: Return, quantity: int = 1) -> Return:
    return shop.inspects(ret, failed(quantity, fault=FaultParty.CUSTOMER))


def named(quantity: int = 1) -> NamedQuantity:
    return NamedQuantity(line_no="1", quantity=quantity)
