"""Records with more rows than one transaction takes: moved in parts, whoever comes in between."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.core.errors import TransientError
from chalicelib.orders.model import Order
from chalicelib.returns.model import Return
from chalicelib.store.actions import item_of
from chalicelib.store.cursors import Cursor, Request, cursor_in, put_cursor
from chalicelib.store.key import Key
from chalicelib.store.projection import Image, Projector
from chalicelib.store.rows import PROJECTED_TYPES, rows_of
from chalicelib.store.table import Item, Table
from tests.builders import line, order
from tests.fakes import Killed
from tests.stage import Stage
from tests.story import Story
from tools.cli.rebuilding import Rebuild


class Reluctant:
    """A connection that takes one item of each call, and leaves the rest for later."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.sizes: list[int] = []

    def dispatch(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        assert operation == "BatchWriteItem"
        first, *left = request["RequestItems"]["views"]
        self.taken.append(first["PutRequest"]["Item"]["pk"]["S"])
        self.sizes.append(1 + len(left))
        return {"UnprocessedItems": {"views": left} if left else {}}


class Stepped:
    """The views table, with what happens right before its next transactions, from 1 on."""

    def __init__(self, before: Mapping[int, Callable[[], object]] | None = None) -> None:
        self._table = wiring.views_table()
        self._before = before or {}
        self.name = self._table.name
        self.sizes: list[int] = []
        self.marks = 0

    def get(self, keys: Sequence[Key]) -> list[Item | None]:
        return self._table.get(keys)

    def put_all(self, items: Sequence[Item]) -> None:
        self.marks += len(items)
        self._table.put_all(items)

    def transact(self, actions: Sequence[Request], token: str) -> None:
        self.sizes.append(len(actions))
        self._before.get(len(self.sizes), lambda: None)()
        self._table.transact(actions, token)


def dies() -> None:
    raise Killed("between two transactions")


def project(
    record: Order | Return,
    table: Any = None,  # Any: it does as a table does
    *,
    is_gone: bool = False,
    actions_max: int = 5,
) -> bool:
    """By five actions at a time, so that small records have several parts."""
    image = Image(item=item_of(record), is_gone=is_gone)
    projector = Projector(table or wiring.views_table(), actions_max=actions_max)
    return projector.batch([image]).apply(image)


def sold(version: int, *skus: str) -> Order:
    lines = (line(str(place), sku=sku) for place, sku in enumerate(skus, start=1))
    return replace(order(*lines, deliveries=()), version=version)


def many(first: int, last: int) -> list[str]:
    return [f"S{number:04d}" for number in range(first, last)]


def listed(stage: Stage) -> list[Item]:
    """All but the months, which stay marked."""
    return [row for row in stage.rows() if not row["pk"]["S"].startswith("BUCKETS#")]


def as_if_only(stage: Stage, record: Order, *, is_gone: bool = False) -> list[Item]:
    """The lists as they are where nothing but this version was ever told of."""
    before = listed(stage)
    stage.empty_views()
    project(record, is_gone=is_gone)
    expected = listed(stage)
    stage.empty_views()
    for row in before:
        stage.dynamodb.put_item(TableName="views", Item=row)
    return expected


def test_what_the_store_did_not_take_is_put_again() -> None:
    link: Any = Reluctant()  # Any: only what is asked of it is there
    items: list[Item] = [{"pk": {"S": f"p{number}"}, "sk": {"S": "m"}} for number in range(29)]

    Table("views", link).put_all(items[25:])

    assert link.taken == ["p25", "p26", "p27", "p28"]
    with pytest.raises(TransientError):
        Table("views", link).put_all(items)
    assert max(link.sizes) == 25


def test_an_order_of_250_lines_stands_in_the_list_of_each_sku(stage: Stage) -> None:
    watched = Stepped()

    assert project(sold(1, *many(0, 250)), watched, actions_max=100)

    pointers = [row for row in listed(stage) if "sku=" in row["pk"]["S"]]
    assert len(pointers) == 250
    # The hold; then 252 rows by 99, each time with the condition that it is still ours.
    assert watched.sizes == [1, 100, 100, 1 + 252 - 2 * 99]


def test_its_next_version_writes_the_summaries_and_no_pointer(stage: Stage) -> None:
    project(sold(1, *many(0, 120)), actions_max=100)
    watched = Stepped()

    project(sold(2, *many(0, 120)), watched, actions_max=100)

    assert (watched.sizes, watched.marks) == ([1 + 2], 1)


def test_a_return_of_45_lines_costs_its_six_summaries_a_version(stage: Stage) -> None:
    story = Story(stage)
    story.stock("S1", "S2")
    story.order("O1")
    ret = story.return_("O1")
    skus = (f"S{number}" for number in range(45))
    ret = replace(ret, lines=tuple(replace(ret.lines[0], line_no=s, sku=s) for s in skus))
    first, second = Stepped(), Stepped()

    project(ret, first, actions_max=100)
    project(replace(ret, version=ret.version + 1), second, actions_max=100)

    assert first.sizes == [1 + 6 + 45]
    assert second.sizes == [1 + 6]


def test_the_cursor_of_a_thousand_rows_is_small() -> None:
    rows = rows_of(item_of(sold(1, *many(0, 1000))))
    cursor = Cursor(version=1, rows=tuple(row.key for row in rows))

    item = put_cursor("views", Key("CURSOR#ORDER#O-1", "ORDER"), Cursor(), cursor)["Put"]["Item"]

    assert len(item["packed"]["B"]) < 20_000
    assert cursor_in(item) == cursor


@pytest.mark.parametrize("step", range(1, 6))
@pytest.mark.parametrize("healer", ["the same news", "newer news", "its deletion", "a rebuild"])
def test_a_move_that_died_on_its_way_is_finished(stage: Stage, step: int, healer: str) -> None:
    old, new = sold(1, *many(0, 6)), sold(2, *many(3, 14))
    newer = sold(3, *many(8, 20))
    project(old)

    with pytest.raises(Killed):
        project(new, Stepped({step: dies}))

    match healer:
        case "the same news":
            project(new)
            assert listed(stage) == as_if_only(stage, new)
        case "newer news":
            project(newer)
            assert listed(stage) == as_if_only(stage, newer)
        case "its deletion":
            project(new, is_gone=True)
            assert listed(stage) == as_if_only(stage, new, is_gone=True)
        case "a rebuild":
            stage.dynamodb.put_item(TableName="core", Item=item_of(new))
            _rebuild(stage)
            assert listed(stage) == as_if_only(stage, new)


def _rebuild(stage: Stage) -> None:
    rebuild = Rebuild(core=wiring.core_table(), views=wiring.views_table(), sleep=lambda _: None)
    rebuild.records(wiring.core_table().scan(PROJECTED_TYPES))
    rebuild.strays(iter(stage.rows()))
    assert rebuild.tally.left == []


@pytest.mark.parametrize("step", range(1, 6))
def test_who_is_overtaken_writes_nothing_more(stage: Stage, step: int) -> None:
    old, new, newer = sold(1, *many(0, 6)), sold(2, *many(3, 14)), sold(3, *many(8, 20))
    project(old)

    overtaken = project(new, Stepped({step: lambda: project(newer)}))

    assert not overtaken
    assert listed(stage) == as_if_only(stage, newer)


@pytest.mark.parametrize("step", range(2, 6))
def test_older_news_changes_nothing_while_a_move_is_on_its_way(stage: Stage, step: int) -> None:
    old, new = sold(1, *many(0, 6)), sold(2, *many(3, 14))
    came: list[bool] = []

    assert project(new, Stepped({step: lambda: came.append(project(old))}))

    assert came == [False]
    assert listed(stage) == as_if_only(stage, new)


def test_a_pointer_that_a_dead_move_may_have_removed_is_written_again(stage: Stage) -> None:
    old, without, again = sold(1, *many(0, 12)), sold(2, *many(6, 12)), sold(3, *many(0, 12))
    project(old)
    # Its summaries first, then what vanished: all but the last part is done.
    with pytest.raises(Killed):
        project(without, Stepped({3: dies}))

    project(again)

    assert listed(stage) == as_if_only(stage, again)


@pytest.mark.parametrize("seed", range(12))
def test_however_moves_meet_the_newest_one_is_left(stage: Stage, seed: int) -> None:
    chance = random.Random(seed)
    versions = [
        sold(version, *chance.sample(many(0, 16), k=chance.randint(1, 14)))
        for version in range(1, 6)
    ]

    def someone() -> None:
        """Comes with any version, and perhaps dies, or meets the next one."""
        steps = {chance.randint(1, 4): chance.choice([dies, someone, lambda: None])}
        try:
            project(chance.choice(versions), Stepped(steps))
        except (Killed, TransientError, RecursionError):
            return

    for _ in range(6):
        someone()
    project(versions[-1])

    assert listed(stage) == as_if_only(stage, versions[-1]), f"seed {seed}"
