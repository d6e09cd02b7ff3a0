"""The chain of events shows every change, gap, swap and loss in its middle."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.events import (
    Actor,
    Chain,
    Context,
    Event,
    Journal,
    chain_fault,
    event_hash,
)

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
CONTEXT = Context(
    actor=Actor(id="a", role="admin"), now=NOW, command_id="cmd_1", correlation_id="corr"
)
values = st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.lists(st.integers()))
histories = st.lists(st.dictionaries(st.text(), values, max_size=3), min_size=1, max_size=6)


def told(history: list[dict[str, object]]) -> list[Event]:
    journal = Journal("return/1", Chain(), CONTEXT)
    for data in history:
        journal.record("return.changed", data)  # type: ignore[arg-type]  # drawn as JSON
    return journal.events


@given(histories)
def test_an_untouched_chain_has_no_fault(history: list[dict[str, object]]) -> None:
    events = told(history)

    assert chain_fault(events) is None
    assert [event.seq for event in events] == list(range(1, len(events) + 1))


@given(histories, st.data())
def test_changed_data_is_seen_where_it_was_changed(
    history: list[dict[str, object]], data: st.DataObject
) -> None:
    events = told(history)
    place = data.draw(st.integers(0, len(events) - 1))

    events[place] = replace(events[place], data={**events[place].data, "added": True, "x": 1})

    assert chain_fault(events) == place


@pytest.mark.parametrize(
    "change",
    [
        {"type": "return.other"},
        {"subject": "return/2"},
        {"id": "evt_other"},
        {"time": NOW + timedelta(seconds=1)},
        {"actor": Actor(id="b", role="admin")},
        {"actor": Actor(id="a", role="customer")},
        {"correlation_id": "other"},
        {"command_id": "other"},
        {"prev_hash": "0" * 64},
        {"hash": "0" * 64},
        {"seq": 9},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_part_of_an_event_is_covered(change: dict[str, object]) -> None:
    events = told([{"n": 1}, {"n": 2}, {"n": 3}])

    events[1] = replace(events[1], **change)  # type: ignore[arg-type]  # fields by name

    assert chain_fault(events) == 1


@given(histories, st.data())
def test_a_forger_who_hashes_anew_breaks_the_next_event(
    history: list[dict[str, object]], data: st.DataObject
) -> None:
    events = told([*history, {"last": True}])
    place = data.draw(st.integers(0, len(events) - 2))
    forged = replace(events[place], data={"forged": True, "more": 2})

    events[place] = replace(forged, hash=event_hash(forged))

    assert chain_fault(events) == place + 1


@given(histories, st.data())
def test_a_lost_or_swapped_event_is_seen(
    history: list[dict[str, object]], data: st.DataObject
) -> None:
    events = told([*history, {"last": True}])
    place = data.draw(st.integers(0, len(events) - 2))

    without = events[:place] + events[place + 1 :]
    swapped = list(events)
    swapped[place], swapped[place + 1] = swapped[place + 1], swapped[place]

    assert chain_fault(without) == place
    assert chain_fault(swapped) == place


def test_an_event_is_a_cloudevent() -> None:
    (event,) = told([{"n": 1}])

    said = event.as_cloudevent("tuiku")

    assert said["specversion"] == "1.0"
    assert said["time"] == "2026-11-21T09:00:00.000Z"
    assert said["subject"] == "return/1"
    assert said["data"] == {"n": 1}
    assert all(name.islower() and name.isalnum() for name in said)
