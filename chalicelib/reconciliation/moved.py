"""Units by account that documents of stock say they moved, and lots that goods turned out to bear.

Pure; partitions.py compares it with what their movements moved.
"""

from collections import Counter

from chalicelib.inventory.adjusting import OTHER_SIDE, AdjustmentState, StockAdjustment
from chalicelib.inventory.model import Account
from chalicelib.inventory.transferring import StockTransfer
from chalicelib.reconciliation.model import Place
from chalicelib.workorders.model import WorkOrder

Goods = Counter[Place]


def transferred(transfer: StockTransfer) -> Goods:
    goods: Goods = Counter()
    for line in transfer.lines:
        here, there = (transfer.origin, line.sku, line.lot), (transfer.target, line.sku, line.lot)
        goods[*here, Account.AVAILABLE] -= line.sent
        goods[*here, Account.IN_TRANSIT] += line.left
        goods[*here, Account.MISSING] += line.missing
        goods[*there, Account.AVAILABLE] += line.arrived - line.damaged
        goods[*there, Account.DAMAGED] += line.damaged
        goods[*there, Account.QUARANTINE] += line.over
        goods[*there, Account.ADJUSTMENT] -= line.over
    return goods


def adjusted(adjustment: StockAdjustment) -> Goods:
    goods: Goods = Counter()
    if adjustment.state is not AdjustmentState.POSTED:
        return goods
    other = OTHER_SIDE.get(adjustment.reason, Account.ADJUSTMENT)
    for item in adjustment.items:
        at = (adjustment.warehouse, item.sku, item.lot)
        goods[*at, item.account] += item.change
        goods[*at, other] -= item.change
    return goods


def used_up(order: WorkOrder) -> Goods:
    """Parts that went into goods. Those goods themselves are moved by their returns."""
    goods: Goods = Counter()
    for done in (done for line in order.lines for done in line.back):
        for part in done.parts:
            at = (order.warehouse, part.sku, part.lot)
            goods[*at, Account.AVAILABLE] -= part.quantity
            goods[*at, Account.ADJUSTMENT] += part.quantity
    return goods


def relabelled(goods: Goods) -> Goods:
    """As if goods that turned out to bear another lot had been sold under it.

    A relabelling goes through `adjustment`, out of the one lot and into the other, and comes to
    nothing over both.
    """
    plain: Goods = Counter()
    for (warehouse, sku, lot, account), quantity in goods.items():
        other = Account.CUSTOMER if account is Account.ADJUSTMENT else account
        plain[warehouse, sku, lot, other] += quantity
    return plain


def without_lots(goods: Goods) -> Goods:
    sums: Goods = Counter()
    for (warehouse, sku, _, account), quantity in goods.items():
        # Of a relabelling nothing is left over both lots.
        sums[warehouse, sku, None, account] += quantity
    return sums
