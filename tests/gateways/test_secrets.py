"""The signing key: read rarely, replaced without an interruption, never told."""

from collections.abc import Iterator

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws

from chalicelib.core.errors import TransientError
from chalicelib.gateways.aws import Aws
from chalicelib.gateways.secrets import ASKED_AGAIN_S, KEPT_S, Key, RotatingKey


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Client:
    """Passes on to moto, and counts; or is away."""

    def __init__(self) -> None:
        self.real = Aws(region="eu-central-1").secrets
        self.calls = 0
        self.is_away = False

    def get_secret_value(self, **asked: str) -> object:
        self.calls += 1
        if self.is_away:
            raise EndpointConnectionError(endpoint_url="https://secrets")
        return self.real.get_secret_value(**asked)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        secrets = boto3.client("secretsmanager", region_name="eu-central-1")
        secrets.create_secret(Name="key", SecretString="first")
        yield Client()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def key(client: Client, clock: Clock) -> RotatingKey:
    return RotatingKey(client, secret_id="key", monotonic=clock)


def replace(client: Client, secret: str) -> None:
    client.real.put_secret_value(SecretId="key", SecretString=secret)


FIRST, SECOND = Key(b"first"), Key(b"second")


def test_it_is_read_when_first_needed_and_then_kept(
    key: RotatingKey, client: Client, clock: Clock
) -> None:
    assert client.calls == 0
    assert key.present() == FIRST
    asked = client.calls

    clock.now += KEPT_S - 1
    assert key.present() == FIRST
    assert client.calls == asked


def test_a_new_version_signs_after_a_while_and_the_old_one_is_still_known(
    key: RotatingKey, client: Client, clock: Clock
) -> None:
    key.present()
    replace(client, "second")
    clock.now += KEPT_S

    assert key.present() == SECOND
    assert key.find(FIRST.id) == FIRST


def test_an_id_that_is_newer_than_what_we_know_is_found(
    key: RotatingKey, client: Client, clock: Clock
) -> None:
    key.present()
    replace(client, "second")
    clock.now += ASKED_AGAIN_S

    assert key.find(SECOND.id) == SECOND


def test_ids_that_were_made_up_do_not_make_us_ask_each_time(
    key: RotatingKey, client: Client
) -> None:
    key.present()
    asked = client.calls

    assert [key.find(f"{number:08x}") for number in range(50)] == [None] * 50
    assert client.calls == asked


def test_what_is_known_stays_good_while_the_secret_cannot_be_read(
    key: RotatingKey, client: Client, clock: Clock
) -> None:
    key.present()
    client.is_away = True
    clock.now += KEPT_S

    assert key.present() == FIRST
    asked = client.calls
    assert key.present() == FIRST
    assert client.calls == asked, "it is not asked for at every request"


def test_without_any_version_it_is_a_passing_failure(key: RotatingKey, client: Client) -> None:
    client.is_away = True

    with pytest.raises(TransientError, match="cursor_key_unavailable"):
        key.present()


def test_a_signature_is_of_one_text_and_one_key() -> None:
    signature = FIRST.sign("text")

    assert FIRST.has_signed("text", signature)
    assert not FIRST.has_signed("other", signature)
    assert not SECOND.has_signed("text", signature)
    assert not FIRST.has_signed("text", "é")
    assert FIRST.id != SECOND.id
    assert "first" not in FIRST.id
