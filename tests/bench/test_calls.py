"""A command reads once and writes once, whatever it does; and a floor replays just that."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import app
from bench import lifecycle
from bench.door import Door
from bench.recording import Recording, fresh_calls, fresh_seeds, record
from chalicelib.store.table import connection
from tests.stage import Stage
from tools import sandbox_provider

READ_AND_WRITE = {"TransactGetItems": 1, "TransactWriteItems": 1}
TWICE = {"TransactGetItems": 2, "TransactWriteItems": 2}


@pytest.fixture
def recording(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recording]:
    provider = sandbox_provider.start(tmp_path / "provider.sqlite")
    monkeypatch.setenv("SANDBOX_PROVIDER_URL", provider.url)
    assert stage.queue_urls, "the stage is there before anyone asks"
    yield record(Door(app), connection("us-east-1", None))
    provider.stop()


def test_every_command_is_one_consistent_read_and_one_transaction(recording: Recording) -> None:
    """A settlement stores its keys before the provider is asked, and the outcome after."""
    counted = {
        name: dict(Counter(call.operation for call in calls))
        for name, calls in recording.calls.items()
    }

    assert counted == {
        name: TWICE if name == "settlements" else READ_AND_WRITE for name in lifecycle.COMMANDS
    }


def test_the_floor_makes_the_same_calls_on_items_of_its_own(recording: Recording) -> None:
    calls = fresh_calls(recording, "mark-1", "seller")
    seeds = fresh_seeds(recording, "mark-1", "seller")

    assert [operation for operation, _ in calls] == [call.operation for call in recording.flat]
    assert {seed["type"]["S"] for seed in seeds} == {"ORDER", "WRITEOFFS"}
    puts = [
        action["Put"]["Item"]["pk"]["S"]
        for _, request in calls
        for action in request["TransactItems"]
        if "Put" in action
    ]
    assert puts
    assert all(pk.startswith("mark-1#") for pk in puts)
