"""AWS clients wait briefly, try a bounded number of times, and are made once."""

import sys
import threading
from typing import Any

import pytest

from chalicelib.gateways.aws import Aws


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)


def test_every_client_waits_briefly_and_tries_three_times() -> None:
    aws = Aws(region="eu-central-1")
    clients: list[Any] = [aws.s3, aws.s3_presigner, aws.sqs]

    configs = [client.meta.config for client in clients]

    for config in configs:
        assert config.connect_timeout == 1
        assert config.read_timeout <= 10
        assert config.retries == {"mode": "standard", "total_max_attempts": 3}
    assert configs[2].read_timeout == 3


def test_many_threads_may_ask_for_a_client_at_once() -> None:
    aws = Aws(region="eu-central-1")
    made: list[object] = []
    threads = [threading.Thread(target=lambda: made.append(aws.sqs)) for _ in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(made) == 8
    assert aws.sqs is aws.sqs


def test_making_it_touches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)

    Aws(region="eu-central-1")
