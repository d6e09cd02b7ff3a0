"""Projecting: whatever order and however often the stream tells it, the lists are the same."""

import random
from collections.abc import Sequence
from typing import Any

import pytest
from pynamodb.exceptions import VerboseClientError

from chalicelib import wiring
from chalicelib.core.errors import TransientError
from chalicelib.returns.standing import Status
from chalicelib.store import projection
from chalicelib.store.cursors import Cursor
from chalicelib.store.key import Key
from chalicelib.store.projection import Batch, Image, Move, rebuild
from chalicelib.store.rows import rows_of
from chalicelib.store.table import Cancelled, Item
from chalicelib.store.views import ReturnFilters
from tests.stage import Stage
from tests.story import Story


@pytest.fixture
def story(stage: Stage) -> Story:
    told = Story(stage)
    told.stock("S1", "S2")
    told.order("O1")
    told.order("O2", customer_id="c2")
    first, second = told.return_("O1"), told.return_("O2", warehouse=None)
    told.approve(first.return_id)
    told.reject(second.return_id)
    told.receive(first.return_id, 3)
    return told


def images(stage: Stage) -> list[Image]:
    """Of all that lists show, in the order of the stream."""
    found = []
    for change in stage.changes:
        images = change["dynamodb"]
        image = Image(
            item=images.get("NewImage") or images["OldImage"],
            is_gone=change["eventName"] == "REMOVE",
        )
        if image.is_listed:
            found.append(image)
    return found


def project(told: Sequence[Image], *, batch_size: int = 100) -> int:
    written = 0
    for start in range(0, len(told), batch_size):
        part = told[start : start + batch_size]
        batch = wiring.projector().batch(part)
        for image in part:
            batch.add(image)
        batch.write()
        written += sum(batch.apply(image) for image in part)
    return written


def without_marks(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A month that was left again stays marked; which ones depends on the order."""
    return [row for row in rows if not row["pk"]["S"].startswith("BUCKETS#")]


def test_repeated_late_and_shuffled_news_give_the_same_lists(stage: Stage, story: Story) -> None:
    project(images(stage))
    expected = without_marks(stage.rows())

    for seed in range(8):
        chance = random.Random(seed)
        told = images(stage) + chance.choices(images(stage), k=20)
        chance.shuffle(told)
        stage.empty_views()
        project(told, batch_size=chance.choice([1, 3, 10, 100]))

        assert without_marks(stage.rows()) == expected, f"seed {seed}"


def test_a_return_stands_in_the_list_of_its_present_status_only(stage: Stage, story: Story) -> None:
    project(images(stage), batch_size=1)

    by_status = {
        status: [row.order_no for row in wiring.views().returns(ReturnFilters(status=status)).items]
        for status in Status
    }
    filled = {status: rows for status, rows in by_status.items() if rows}
    assert filled == {Status.RECEIVED: ["O1"], Status.REJECTED: ["O2"]}


def test_news_that_was_applied_writes_nothing(stage: Stage, story: Story) -> None:
    project(images(stage))

    assert project(images(stage)) == 0


def test_a_deleted_record_leaves_all_lists_and_late_news_do_not_bring_it_back(
    stage: Stage, story: Story
) -> None:
    told = [image for image in images(stage) if image.item["type"]["S"] == "TASK"]
    project(told)
    assert _rows(stage, "TASKS#")

    project([Image(item=image.item, is_gone=True) for image in told])
    project(told)

    assert _rows(stage, "TASKS#") == []


def test_a_lock_that_stands_in_for_a_document_is_no_document(stage: Stage) -> None:
    lock = {"pk": {"S": "RETURN#r"}, "sk": {"S": "RETURN"}, "type": {"S": "LOCK"}, "v": {"N": "0"}}

    assert not Image(item=lock).is_listed
    assert rows_of(lock) == ()


@pytest.mark.parametrize("seen", [0, 1], ids=["nothing before", "an older version before"])
def test_who_loses_a_race_looks_again_and_leaves_no_rows_of_the_other_behind(
    stage: Stage, story: Story, seen: int
) -> None:
    returns = [image for image in images(stage) if image.item["type"]["S"] == "RETURN"]
    mine = [image for image in returns if image.key == returns[0].key]
    project(mine[:seen])
    slow = wiring.projector().batch(mine[-1:])
    project(mine[seen:-1])

    assert slow.apply(mine[-1])

    assert [row.status for row in wiring.views().returns(ReturnFilters()).items] == [
        Status.RECEIVED
    ]
    # In the lists of all, its status, warehouse, both, customer and order; and one of its SKU.
    assert len(_rows(stage, "RETURNS")) == 7


def test_who_keeps_losing_gives_up_for_now(stage: Stage, story: Story) -> None:
    class Contended(projection.Projector):
        def write(self, *_: object) -> bool:
            return False

    one = images(stage)[-1]

    with pytest.raises(TransientError):
        Contended(wiring.views_table()).batch([one]).apply(one)


def test_rows_and_cursor_are_written_together_or_not_at_all(stage: Stage, story: Story) -> None:
    one = next(image for image in images(stage) if image.item["type"]["S"] == "RETURN")
    rows = rows_of(one.item)
    after = Cursor(version=2, rows=tuple(row.key for row in rows))

    move = Move(key=one.key, before=Cursor(version=1), after=after, rows=rows)
    written = wiring.projector().write(move)

    assert not written
    assert without_marks(stage.rows()) == []


def test_a_rebuild_mends_what_was_lost_and_removes_what_should_not_be(
    stage: Stage, story: Story
) -> None:
    project(images(stage))
    expected = stage.rows()
    lost = _rows(stage, "RETURNS")[0]
    stage.dynamodb.delete_item(TableName="views", Key={"pk": lost["pk"], "sk": lost["sk"]})

    rebuild(wiring.core_table(), wiring.projector())
    assert stage.rows() == expected

    stage.empty_views()
    rebuild(wiring.core_table(), wiring.projector())
    assert without_marks(stage.rows()) == without_marks(expected)


def test_no_personal_data_or_free_text_reaches_a_list(stage: Stage, story: Story) -> None:
    project(images(stage))

    text = str(stage.rows())
    assert "A thing" not in text
    assert "contact" not in text


def test_a_refused_transaction_is_a_lost_race_whatever_the_reason(stage: Stage) -> None:
    class Refusing:
        name = "views"

        def transact(self, *_: object) -> None:
            raise Cancelled(["TransactionConflict"])

    refusing: Any = Refusing()  # Any: only what is asked of it is there

    move = Move(key=Key("a", "b"), before=Cursor(), after=Cursor(version=1), rows=[])

    assert not projection.Projector(refusing).write(move)
    assert list(projection.Projector(refusing).write_together([move])) == []


class Watched:
    """The views table: how many actions each transaction had, and a cursor it never takes."""

    def __init__(self, impossible: Key | None = None) -> None:
        self._table = wiring.views_table()
        self._impossible = impossible
        self.name = self._table.name
        self.sizes: list[int] = []

    def get(self, keys: Sequence[Key]) -> list[Item | None]:
        return self._table.get(keys)

    def put_all(self, items: Sequence[Item]) -> None:
        self._table.put_all(items)

    def transact(self, actions: Sequence[dict[str, Any]], token: str) -> None:
        self.sizes.append(len(actions))
        items = [action["Put"]["Item"] for action in actions if "Put" in action]
        if self._impossible in [Key(item["pk"]["S"], item["sk"]["S"]) for item in items]:
            answer = {"Error": {"Code": "ValidationException", "Message": "Item size"}}
            raise VerboseClientError(answer, "TransactWriteItems", {})
        self._table.transact(actions, token)


def _together(told: Sequence[Image], projector: projection.Projector) -> Batch:
    batch = projector.batch(told)
    for image in told:
        batch.add(image)
    batch.write()
    return batch


def test_records_share_transactions_of_what_one_may_hold(stage: Stage, story: Story) -> None:
    told = images(stage)
    project(told, batch_size=1)
    expected = stage.rows()
    stage.empty_views()
    watched: Any = Watched()  # Any: it does as a table does

    batch = _together(told, projection.Projector(watched, actions_max=20))

    assert without_marks(stage.rows()) == without_marks(expected)
    written = sum(batch.apply(image) for image in told)
    assert len(watched.sizes) < written
    assert max(watched.sizes) <= 20
    assert sum(watched.sizes[:-1]) > 10 * (len(watched.sizes) - 1)


def test_a_record_that_cannot_be_written_takes_no_other_with_it(stage: Stage, story: Story) -> None:
    told = images(stage)
    bad = [image for image in told if image.item["type"]["S"] == "ORDER"][-1]
    others = [image for image in told if image.key != bad.key]

    watched: Any = Watched(impossible=bad.key)  # Any: as above
    batch = _together(told, projection.Projector(watched))

    assert sum(batch.apply(image) for image in others) == len({image.key for image in others})
    with pytest.raises(VerboseClientError):
        batch.apply(bad)


def test_who_lost_one_race_in_company_is_written_alone(stage: Stage, story: Story) -> None:
    told = images(stage)
    returns = [image for image in told if image.item["type"]["S"] == "RETURN"]
    late = wiring.projector().batch(told)
    for image in told:
        late.add(image)
    project(returns[:1])

    late.write()
    assert not late.written

    assert sum(late.apply(image) for image in told) == len({image.key for image in told})
    assert project(told) == 0


def _rows(stage: Stage, prefix: str) -> list[dict[str, Any]]:
    return [row for row in stage.rows() if row["pk"]["S"].startswith(prefix)]
