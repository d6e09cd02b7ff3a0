"""Pages of our events: whole, in order, once, and never read further than is allowed."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.clock import rfc3339
from chalicelib.core.events import Actor, Event, Json
from chalicelib.epcis.places import Places
from chalicelib.epcis.querying import HOURS_MAX, ROWS_AT_ONCE, ROWS_MAX, Asked, Page, Place, page
from chalicelib.epcis.telling import told_of
from chalicelib.returns.model import Return
from tests.epcis.shape import faults_of

START = datetime(2026, 11, 20, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def event(number: int, at: datetime, event_type: str = "return.received", **data: Json) -> Event:
    facts: dict[str, Json] = {
        "return_id": "ret_1",
        "number": "R26K7WM3P9T4",
        "warehouse": "WH1",
        "lines": [{"line_no": "1", "sku": "MUG", "quantity": 1, "units": str(number)}],
        **data,
    }
    return Event(
        id=f"evt_{number:05d}",
        type=event_type,
        subject="return/ret_1",
        seq=number,
        time=at,
        actor=Actor(id="a", role="admin"),
        correlation_id="c",
        command_id="c",
        data=facts,
        prev_hash="",
        hash="",
    )


@dataclass(slots=True)
class Hours:
    """Events by hour, in memory; how often it was asked."""

    events: list[Event]
    asked: int = 0
    rows: int = 0
    unread: list[str] = field(default_factory=list)

    def some(self, hour: datetime, *, after: str, limit: int) -> list[tuple[str, Event]]:
        self.asked += 1
        places = sorted((f"{rfc3339(one.time)}#{one.id}", one) for one in self._of(hour))
        found = [pair for pair in places if pair[0] > after][:limit]
        self.rows += len(found)
        return found

    def _of(self, hour: datetime) -> list[Event]:
        return [one for one in self.events if hour <= one.time < hour + timedelta(hours=1)]

    def returns_of(self, return_ids: object) -> list[Return]:
        return []


def read(hours: Hours, asked: Asked, start: Place | None = None, per_page: int = 30) -> Page:
    return page(asked, hours, hours, start=start, per_page=per_page, now=NOW)


def read_all(hours: Hours, asked: Asked, per_page: int) -> list[str]:
    found: list[str] = []
    place: Place | None = None
    for _ in range(10_000):
        some = read(hours, asked, place, per_page)
        assert len(some.items) <= per_page
        found += [told.event_id for told in some.items]
        place = some.next_place
        if place is None:
            return found
    pytest.fail("pages without end")


@given(st.lists(st.integers(0, 3600 * 12), max_size=80), st.integers(1, 7))
def test_pages_together_tell_each_event_once_in_order(seconds: list[int], per_page: int) -> None:
    events = [event(n, START + timedelta(seconds=s)) for n, s in enumerate(seconds)]
    asked = Asked(event_from=START)

    found = read_all(Hours(events), asked, per_page)

    ordered = sorted(events, key=lambda one: (one.time, one.id))
    assert found == [told.event_id for one in ordered for told in told_of(one, {})]


def test_an_event_of_several_parts_may_be_cut_by_a_page() -> None:
    lines: list[Json] = [
        {"line_no": str(n), "sku": "MUG", "quantity": 1, "units": "1", "disposition": word}
        for n, word in enumerate(("RESTOCK", "SCRAP", "HOLD"))
    ]
    hours = Hours([event(1, START, "return.dispositioned", lines=lines), event(2, START)])

    assert len(read_all(hours, Asked(event_from=START), 1)) == 4
    assert len(set(read_all(hours, Asked(event_from=START), 2))) == 4


def test_a_query_that_matches_nothing_reads_so_much_and_no_more() -> None:
    many = [event(n, START + timedelta(seconds=n)) for n in range(3000)]
    hours = Hours(many)

    first = read(hours, Asked(event_from=START, biz_steps=frozenset({"shipping"})))

    assert first.items == ()
    assert first.next_place is not None
    assert hours.rows <= ROWS_MAX + ROWS_AT_ONCE
    empty = Hours([])
    assert read(empty, Asked(event_from=NOW - timedelta(days=365))).next_place is not None
    assert empty.asked == HOURS_MAX


def test_events_that_are_recorded_late_are_found_by_when_they_happened() -> None:
    late = event(1, NOW - timedelta(hours=2), received_at=rfc3339(START))
    hours = Hours([late, event(2, NOW - timedelta(hours=2))])

    asked = Asked(event_from=START, event_before=START + timedelta(hours=1))

    (found,) = read_all(hours, asked, 10)
    assert found == told_of(late, {})[0].event_id


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"kind": "SERIAL_MISMATCH"}, ("receiving", "mismatch_instance")),
        ({"kind": "WRONG_SKU"}, ("receiving", "mismatch_class")),
        ({"kind": "OVER"}, ("receiving", "mismatch_quantity")),
        ({"kind": "EMPTY"}, ("receiving", "mismatch_quantity")),
        ({"kind": "UNKNOWN"}, ("receiving", "unknown")),
        ({"kind": "DAMAGED_TRANSIT"}, ("receiving", "damaged")),
    ],
)
def test_an_exception_is_told_with_its_mismatch(
    data: dict[str, Json], words: tuple[str, str]
) -> None:
    more: dict[str, Json] = {"sku": "gtin:4006381333931", "quantity": 2, "serials": ["S 1/2"]}
    opened = event(1, START, "exception.opened", **data, **more)

    (told,) = told_of(opened, {})

    assert (told.biz_step, told.disposition) == words
    assert faults_of(told.as_json(Places())) == []
    assert told.epcs == ("https://id.gs1.org/01/04006381333931/21/S%201%2F2",)
    assert told.classes == {"https://id.gs1.org/01/04006381333931": 1}


@pytest.mark.parametrize(
    ("disposition", "words"),
    [
        ("RESTOCK", ("stocking", "sellable_accessible")),
        ("HOLD", ("holding", "sellable_not_accessible")),
        ("REPACK", ("repackaging", "in_progress")),
        ("REPAIR", ("repairing", "needs_replacement")),
        ("REFURBISH", ("repairing", "in_progress")),
        ("RTV", ("holding", "returned")),
        ("SCRAP", ("destroying", "destroyed")),
        ("DONATE", ("shipping", "disposed")),
        ("SHIP_BACK", ("shipping", "in_transit")),
    ],
)
def test_each_disposition_has_its_words(disposition: str, words: tuple[str, str]) -> None:
    line: Json = {"line_no": "1", "sku": "A/B", "quantity": 1, "disposition": disposition}

    (told,) = told_of(event(1, START, "return.dispositioned", lines=[line]), {})

    assert (told.biz_step, told.disposition) == words
    assert faults_of(told.as_json(Places())) == []
    assert told.classes == {"https://tuiku.dev/goods/A%2FB": 1}


def test_what_is_no_event_of_goods_is_not_told() -> None:
    for one in ("return.approved", "order.registered"):
        assert told_of(event(1, START, one), {}) == []
    for kind in ("BLIND_RETURN", "RETRACTED"):
        opened = event(1, START, "exception.opened", kind=kind, sku="MUG", quantity=1)
        assert told_of(opened, {}) == []
