"""The numbers of scans in views: made by the stream, made again from core, the same either way."""

import random
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.core import runs
from chalicelib.core.errors import TransientError
from chalicelib.devices.sequence import Seen
from chalicelib.store import device_lists
from chalicelib.store.device_lists import SCAN_TYPE, DeviceLists
from chalicelib.store.rows import PROJECTED_TYPES
from chalicelib.store.table import Cancelled, Table
from chalicelib.workers.events_stream import project_events
from chalicelib.workers.scans_queue import ingest_scans
from tests.builders import NOW
from tests.stage import Stage, run_queue_worker, run_stream_worker
from tests.workers.test_scans_trust import scan
from tools.cli.rebuilding import Kind, Rebuild, Tally


def taken(device_id: str = "dev-1") -> str:
    sequence = DeviceLists(wiring.views_table()).sequences([device_id])[device_id]
    return runs.as_text(sequence.taken)


def scanned(stage: Stage, *numbers: int, **changes: Any) -> None:
    bodies = [scan(number, **changes) for number in numbers]
    assert run_queue_worker(ingest_scans, *bodies) == []
    stage.observe()


def rebuilt(stage: Stage, *, is_dry: bool = False) -> Tally:
    views = wiring.views_table()
    rebuild = Rebuild(core=wiring.core_table(), views=views, is_dry=is_dry, sleep=lambda _: None)
    rebuild.records(wiring.core_table().scan((*PROJECTED_TYPES, SCAN_TYPE)))
    rebuild.strays(iter(stage.rows()))
    return rebuild.tally


def kinds(tally: Tally) -> set[Kind]:
    return {difference.kind for difference in tally.differences}


def test_the_stream_notes_numbers_in_any_order_and_however_often(stage: Stage) -> None:
    scanned(stage, 1, 2, 5, 6)
    scanned(stage, 3, device_id="dev-2")
    told = stage.changes * 2
    random.Random(4).shuffle(told)

    for start in range(0, len(told), 3):
        run_stream_worker(project_events, told[start : start + 3])

    assert (taken(), taken("dev-2")) == ("1-2,5-6", "3")


def test_an_outcome_that_cannot_be_read_holds_nobody_up(stage: Stage) -> None:
    scanned(stage, 1, 2)
    scans = [c for c in stage.changes if c["dynamodb"]["NewImage"]["type"]["S"] == "SCAN"]
    scans[0]["dynamodb"]["NewImage"]["body"] = {"S": "{}"}

    assert run_stream_worker(project_events, stage.changes) == []

    assert taken() == "2"
    (letter,) = stage.messages("events-dlq")
    assert "unreadable_record" in letter["reason"]


def test_numbers_are_made_again_from_core(stage: Stage) -> None:
    scanned(stage, 1, 2, 9)
    run_stream_worker(project_events, stage.changes)
    before = taken()
    stage.empty_views()

    checked = rebuilt(stage, is_dry=True)
    assert Kind.NUMBERS_MISSING in kinds(checked)
    assert taken() == ""
    rebuilt(stage)

    assert taken() == before == "1-2,9"
    assert rebuilt(stage, is_dry=True).differences == []


@pytest.mark.usefixtures("stage")
def test_two_who_note_numbers_at_once_lose_none() -> None:
    busy = Busy(wiring.views_table(), rivals=[2, 3])

    DeviceLists(busy).add(seen(1))  # type: ignore[arg-type]  # a table in all that is used of it

    assert taken("dev-1") == "1-3"


@pytest.mark.usefixtures("stage")
def test_who_never_gets_a_turn_is_to_try_again() -> None:
    busy = Busy(wiring.views_table(), rivals=list(range(2, 2 + device_lists.ROUNDS_MAX)))

    with pytest.raises(TransientError, match="views_busy"):
        DeviceLists(busy).add(seen(1))  # type: ignore[arg-type]  # as above


def seen(*numbers: int) -> Seen:
    return Seen(device_id="dev-1", numbers=frozenset(numbers), captured_at=NOW, processed_at=NOW)


class Busy:
    """A table on which others write the same row right before we do."""

    def __init__(self, table: Table, rivals: list[int]) -> None:
        self.name = table.name
        self._table = table
        self._rivals = rivals

    def get(self, keys: Any) -> Any:
        return self._table.get(keys)

    def transact(self, actions: Any, token: str) -> None:
        if self._rivals:
            DeviceLists(self._table).add(seen(self._rivals.pop()))
            with pytest.raises(Cancelled):
                self._table.transact(actions, token)
            raise Cancelled(["ConditionalCheckFailed"])
        self._table.transact(actions, token)
