"""Events of an hour, some at a time: all of them, in order, from a place on."""

import pytest

from chalicelib import wiring
from chalicelib.core.events import Event
from tests.stage import NOW, Stage
from tests.story import Story


@pytest.fixture
def hour(stage: Stage) -> list[Event]:
    """What a short story stored in one hour."""
    story = Story(stage)
    story.stock("S1", "S2")
    for no in range(4):
        story.order(f"O{no}")
        story.receive(story.approve(story.return_(f"O{no}").return_id).return_id, 1)
    return list(wiring.stored_events().events(NOW))


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_some_at_a_time_are_all_of_them_in_their_order(hour: list[Event], limit: int) -> None:
    found: list[Event] = []
    after = ""
    while some := wiring.stored_events().some(NOW, after=after, limit=limit):
        assert len(some) <= limit
        found += [event for _, event in some]
        after = some[-1][0]

    assert [event.id for event in found] == [event.id for event in hour]
    assert len(found) > 10


def test_an_hour_in_which_nothing_was_stored_has_none(stage: Stage) -> None:
    assert wiring.stored_events().some(NOW.replace(hour=1), after="", limit=10) == []
