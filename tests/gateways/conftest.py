"""What both suites of the payment client share: one request, and a pool of connections."""

from collections.abc import Iterator

import pytest
import urllib3

from chalicelib.core.money import Money
from chalicelib.settlement.ports import RefundRequest


def request(
    payment: str = "pay-1", *, key: str = "set-1/pay-1/1", minor: int = 1000
) -> RefundRequest:
    """A refund of 10.00 EUR as settlement asks for it."""
    return RefundRequest(
        key=key,
        payment_id="payment of the order",
        provider_ref=payment,
        amount=Money(minor, "EUR"),
        settlement_id="set-1",
        reason="return",
    )


@pytest.fixture
def http() -> Iterator[urllib3.PoolManager]:
    manager = urllib3.PoolManager()
    yield manager
    manager.clear()
