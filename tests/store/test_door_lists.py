"""Receivings and notices in lists: newest first, by warehouse and state, within what is seen."""

from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.core.commands import Changes, Decided
from chalicelib.notices.model import AdvanceNotice, NoticeState
from chalicelib.receivings.model import Kind, Mode, Receiving, State, Tally
from chalicelib.store.notice_lists import notices
from chalicelib.store.place_filters import PlaceFilters
from chalicelib.store.receiving_lists import receivings
from chalicelib.workers.events_stream import project_events
from tests.builders import NOW, Shop
from tests.stage import Stage, run_stream_worker


def receiving(number: int, **more: object) -> Receiving:
    fields: dict[str, object] = {
        "receiving_id": f"rcv_{number}",
        "mode": Mode.BLIND,
        "kind": Kind.PARCEL,
        "name": f"BOX-{number}",
        "warehouse": "A",
        "opened_by": "ann",
        "opened_at": NOW + timedelta(hours=number),
    }
    return Receiving(**(fields | more))  # type: ignore[arg-type]  # fields by name


def notice(number: int, **more: object) -> AdvanceNotice:
    fields: dict[str, object] = {
        "notice_id": f"asn_{number}",
        "warehouse": "A",
        "returns": (),
        "prepared_at": NOW + timedelta(hours=number),
    }
    return AdvanceNotice(**(fields | more))  # type: ignore[arg-type]  # fields by name


@pytest.fixture
def listed(stage: Stage) -> None:
    shop = Shop(wiring.commands())
    records = (
        receiving(1),
        receiving(
            2,
            warehouse="B",
            state=State.CLOSED,
            tallies=(
                Tally(sku="S", announced=3, counted=1),
                Tally(sku="T", announced=0, counted=2),
            ),
        ),
        notice(1),
        notice(2, warehouse="B", state=NoticeState.CONFIRMED),
    )
    changes = Changes(records=records)
    shop.do(lambda _reads, _context: Decided(result=None, changes=changes))
    stage.observe()
    run_stream_worker(project_events, stage.changes)


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [2, 1]),
        ({"warehouse": "A"}, [1]),
        ({"state": State.CLOSED}, [2]),
        ({"within": frozenset({"A"})}, [1]),
    ],
    ids=["all", "of a warehouse", "in a state", "within what is seen"],
)
def test_receivings_are_listed(asked: dict[str, object], found: list[int]) -> None:
    filters = PlaceFilters(**asked)  # type: ignore[arg-type]  # fields by name

    page = receivings(wiring.views_table(), filters)

    assert [one.receiving_id for one in page.items] == [f"rcv_{n}" for n in found]


@pytest.mark.usefixtures("listed")
def test_a_row_says_how_far_off_a_count_was() -> None:
    (row,) = receivings(wiring.views_table(), PlaceFilters(warehouse="B")).items

    assert (row.short, row.over, row.rounds) == (2, 2, 1)


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [2, 1]),
        ({"warehouse": "A"}, [1]),
        ({"state": NoticeState.CONFIRMED}, [2]),
        ({"within": frozenset({"A"})}, [1]),
    ],
    ids=["all", "of a warehouse", "in a state", "within what is seen"],
)
def test_notices_are_listed(asked: dict[str, object], found: list[int]) -> None:
    filters = PlaceFilters(**asked)  # type: ignore[arg-type]  # fields by name

    page = notices(wiring.views_table(), filters)

    assert [one.notice_id for one in page.items] == [f"asn_{n}" for n in found]
