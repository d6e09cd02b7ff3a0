"""What we share with payment providers: what they sign with, and the key that we sign in with."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws

from chalicelib.core.errors import TransientError
from chalicelib.gateways.aws import Aws
from chalicelib.gateways.payment_secrets import ApiKey, PaymentSecrets
from chalicelib.gateways.signing_secrets import ASKED_AGAIN_S, KEPT_S

PATH = "/tuiku-test-payments"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Client:
    """Passes on to moto, and counts; or is away."""

    def __init__(self) -> None:
        self.real = Aws(region="eu-central-1").ssm
        self.asked: list[str] = []
        self.is_away = False

    def get_parameter(self, **asked: Any) -> Any:
        self.asked.append(asked["Name"])
        if self.is_away:
            raise EndpointConnectionError(endpoint_url="https://ssm")
        return self.real.get_parameter(**asked)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield Client()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def key(client: Client, clock: Clock) -> ApiKey:
    put("stripe-key", "rk_live_1\n")
    return ApiKey(client, path=PATH, provider="stripe", monotonic=clock)


def put(name: str, value: str) -> None:
    boto3.client("ssm", region_name="eu-central-1").put_parameter(
        Name=f"{PATH}/{name}", Value=value, Type="SecureString", Overwrite=True
    )


def test_each_provider_has_its_webhook_secrets(client: Client, clock: Clock) -> None:
    put("stripe-webhook", "whsec_of_the_endpoint whsec_before_it_was_rolled")
    secrets = PaymentSecrets(client, path=PATH, providers=["stripe", "sandbox"], monotonic=clock)

    assert secrets.known() == {
        "stripe": (b"whsec_of_the_endpoint", b"whsec_before_it_was_rolled"),
        "sandbox": (),
    }
    assert client.asked == [f"{PATH}/sandbox-webhook", f"{PATH}/stripe-webhook"]


def test_with_no_webhook_secret_known_it_is_a_passing_failure(client: Client, clock: Clock) -> None:
    client.is_away = True
    secrets = PaymentSecrets(client, path=PATH, providers=["stripe"], monotonic=clock)

    with pytest.raises(TransientError, match="payment_secrets_unavailable"):
        secrets.known()


def test_the_key_is_read_when_first_needed_and_then_kept(
    key: ApiKey, client: Client, clock: Clock
) -> None:
    assert client.asked == []
    assert [key(), key()] == ["rk_live_1"] * 2
    assert client.asked == [f"{PATH}/stripe-key"]

    put("stripe-key", "rk_live_2")
    clock.now += KEPT_S

    assert key() == "rk_live_2"


def test_a_refused_key_is_replaced_once_there_is_another(
    key: ApiKey, client: Client, clock: Clock
) -> None:
    key()
    clock.now += ASKED_AGAIN_S
    assert key.renewed() is None, "it is the one that was refused"

    put("stripe-key", "rk_live_2")
    assert key.renewed() is None, "it is not asked for at every refusal"
    clock.now += ASKED_AGAIN_S

    assert key.renewed() == "rk_live_2"
    assert key() == "rk_live_2"


def test_what_is_known_stays_good_while_it_cannot_be_read(
    key: ApiKey, client: Client, clock: Clock
) -> None:
    key()
    client.is_away = True
    clock.now += KEPT_S

    assert [key(), key(), key.renewed()] == ["rk_live_1", "rk_live_1", None]
    assert len(client.asked) == 2, "it is not asked for at every request"


@pytest.mark.parametrize("is_away", [True, False], ids=["away", "never put"])
def test_without_a_key_it_is_a_passing_failure(client: Client, clock: Clock, is_away: bool) -> None:
    client.is_away = is_away
    key = ApiKey(client, path=PATH, provider="stripe", monotonic=clock)

    with pytest.raises(TransientError, match="payment_key_unavailable"):
        key()
