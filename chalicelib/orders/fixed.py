"""What of an order stays as it is once documents hold units of it, or money went back.

Pure. A payment may still grow, as a further part of it is captured; what was refunded of it, is
under way or disputed is ours to know, and what others refunded is theirs to tell.
"""

from dataclasses import replace

from chalicelib.core.errors import Conflict
from chalicelib.orders.model import Order, OrderLine, Payment
from chalicelib.orders.value import paid_by_line

_WHOLE_ORDER = (
    "currency", "exchange_rate", "tax_included", "shipping", "shipping_tax", "shipping_tax_rate",
    "standard_shipping", "promotions", "coupons", "points_spent", "points_earned",
)  # fmt: skip
"""What belongs to no line, and by which refunds of every return are computed."""


def has_returns(order: Order) -> bool:
    """Whether units of the order are held by a document, or money went back for any."""
    return bool(order.given.units) or any(line.reservations for line in order.lines)


def merged_payments(known: Order, told: tuple[Payment, ...]) -> tuple[Payment, ...]:
    """The payments as told, with what we know of them. Raises Conflict `payment_has_refunds`.

    While there are returns no payment is left out: their refunds name the payments.
    """
    before = {payment.payment_id: payment for payment in known.payments}
    merged = []
    for payment in told:
        mine = before.pop(payment.payment_id, None)
        merged.append(payment if mine is None or not _is_used(mine) else _merged(mine, payment))
    for gone in before.values():
        if _is_used(gone):
            raise _has_refunds(gone, "it cannot be removed")
        if has_returns(known):
            raise _order_has_returns(("payments",))
    return tuple(merged)


def _merged(mine: Payment, told: Payment) -> Payment:
    if told.captured.currency != mine.captured.currency:
        raise _has_refunds(mine, f"it stays in {mine.captured.currency}")
    gone = told.refunded + mine.refunded_by_us + mine.pending + mine.disputed
    if told.captured < mine.captured and told.captured < gone:
        raise _has_refunds(mine, f"no less than {gone} was captured")
    if told.provider != mine.provider or (
        mine.provider_ref is not None and told.provider_ref not in (None, mine.provider_ref)
    ):
        raise _has_refunds(mine, "its provider and reference stay")
    return replace(
        told,
        refunded_by_us=mine.refunded_by_us,
        pending=mine.pending,
        disputes=mine.disputes,
        refunded=max(told.refunded, mine.refunded_seen or told.refunded),
        refunded_seen=mine.refunded_seen,
        provider_ref=told.provider_ref or mine.provider_ref,
    )


def _is_used(payment: Payment) -> bool:
    """Whether something went back of it, is under way, or is or was disputed."""
    ours = payment.refunded_by_us or payment.pending
    return bool(ours or payment.refunded_seen or payment.disputes)


def _has_refunds(payment: Payment, consequence: str) -> Conflict:
    return Conflict(
        "payment_has_refunds",
        f"Payment {payment.payment_id} was refunded from or is disputed: {consequence}.",
        payment_id=payment.payment_id,
    )


def keep_reservations(known: Order, line: OrderLine) -> OrderLine:
    """The line as told, held by whom it is held."""
    before = known.line(line.line_no)
    return line if before is None else replace(line, reservations=before.reservations)


def refuse_what_returns_hang_on(known: Order, merged: Order) -> None:
    """A delivered line keeps its goods; one that documents hold units of also keeps its price.

    What a line was paid for depends on the other lines too, through the order's discount. Raises
    Conflict `line_was_delivered`, `line_has_returns` or `order_has_returns`.
    """
    before, now = paid_by_line(known), paid_by_line(merged)
    for line in known.lines:
        after = merged.line(line.line_no)
        if known.shipped(line.line_no) and (after is None or _goods(after) != _goods(line)):
            raise Conflict(
                "line_was_delivered",
                f"Line {line.line_no} was delivered: its SKU and kind are fixed.",
                line_no=line.line_no,
            )
        if not line.reservations and not known.given.units_of(line.line_no):
            continue
        same = after is not None and _priced(after) == _priced(line)
        if not same or before[line.line_no] != now[line.line_no]:
            raise Conflict(
                "line_has_returns",
                f"Line {line.line_no} has returns: its price, quantity and SKU are fixed.",
                line_no=line.line_no,
            )
    changed = tuple(name for name in _WHOLE_ORDER if getattr(known, name) != getattr(merged, name))
    if changed and has_returns(known):
        raise _order_has_returns(changed)


def _order_has_returns(fields: tuple[str, ...]) -> Conflict:
    return Conflict(
        "order_has_returns",
        f"The order has returns, which hang on {', '.join(fields)}: that does not change.",
        fields=list(fields),
    )


def _goods(line: OrderLine) -> tuple[object, ...]:
    return (line.sku, line.kind)


def _priced(line: OrderLine) -> tuple[object, ...]:
    return (line.sku, line.quantity, line.unit_price, line.discount, line.taxes)
