"""Rebuilding: whatever happened to the views, afterwards they are what the stream had made."""

import random
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.orders.model import Order
from chalicelib.store.actions import item_of
from chalicelib.store.projection import Image
from chalicelib.store.rows import PROJECTED_TYPES
from tests.builders import line, order
from tests.stage import Stage
from tests.story import Story
from tools.cli.rebuilding import Kind, Rebuild, Tally

Item = dict[str, Any]


@pytest.fixture
def built(stage: Stage) -> list[Item]:
    """The views as the stream makes them from a story; the rows."""
    story = Story(stage)
    story.stock("S1", "S2")
    for number in range(3):
        story.order(f"O{number}", customer_id=f"c{number}")
    first, second = story.return_("O0"), story.return_("O1", warehouse=None)
    story.approve(first.return_id)
    story.reject(second.return_id)
    story.receive(first.return_id, 3)
    project(stage)
    return stage.rows()


def project(stage: Stage) -> None:
    """What the stream has told so far; what it told before changes nothing."""
    told = []
    for change in stage.changes:
        shown = change["dynamodb"]
        is_gone = change["eventName"] == "REMOVE"
        image = Image(item=shown["OldImage"] if is_gone else shown["NewImage"], is_gone=is_gone)
        told += [image] if image.is_listed else []
    batch = wiring.projector().batch(told)
    for image in told:
        batch.apply(image)


def rebuilt(stage: Stage, *, is_dry: bool = False) -> Tally:
    rebuild = Rebuild(
        core=wiring.core_table(),
        views=wiring.views_table(),
        is_dry=is_dry,
        sleep=lambda _: None,
    )
    rebuild.records(wiring.core_table().scan(PROJECTED_TYPES))
    rebuild.strays(iter(stage.rows()))
    return rebuild.tally


def kinds(tally: Tally) -> set[Kind]:
    return {difference.kind for difference in tally.differences}


def put(stage: Stage, item: Item) -> None:
    stage.dynamodb.put_item(TableName="views", Item=item)


def delete(stage: Stage, item: Item) -> None:
    stage.dynamodb.delete_item(TableName="views", Key={"pk": item["pk"], "sk": item["sk"]})


def of(rows: list[Item], prefix: str) -> list[Item]:
    return [row for row in rows if row["pk"]["S"].startswith(prefix)]


def test_what_the_stream_built_is_what_a_rebuild_would_give(
    stage: Stage, built: list[Item]
) -> None:
    dry = rebuilt(stage, is_dry=True)
    wet = rebuilt(stage)

    assert dry.differences == wet.differences == []
    assert stage.rows() == built


def test_from_nothing_a_rebuild_makes_all_that_the_stream_made(
    stage: Stage, built: list[Item]
) -> None:
    stage.empty_views()

    rebuilt(stage)

    # A month that a return has left stays marked by the stream; it is as good as not there.
    assert _without_marks(stage.rows()) == _without_marks(built)
    assert rebuilt(stage, is_dry=True).differences == []


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_done_to_the_views_a_rebuild_undoes_it(
    stage: Stage, built: list[Item], seed: int
) -> None:
    chance = random.Random(seed)
    for row in chance.sample(built, k=len(built) // 3):
        chance.choice([_deleted, _edited, _moved, _copied_to_nobody])(stage, row, chance)

    checked = rebuilt(stage, is_dry=True)
    before = stage.rows()
    rebuilt(stage)

    assert checked.differences, f"seed {seed}"
    assert _without_marks(before) != _without_marks(built), f"seed {seed}"
    assert _without_marks(stage.rows()) == _without_marks(built), f"seed {seed}"
    assert rebuilt(stage, is_dry=True).differences == [], f"seed {seed}"


def _deleted(stage: Stage, row: Item, chance: random.Random) -> None:
    delete(stage, row)


def _edited(stage: Stage, row: Item, chance: random.Random) -> None:
    texts = ["{}", "not json", '{"return_id":"x"}', "[]"]
    if not row["pk"]["S"].startswith("BUCKETS#"):
        put(stage, {**row, "body": {"S": chance.choice(texts)}})


def _moved(stage: Stage, row: Item, chance: random.Random) -> None:
    """In the place of a row of its list that there never was."""
    if row["pk"]["S"].startswith(("CURSOR#", "BUCKETS#")):
        put(stage, {**row, "v": {"N": str(chance.choice([1, 7, 99]))}})
        return
    delete(stage, row)
    put(stage, {**row, "sk": {"S": row["sk"]["S"] + "~"}})


def _copied_to_nobody(stage: Stage, row: Item, chance: random.Random) -> None:
    """A cursor, or a row, that belongs to something that is not there."""
    if row["pk"]["S"].startswith("CURSOR#"):
        put(stage, {**row, "pk": {"S": f"CURSOR#ORDER#gone-{chance.random()}"}})
    elif not row["pk"]["S"].startswith("BUCKETS#"):
        put(stage, {**row, "pk": {"S": row["pk"]["S"] + "X"}})


def _without_marks(rows: list[Item]) -> list[Item]:
    return [row for row in rows if not row["pk"]["S"].startswith("BUCKETS#")]


def test_a_check_writes_nothing(stage: Stage, built: list[Item]) -> None:
    delete(stage, of(built, "RETURNS")[0])
    put(stage, {**of(built, "ORDERS")[0], "sk": {"S": "stray"}})
    before = stage.rows()

    found = kinds(rebuilt(stage, is_dry=True))

    assert found == {Kind.ROW_MISSING, Kind.ROW_STRAY}
    assert stage.rows() == before


def test_a_month_that_lost_its_entry_is_found_again(stage: Stage, built: list[Item]) -> None:
    for mark in of(built, "BUCKETS#RETURNS"):
        delete(stage, mark)

    assert kinds(rebuilt(stage)) == {Kind.MONTH_MISSING}
    assert of(stage.rows(), "BUCKETS#RETURNS")


def test_metrics_are_left_alone(stage: Stage, built: list[Item]) -> None:
    metric = {"pk": {"S": "METRIC#all#day#2026-11"}, "sk": {"S": "x"}, "type": {"S": "METRIC"}}
    put(stage, metric)

    assert rebuilt(stage).differences == []
    assert metric in stage.rows()


def test_a_record_that_went_without_the_stream_leaves_all_lists(
    stage: Stage, built: list[Item]
) -> None:
    place = {"pk": {"S": "ORDER#O0"}, "sk": {"S": "ORDER"}}
    stage.dynamodb.delete_item(TableName="core", Key=place)
    behind = rebuilt(stage)

    assert kinds(behind) == {Kind.CURSOR_STRAY}
    assert of(stage.rows(), "ORDERS#customer=c0") == []
    assert len(of(stage.rows(), "ORDERS#customer=")) == len(of(stage.rows(), "ORDERS#2")) == 2


def test_a_stray_cursor_that_names_rows_of_others_takes_none_of_them_along(
    stage: Stage, built: list[Item]
) -> None:
    cursor = of(built, "CURSOR#ORDER#O0")[0]
    put(stage, {**cursor, "pk": {"S": "CURSOR#ORDER#gone"}})

    rebuilt(stage)

    assert stage.rows() == built


def test_what_the_stream_writes_meanwhile_is_newer_and_stays(
    stage: Stage, built: list[Item]
) -> None:
    story = Story(stage)
    scanned = list(wiring.core_table().scan(PROJECTED_TYPES))
    story.order("O9", customer_id="c9")
    story.return_("O2")
    project(stage)
    expected = stage.rows()

    rebuild = Rebuild(core=wiring.core_table(), views=wiring.views_table(), sleep=lambda _: None)
    rebuild.records(iter(scanned))
    rebuild.strays(iter(built))

    assert stage.rows() == expected


def test_a_stream_that_is_late_is_not_a_difference(stage: Stage, built: list[Item]) -> None:
    Story(stage).return_("O2")
    waits: list[float] = []

    def meanwhile(seconds: float) -> None:
        waits.append(seconds)
        project(stage)

    rebuild = Rebuild(
        core=wiring.core_table(), views=wiring.views_table(), is_dry=True, sleep=meanwhile
    )
    rebuild.records(wiring.core_table().scan(PROJECTED_TYPES))

    assert waits
    assert rebuild.tally.differences == []


def test_a_large_order_that_is_kept_packed_is_listed_too(stage: Stage, built: list[Item]) -> None:
    item = item_of(_large())
    assert "packed" in item
    stage.dynamodb.put_item(TableName="core", Item=item)

    assert rebuilt(stage).left == []
    assert len(of(stage.rows(), "ORDERS#customer=cus-1")) == 1


def test_a_record_that_cannot_be_read_is_named_and_the_others_are_done(
    stage: Stage, built: list[Item]
) -> None:
    broken = {
        "pk": {"S": "ORDER#O0"}, "sk": {"S": "ORDER"}, "type": {"S": "ORDER"}, "v": {"N": "1"},
        "body": {"S": "{}"},
    }  # fmt: skip
    stage.dynamodb.put_item(TableName="core", Item=broken)
    delete(stage, of(built, "ORDERS#customer=c1")[0])

    tally = rebuilt(stage)

    assert tally.left == ["ORDER#O0 ORDER"]
    assert kinds(tally) == {Kind.UNREADABLE, Kind.ROW_MISSING}
    assert of(stage.rows(), "ORDERS#customer=c1")


def _large() -> Order:
    return order(
        *(line(str(n), name="A thing with a long name") for n in range(400)), deliveries=()
    )
