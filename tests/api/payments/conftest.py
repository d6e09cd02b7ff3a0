"""The application with two payment providers, and servers that answer as these do."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.door import Door
from tests.api.payments.telling import NEW, OLD, SANDBOX, put
from tests.gateways.stripe.server import Stripe
from tools.sandbox_provider import Provider, start


@pytest.fixture
def stripe() -> Iterator[Stripe]:
    running = Stripe(captured=29_000)
    yield running
    running.stop()


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Provider]:
    running = start(tmp_path / "sandbox.sqlite", hang_s=0.1)
    yield running
    running.stop()


@pytest.fixture
def bank(door: Door, stripe: Stripe, sandbox: Provider, monkeypatch: pytest.MonkeyPatch) -> Door:
    """Two providers that are set up; Stripe's webhook secret is being replaced."""
    monkeypatch.setenv("PAYMENT_PROVIDERS", "stripe,sandbox")
    monkeypatch.setenv("STRIPE_URL", stripe.url)
    monkeypatch.setenv("SANDBOX_PROVIDER_URL", sandbox.url)
    put("stripe-webhook", f"{NEW} {OLD}")
    put("stripe-key", "rk_live_1")
    put("sandbox-webhook", SANDBOX)
    return door
