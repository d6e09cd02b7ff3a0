"""Which order a payment is of: providers tell of payments, and know nothing of orders.

A reference of a provider names one payment of one order. It is written with the order, so two
orders that claim the same one meet at its record, and the second is refused.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from chalicelib.core.errors import Conflict
from chalicelib.orders.model import Order, Payment

Reference = tuple[str, str]
"""A provider, and its own name of a payment."""
UNTOLD = frozenset({"manual", "store_credit"})
"""Providers that tell us nothing: their references are words of people, and may come again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentOf:
    """The payment that a provider calls `provider_ref`; `order_no` None: no order claims it now."""

    provider: str
    provider_ref: str
    order_no: str | None
    payment_id: str
    version: int = 1


class PaymentReader(Protocol):
    """Reads whose payments they are."""

    def payments_of(self, references: Sequence[Reference]) -> list[PaymentOf]:
        """What is known of these references; those that nobody ever claimed are left out."""


def payment_lookups(
    reads: PaymentReader, before: Order | None, after: Order
) -> tuple[PaymentOf, ...]:
    """What leads to the payments of an order, as far as it is not there yet, and away from those
    that it has no more. Raises Conflict `payment_reference_taken`.
    """
    now = _references(after.payments)
    left = [name for name, _ in _named(before.payments if before else ()) if name not in now]
    if not now and not left:
        return ()
    known = {(one.provider, one.provider_ref): one for one in reads.payments_of([*now, *left])}
    claimed = (_claimed(name, own, known.get(name), after) for name, own in now.items())
    freed = (_freed(known[name]) for name in left if name in known)
    return (
        *(one for one in claimed if one != known.get((one.provider, one.provider_ref))),
        *(one for one in freed if known[one.provider, one.provider_ref].order_no == after.order_no),
    )


def _named(payments: Iterable[Payment]) -> Iterator[tuple[Reference, str]]:
    for payment in payments:
        if payment.provider_ref is not None and payment.provider not in UNTOLD:
            yield (payment.provider, payment.provider_ref), payment.payment_id


def _references(payments: Iterable[Payment]) -> dict[Reference, str]:
    """Our name of each payment by its provider's."""
    found: dict[Reference, str] = {}
    for name, payment_id in _named(payments):
        if name in found:
            raise _taken(name, payment_id)
        found[name] = payment_id
    return found


def _claimed(name: Reference, payment_id: str, known: PaymentOf | None, order: Order) -> PaymentOf:
    """The same as known where it is claimed already."""
    if known is None:
        return PaymentOf(
            provider=name[0],
            provider_ref=name[1],
            order_no=order.order_no,
            payment_id=payment_id,
        )
    if known.order_no not in (None, order.order_no):
        raise _taken(name, payment_id)
    claim = replace(known, order_no=order.order_no, payment_id=payment_id)
    return claim if claim == known else replace(claim, version=known.version + 1)


def _freed(known: PaymentOf) -> PaymentOf:
    return replace(known, order_no=None, version=known.version + 1)


def _taken(name: Reference, payment_id: str) -> Conflict:
    return Conflict(
        "payment_reference_taken",
        f"The reference of payment {payment_id} is that of another payment with {name[0]}.",
        payment_id=payment_id,
        provider=name[0],
    )
