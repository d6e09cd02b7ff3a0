"""P9: what a page of a list reads and takes, with 1,000 returns and with 100,000.

The real handler asks the real lists; their rows are made by the real projection of a real return
under other names, and kept in this process.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf
from statistics import median

from bench.capacity import units_of
from bench.door import Door
from bench.figures import Figure
from bench.lifecycle import Command
from bench.memory import MemoryTable
from bench.recording import Recording, quiet
from bench.stage import Stage
from bench.tap import Json, Tap
from chalicelib.store.codec import encode
from chalicelib.store.rows import bucket_mark, rows_of

SIZES = (1_000, 100_000)
OWN_MS_MAX = 20.0
_MONTHS = 12
_LIMIT = 50
_ITEMS_MAX = 2 * (_LIMIT + 1) + _MONTHS + 1
"""Of a page that crosses into another month: both months, and the marks of all months."""
_WAREHOUSES = 5
_LISTS: dict[str, dict[str, str]] = {
    "all": {},
    "one warehouse and status": {"warehouse": "W1", "status": "COMPLETED"},
}
_NEWEST = datetime(2026, 11, 21, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    items: int
    read_units: float
    own_ms: float


def measure(stage: Stage, recording: Recording) -> Iterator[Figure]:
    from app import app

    door, table, made = Door(app), MemoryTable(), 0
    pages: dict[tuple[str, int], list[_Page]] = {}
    with quiet(), Tap(stage.link(), instead=table) as tap:
        for size in SIZES:
            _fill(table, _last_return(recording), made, size)
            made = size
            for name, query in _LISTS.items():
                pages[name, size] = list(_walk(door, tap, query))
    for name in _LISTS:
        yield from _judged(name, {size: pages[name, size] for size in SIZES})


def _judged(name: str, pages: dict[int, list[_Page]]) -> Iterator[Figure]:
    """Typical pages are compared; the first and the last full one, and the worst, have a bound.

    A page that crosses into another month reads on there, so the worst reads two months' worth.
    """
    small, large = pages[SIZES[0]], pages[SIZES[-1]]
    yield _constant(name, "items", small, large, lambda page: page.items, most=_ITEMS_MAX)
    yield _constant(name, "read units", small, large, lambda page: page.read_units)
    own = median(page.own_ms for page in large)
    yield Figure(
        figure="P9",
        what=f"handler time less the database, list of {name}",
        value=own,
        unit="ms",
        floor=median(page.own_ms for page in small),
        goal=f"≤ {OWN_MS_MAX:.0f} ms",
        ok=own <= OWN_MS_MAX,
        how=f"median of {len(large)} pages; floor: with {SIZES[0]:,} returns",
    )


def _constant(
    name: str,
    what: str,
    small: list[_Page],
    large: list[_Page],
    of: Callable[[_Page], float],
    *,
    most: float = inf,
) -> Figure:
    value, floor = median(map(of, large)), median(map(of, small))
    first, last, worst = of(large[0]), of(large[-2]), max(map(of, large))
    return Figure(
        figure="P9",
        what=f"{what} of a page, list of {name}",
        value=value,
        unit="RRU" if what == "read units" else what,
        floor=floor,
        ratio=value / floor,
        goal=f"no more with {SIZES[-1]:,} returns than with {SIZES[0]:,}",
        ok=value <= floor and last <= max(first, value) and worst <= most,
        how=f"median of {len(large)} pages of {_LIMIT} against {len(small)}; "
        f"first {first}, last full one {last}, worst {worst}",
    )


def _walk(door: Door, tap: Tap, query: dict[str, str]) -> Iterator[_Page]:
    cursor: str | None = None
    while True:
        asked = {**query, **({"cursor": cursor} if cursor else {})}
        began = time.perf_counter()
        told = door(
            Command(
                name="list", role="auditor", method="GET", route="/v1/returns", body=None,
                query=asked,
            )
        )  # fmt: skip
        took_s = time.perf_counter() - began
        assert told.status == 200, told.text
        calls = tap.taken()
        yield _Page(
            items=sum(call.answer["ScannedCount"] for call in calls),
            read_units=sum(units_of(call).read for call in calls),
            own_ms=(took_s - sum(call.seconds for call in calls)) * 1000,
        )
        cursor = json.loads(told.text)["next_cursor"]
        if cursor is None:
            return


def _last_return(recording: Recording) -> Json:
    """The item of the return as its last command left it."""
    puts = [
        action["Put"]["Item"]
        for call in recording.flat
        if call.operation == "TransactWriteItems"
        for action in call.request["TransactItems"]
        if "Put" in action
    ]
    item: Json = [put for put in puts if put["type"]["S"] == "RETURN"][-1]
    return item


def _fill(table: MemoryTable, item: Json, first: int, count: int) -> None:
    """Returns from number `first` on, spread evenly over the months and warehouses."""
    body = json.loads(item["body"]["S"])
    for number in range(first, count):
        age = timedelta(days=_MONTHS * 30 * (number * 7919 % 100_003) / 100_003)
        body["requested_at"] = (_NEWEST - age).isoformat()
        body["return_id"] = f"ret_{number:026d}"
        body["number"] = f"R26{number:09d}"
        body["warehouse"] = f"W{number % _WAREHOUSES}"
        body["customer_id"] = f"cus-{number // 3}"
        body["order_no"] = f"SO-{number}"
        for row in rows_of({**item, "body": {"S": json.dumps(body)}}):
            content = {"type": {"S": "ROW"}, "body": {"S": encode(row.body)}}
            table.put(row.key.pk, row.key.sk, content)
            if row.bucket:
                mark = bucket_mark(row.list_name, row.bucket)
                table.put(mark.pk, mark.sk, {})
