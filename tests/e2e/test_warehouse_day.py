"""A day at a warehouse: 300 parcels, five devices, one of them offline for an hour, surprises."""

import functools
from collections import Counter
from datetime import timedelta
from random import Random

import pytest

from tests.e2e import day_plan
from tests.e2e.day import Day
from tests.e2e.day_plan import DEVICES, OFFLINE, PARCELS, SURPRISES, Books, Kind
from tests.e2e.merchant import Json, Merchant, eventually

SEED = 20261122


@pytest.fixture(scope="module")
def day(merchant: Merchant, tmp_path_factory: pytest.TempPathFactory) -> Day:
    """Played once; the tests look at what it left."""
    boxes = day_plan.boxes_of(merchant.run, Random(SEED))
    day = Day(merchant=merchant, boxes=boxes, folder=tmp_path_factory.mktemp("devices"))
    day.announce()
    day.enrol()
    day.scan()
    day.inspect()
    return day


@pytest.fixture(scope="module")
def books(day: Day) -> Books:
    """What the model says of it."""
    return day_plan.evening_of(day.boxes)


def test_the_day_has_what_it_is_about(day: Day) -> None:
    kinds = Counter(box.kind for box in day.boxes)
    late = [box for box in day.boxes if day_plan.is_offline(box)]

    assert len(day.boxes) == PARCELS
    assert PARCELS - kinds[Kind.AS_ANNOUNCED] == SURPRISES
    assert set(kinds) == set(Kind)
    assert {box.device for box in day.boxes} == set(range(DEVICES))
    assert len(late) >= 3


def test_every_unit_lies_where_the_model_has_it(day: Day, books: Books) -> None:
    skus = sorted({sku for sku, _, _ in books.lying})
    found: Counter[day_plan.Place] = Counter()
    for sku in skus:
        path = f"/stock?warehouse={day.warehouse}&sku={sku}"
        for row in day.merchant.send("auditor", "GET", path).expect(200)["items"]:
            found[row["sku"], row["lot"], row["account"]] += row["quantity"]

    wanted = {place: count for place, count in books.lying.items() if count}
    assert {place: count for place, count in found.items() if count} == wanted


def test_every_surprise_is_an_exception_and_nothing_else_is(day: Day, books: Books) -> None:
    found: Counter[tuple[str, str | None]] = Counter()
    for one in _pages(day, f"/exceptions?warehouse={day.warehouse}&limit=50"):
        found[one["kind"], one["return_id"]] += one["quantity"] or 1

    assert found == books.exceptions


def test_no_scan_is_missing_and_none_counts_twice(day: Day, books: Books) -> None:
    for number, scanner in enumerate(day.scanners):
        wanted = books.scans[number]
        look = functools.partial(_sequence, day, scanner.profile.device_id)
        # The list of numbers is made from the stream, a moment after the scans are booked.
        seen = eventually(look, functools.partial(_is_whole, wanted))
        assert (seen["highest"], seen["gaps"]) == (wanted, []), number
    assert books.scans[OFFLINE] > 0


def _sequence(day: Day, device_id: str) -> Json:
    seen = day.merchant.send("warehouse", "GET", f"/devices/{device_id}").expect(200)
    return dict(seen["sequence"])


def _is_whole(wanted: int, seen: Json) -> bool:
    return bool(seen["highest"] == wanted and not seen["missing"])


def test_the_counters_of_the_day_are_the_models(day: Day, books: Books) -> None:
    started = day.merchant.send("finance", "POST", "/metrics/runs", {}, key=day.merchant.key())
    day.merchant.finished(started.expect(202)["id"])
    since = day.merchant.desk.now
    until = since + timedelta(days=2)
    path = (
        f"/metrics/returns?from={since:%Y-%m-%d}T00:00:00Z&to={until:%Y-%m-%d}T00:00:00Z"
        "&interval=day&group_by=warehouse"
    )
    rows = day.merchant.send("auditor", "GET", path).expect(200)["rows"]
    counts: Counter[str] = Counter()
    for row in rows:
        if row["group"] == day.warehouse:
            counts.update(row["counts"])

    received = [box for box in day.boxes if box.received]
    assert counts["received_units"] == sum(len(box.received) for box in received)
    assert counts["inspected_units"] == counts["received_units"]


def test_every_serial_number_is_where_its_unit_is(day: Day) -> None:
    for box in day.boxes:
        for unit in box.announced:
            if unit.serial is None:
                continue
            path = f"/stock/serials?sku={unit.sku}&serial={unit.serial}"
            seen = day.merchant.send("auditor", "GET", path).expect(200)
            assert seen["account"] == _account(box, unit), (box.place, box.kind)


def _account(box: day_plan.Box, unit: day_plan.Unit) -> str:
    if unit not in box.received:
        return "customer"
    return {"A": "available", "B": "available", "C": "quarantine", "D": "scrapped"}[box.grade]


def test_the_night_finds_nothing_to_mend(day: Day) -> None:
    started = day.merchant.send("finance", "POST", "/reconciliations", {}, key=day.merchant.key())
    job = day.merchant.finished(started.expect(202)["id"])

    assert job["state"] == "succeeded", job["error"]
    assert job["result"]["findings"] == 0, job["result"]


def _pages(day: Day, path: str) -> list[Json]:
    items: list[Json] = []
    cursor = ""
    while True:
        page = day.merchant.send("auditor", "GET", f"{path}{cursor}").expect(200)
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        cursor = f"&cursor={page['next_cursor']}"
