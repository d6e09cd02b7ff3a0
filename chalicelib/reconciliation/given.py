"""What went back of an order, as the order remembers it and as the settlements of its returns say.

Pure. By what an order remembers it is decided how much goes back next, so a slip there is money.
"""

from collections import Counter
from collections.abc import Iterator

from chalicelib.core import runs
from chalicelib.orders.given import Given
from chalicelib.orders.model import Order
from chalicelib.reconciliation.model import Finding
from chalicelib.returns.model import Return
from chalicelib.settlement.model import standing

Parts = Counter[str]
"""Each component with how much of it went back: units, points, or money in minor units."""


def given_by_order(order: Order) -> Parts:
    """As the order remembers it."""
    return _parts(order.given)


def given_by_return(ret: Return) -> Parts:
    """As its settlements say that were not reversed."""
    parts: Parts = Counter()
    for settlement in standing(ret.settlements):
        whole = settlement.breakdown
        if whole is None:
            continue
        for line in whole.lines:
            parts[f"units of line {line.line_no}"] += runs.size(line.units)
        parts["shipping"] += whole.shipping.net.minor
        parts["tax of shipping"] += whole.shipping.tax.minor
        parts["points back"] += whole.points_back
        parts["points taken"] += whole.points_taken
        parts.update(f"coupon {code}" for code in whole.coupons)
        for sign, changes in ((1, whole.withheld), (-1, whole.released)):
            for change in changes:
                name = f"withheld by {change.promotion_id} of line {change.line_no}"
                parts[name] += sign * change.total.minor
    return parts


def given_findings(order_no: str, left: Parts) -> Iterator[Finding]:
    """What an order says above (or, below zero, less than) what its returns say."""
    for name, difference in sorted(left.items()):
        yield Finding(
            kind="given_differs",
            subject=f"order/{order_no}",
            expected={"component": name, "difference": 0},
            found={"component": name, "difference": difference},
            cause="The order and the settlements of its returns disagree on what went back.",
            proposed_repair="Remember on the order what the settlements say.",
        )


def _parts(given: Given) -> Parts:
    parts: Parts = Counter()
    for one in given.units:
        parts[f"units of line {one.line_no}"] += runs.size(one.units)
    parts["shipping"] = given.shipping_net.minor if given.shipping_net is not None else 0
    parts["tax of shipping"] = given.shipping_tax.minor if given.shipping_tax is not None else 0
    parts["points back"] = given.points_back
    parts["points taken"] = given.points_taken
    parts.update(f"coupon {code}" for code in given.coupons)
    for held in given.withheld:
        parts[f"withheld by {held.promotion_id} of line {held.line_no}"] += held.total.minor
    return parts
