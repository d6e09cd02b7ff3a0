"""The carriers' secrets: one parameter each, two in a rotation, and never asked for too often."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws

from chalicelib.core.errors import TransientError
from chalicelib.gateways.aws import Aws
from chalicelib.gateways.carrier_secrets import ASKED_AGAIN_S, KEPT_S, CarrierSecrets

PATH = "/tuiku-test-carriers"
FIRST, SECOND, THIRD = "first" * 4, "second" * 4, "third" * 4


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Client:
    """Passes on to moto, and counts; or is away."""

    def __init__(self) -> None:
        self.real = Aws(region="eu-central-1").ssm
        self.calls = 0
        self.is_away = False

    def get_parameter(self, **asked: Any) -> Any:
        self.calls += 1
        if self.is_away:
            raise EndpointConnectionError(endpoint_url="https://ssm")
        return self.real.get_parameter(**asked)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        put("dhl", FIRST)
        yield Client()


def put(carrier: str, value: str) -> None:
    boto3.client("ssm", region_name="eu-central-1").put_parameter(
        Name=f"{PATH}/{carrier}", Value=value, Type="SecureString", Overwrite=True
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def secrets(client: Client, clock: Clock) -> CarrierSecrets:
    return CarrierSecrets(client, path=PATH, carriers=["dhl"], monotonic=clock)


def test_they_are_read_when_first_needed_and_then_kept(
    secrets: CarrierSecrets, client: Client, clock: Clock
) -> None:
    assert client.calls == 0
    assert secrets.known() == {"dhl": (FIRST.encode(),)}
    clock.now += KEPT_S - 1
    secrets.known()
    assert client.calls == 1

    put("dhl", SECOND)
    clock.now += 1

    assert secrets.known() == {"dhl": (SECOND.encode(),)}


def test_two_secrets_are_live_in_a_rotation_and_no_more(
    secrets: CarrierSecrets, client: Client
) -> None:
    put("dhl", f" {SECOND}  {FIRST}\n{THIRD}")

    assert secrets.known() == {"dhl": (SECOND.encode(), FIRST.encode())}


@pytest.mark.parametrize("value", ["short", "a b c d", "short " + "too-short-by-1"])
def test_what_is_too_short_is_no_secret(
    secrets: CarrierSecrets, client: Client, value: str
) -> None:
    put("dhl", value)

    assert secrets.known() == {"dhl": ()}


def test_a_new_secret_is_found_when_a_signature_is_nobodys_but_not_at_each_of_them(
    secrets: CarrierSecrets, client: Client, clock: Clock
) -> None:
    secrets.known()
    put("dhl", SECOND)

    assert [secrets.again() for _ in range(50)] == [None] * 50
    assert client.calls == 1
    clock.now += ASKED_AGAIN_S
    assert secrets.again() == {"dhl": (SECOND.encode(),)}


def test_what_is_known_stays_good_while_it_cannot_be_read(
    secrets: CarrierSecrets, client: Client, clock: Clock
) -> None:
    secrets.known()
    client.is_away = True
    clock.now += KEPT_S

    assert secrets.known() == {"dhl": (FIRST.encode(),)}
    assert secrets.known() == {"dhl": (FIRST.encode(),)}
    assert client.calls == 2, "it is not asked for at every request"


def test_with_nothing_known_it_is_a_passing_failure(
    secrets: CarrierSecrets, client: Client
) -> None:
    client.is_away = True

    with pytest.raises(TransientError, match="carrier_secrets_unavailable"):
        secrets.known()


def test_each_carrier_has_its_own_and_one_that_was_never_put_has_none(
    client: Client, clock: Clock
) -> None:
    put("ups", SECOND)
    both = CarrierSecrets(client, path=PATH, carriers=["ups", "hermes"], monotonic=clock)

    assert both.known() == {"ups": (SECOND.encode(),), "hermes": ()}
    assert client.calls == 2


def test_without_carriers_nobody_is_asked(client: Client, clock: Clock) -> None:
    assert CarrierSecrets(client, path=PATH, carriers=[], monotonic=clock).known() == {}
    assert client.calls == 0
