"""How many units of a SKU a shop may promise: what is available, less what is kept in reserve.

`available` is read from the ledger itself. Units on their way back are told apart, and count only
as far as the caller says which share of them can be sold again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from chalicelib.inventory.model import Account, Balance
from chalicelib.inventory.planning import StockPlan

SKUS_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Promisable:
    """Of one SKU in one warehouse. `atp` is never below zero."""

    sku: str
    warehouse: str
    available: int
    reserved: int
    safety_stock: int
    incoming_returns: int | None
    expected_returns: int
    atp: int


def promisable(
    plan: StockPlan,
    balances: Sequence[Balance],
    *,
    incoming: int | None = None,
    share: Decimal = Decimal(0),
) -> Promisable:
    """`share` of the `incoming` units is expected to be sold again, whole units only.

    `incoming` None: nobody looked what is on its way back.
    """
    assert 0 <= share <= 1, "a share"
    available = _in(balances, Account.AVAILABLE)
    expected = int(((incoming or 0) * share).to_integral_value(rounding=ROUND_DOWN))
    return Promisable(
        sku=plan.sku,
        warehouse=plan.warehouse,
        available=available,
        reserved=_in(balances, Account.RESERVED),
        safety_stock=plan.safety_stock,
        incoming_returns=incoming,
        expected_returns=expected,
        atp=max(0, available - plan.safety_stock + expected),
    )


def _in(balances: Sequence[Balance], account: Account) -> int:
    return sum(one.quantity for one in balances if one.account is account)
