"""A server that answers as Stripe, and the adapter that talks to it."""

from collections.abc import Iterator
from typing import Any

import pytest
import urllib3

from chalicelib.core.errors import TransientError
from chalicelib.gateways.stripe import StripeProvider
from chalicelib.gateways.stripe_client import StripeClient
from tests.gateways.stripe.server import Stripe


class Keys:
    """The key that is live, and those that take its place when it is refused."""

    def __init__(self, *keys: str) -> None:
        self.keys = list(keys)

    def __call__(self) -> str:
        if not self.keys:
            raise TransientError("payment_key_unavailable", "It cannot be read now.")
        return self.keys[0]

    def renewed(self) -> str | None:
        if len(self.keys) < 2:
            return None
        del self.keys[0]
        return self.keys[0]


def provider_at(url: str, http: urllib3.PoolManager, *keys: str, **more: Any) -> StripeProvider:
    """Any: as StripeClient takes it."""
    return StripeProvider(StripeClient(http, Keys(*keys), base_url=url, **more))


@pytest.fixture
def server() -> Iterator[Stripe]:
    running = Stripe()
    yield running
    running.stop()


@pytest.fixture
def stripe(server: Stripe, http: urllib3.PoolManager) -> StripeProvider:
    return provider_at(server.url, http, "sk_test_1")
