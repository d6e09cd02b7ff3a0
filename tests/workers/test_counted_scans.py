"""Scans out of the queue into a count at the door: once, however often and late they come."""

import json
from dataclasses import replace
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.core.clock import utc_now
from chalicelib.core.events import Actor, Context
from chalicelib.receivings import closing, opening
from chalicelib.receivings.model import Mode, Receiving
from chalicelib.returns.model import Return
from chalicelib.returns.receiving import ReceivedItem
from chalicelib.returns.units import quantities
from chalicelib.workers.scans_queue import ingest_scans
from tests.stage import NOW, Stage, run_queue_worker
from tests.story import Story


def context(name: str) -> Context:
    return Context(
        actor=Actor(id="ann", role="warehouse"),
        now=NOW,
        command_id=f"cmd_{name}",
        correlation_id="story",
    )


@pytest.fixture
def expected(stage: Stage) -> Return:
    """A return of three units that is expected in W1."""
    story = Story(stage)
    story.stock("S1", "S2")
    story.order("O1")
    return story.approve(story.return_("O1", quantity=3).return_id)


@pytest.fixture
def receiving(expected: Return) -> Receiving:
    command = opening.Open(warehouse="W1", mode=Mode.BLIND, return_ref=expected.return_id)
    asked = context("open")
    return wiring.commands().run(
        lambda reads: opening.open_receiving(reads, command, asked), context=asked
    )


def scan(scan_id: str, **changes: Any) -> str:
    fields = {
        "scan_id": scan_id,
        "device_id": "dev-1",
        "seq": 1,
        "captured_at": utc_now().isoformat().replace("+00:00", "Z"),
        "warehouse": "W1",
        "sku": "S1",
    }
    return json.dumps(fields | changes)


def test_scans_are_counted_once_and_booked_with_the_close(
    expected: Return, receiving: Receiving
) -> None:
    first = scan("s-1", return_number=expected.number)
    second = scan("s-2", seq=2, receiving=receiving.receiving_id)

    assert run_queue_worker(ingest_scans, first, second, first) == []
    assert run_queue_worker(ingest_scans, second) == []
    asked = context("close")
    done = wiring.commands().run(
        lambda reads: closing.close(reads, receiving.receiving_id, closing.Close(), asked),
        context=replace(asked, expected_version=None),
    )
    assert run_queue_worker(ingest_scans, first, second) == []

    assert [one.item_id for one in done.items] == ["s-1", "s-2"]
    stored = wiring.reads().return_(expected.return_id)
    assert stored is not None
    assert quantities(stored.lines[0]).received == 2
    outcome = wiring.reads().scan_outcome("s-2")
    assert outcome is not None
    assert (outcome.reason, outcome.receiving_id) == ("counted", receiving.receiving_id)


def test_a_scan_that_was_counted_by_hand_is_no_other_scan_when_it_comes(
    expected: Return, receiving: Receiving
) -> None:
    asked = context("count")
    thing = opening.CountedThing(
        item=ReceivedItem(sku="S1", quantity=1), item_id="s-1", by_scan=True
    )
    wiring.commands().run(
        lambda reads: opening.add(
            reads, receiving.receiving_id, opening.Add(items=(thing,)), asked
        ),
        context=asked,
    )

    late = scan("s-1", seq=9, return_number=expected.number)
    assert run_queue_worker(ingest_scans, late, late) == []

    outcome = wiring.reads().scan_outcome("s-1")
    assert outcome is not None
    assert (outcome.device_id, outcome.seq) == ("dev-1", 9)
    stored = wiring.reads().receiving(receiving.receiving_id)
    assert stored is not None
    assert len(stored.items) == 1
