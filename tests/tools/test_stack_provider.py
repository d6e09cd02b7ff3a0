"""The payment provider of a local stack: its secret is kept, and it tells the API what it is asked
to tell."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import urllib3

from chalicelib.gateways.payment_secrets import PaymentSecrets
from chalicelib.settings import Settings
from tools.sandbox_provider import start
from tools.stack import provider
from tools.stack.errors import StackError

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


def test_its_secret_is_made_up_once_and_found_where_the_functions_look(
    emulated: Callable[[str], Any],
) -> None:
    ssm = emulated("ssm")

    made = provider.secret(ssm, "trial")

    assert re.fullmatch("[0-9a-f]{64}", made)
    assert provider.secret(ssm, "trial") == made
    path = Settings(lambda: {"STAGE": "trial"}).payment_secrets_path
    secrets = PaymentSecrets(ssm, path=path, providers=[provider.NAME], monotonic=lambda: 0.0)
    assert secrets.known() == {provider.NAME: (made.encode(),)}


def test_it_tells_the_api_only_of_payments_that_ask_for_it(tmp_path: Path) -> None:
    running = start(tmp_path / "sandbox.sqlite")
    try:
        for _ in range(2):
            provider.tell(running.url, "http://127.0.0.1:1/api", "s" * 16)
        for payment in ("pay-1", "pay-2-told-late"):
            body = {"payment": payment, "amount": 100, "currency": "EUR"}
            urllib3.request(
                "POST",
                f"{running.url}/v1/refunds",
                body=json.dumps(body).encode(),
                headers={"Idempotency-Key": payment},
            )
        told = running.tellings.told()
    finally:
        running.stop()

    assert [one["telling"] for one in told] == ["told-late"] * 2


def test_a_provider_that_refuses_is_said_to(tmp_path: Path) -> None:
    running = start(tmp_path / "sandbox.sqlite")
    try:
        with pytest.raises(StackError, match="404"):
            provider.tell(f"{running.url}/elsewhere", "http://127.0.0.1:1/api", "s" * 16)
    finally:
        running.stop()
