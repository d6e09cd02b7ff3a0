"""How many units of a SKU a shop may promise: what is available, less what is kept in reserve.

`available` is read from the ledger itself; goods of it that expired are no goods to promise. Units
on their way back are told apart, and count only by the share of them that can be sold again: as the
caller says, or as it was until now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal

from chalicelib.inventory.lots import Lot
from chalicelib.inventory.model import Account, Balance
from chalicelib.inventory.planning import StockPlan
from chalicelib.inventory.shelf_life import shelf_life

SKUS_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Promisable:
    """Of one SKU in one warehouse. `atp` is never below zero.

    `share` is what was expected of `incoming_returns`; None: nothing, as nobody asked or knows.
    """

    sku: str
    warehouse: str
    available: int
    reserved: int
    safety_stock: int
    incoming_returns: int | None
    expected_returns: int
    atp: int
    expired: int = 0
    share: Decimal | None = None


def promisable(
    plan: StockPlan,
    balances: Sequence[Balance],
    *,
    incoming: int | None = None,
    share: Decimal | None = None,
    lots: Sequence[Lot] = (),
    today: date | None = None,
) -> Promisable:
    """`share` of the `incoming` units is expected to be sold again, whole units only.

    `incoming` None: nobody looked what is on its way back. Of the `lots` those that expired before
    `today` are taken off.
    """
    assert share is None or 0 <= share <= 1, "a share"
    available = _in(balances, Account.AVAILABLE)
    over = {lot.lot for lot in lots if today is not None and not shelf_life(lot, today).is_enough}
    expired = sum(
        one.quantity for one in balances if one.account is Account.AVAILABLE and one.lot in over
    )
    expected = int(((incoming or 0) * (share or Decimal(0))).to_integral_value(rounding=ROUND_DOWN))
    return Promisable(
        sku=plan.sku,
        warehouse=plan.warehouse,
        available=available,
        reserved=_in(balances, Account.RESERVED),
        safety_stock=plan.safety_stock,
        incoming_returns=incoming,
        expected_returns=expected,
        atp=max(0, available - expired - plan.safety_stock + expected),
        expired=expired,
        share=share,
    )


def _in(balances: Sequence[Balance], account: Account) -> int:
    return sum(one.quantity for one in balances if one.account is account)
