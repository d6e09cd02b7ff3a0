"""Exports hold what was asked for, in full, without people and without formulas."""

import csv
import io
import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.core.money import Money
from chalicelib.inventory.model import Account, Balance
from chalicelib.orders.model import Contact
from chalicelib.returns.model import LinkedDocument
from chalicelib.store.actions import item_of
from tests.builders import line, order
from tests.stage import NOW, Stage
from tests.story import Story
from tools.cli.exporting import CsvWriter, NdjsonWriter, Wish, exported, whole_file
from tools.cli.shapes import SHAPES, cell, plain
from tools.stack.errors import StackError

_WHO = Contact(
    contact_id="con-1", customer_id="cus-1", name="Ann Example", email="ann@example.com",
    phone="+44 20", address="1 Street",
)  # fmt: skip
_SECRETS = ("Ann Example", "ann@example.com", "+44 20", "1 Street", "call me", "con-1", "rep-9")


def put(stage: Stage, *records: Any) -> None:
    for record in records:
        stage.dynamodb.put_item(TableName="core", Item=item_of(record))


def csv_of(stage: Stage, what: str, **more: Any) -> list[dict[str, str]]:
    wish = Wish(shape=SHAPES[what], **more)
    file = io.StringIO()
    _streamed(wish, CsvWriter(file, wish))
    text = file.getvalue()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:])))


def ndjson_of(stage: Stage, what: str, **more: Any) -> list[dict[str, Any]]:
    wish = Wish(shape=SHAPES[what], **more)
    file = io.StringIO()
    _streamed(wish, NdjsonWriter(file, wish))
    return [json.loads(text) for text in file.getvalue().splitlines()]


def _streamed(wish: Wish, writer: CsvWriter | NdjsonWriter) -> int:
    core = wiring.core_table()
    return exported(core.scan((wish.shape.item_type,)), core, wish, writer).records


@pytest.fixture
def story(stage: Stage) -> Story:
    told = Story(stage)
    told.stock("S1", "S2")
    told.order("O1")
    ret = told.return_("O1")
    told.approve(ret.return_id)
    told.receive(ret.return_id, 3)
    return told


@pytest.mark.parametrize("what", sorted(SHAPES))
def test_every_kind_has_a_value_for_each_of_its_columns(
    stage: Stage, story: Story, what: str
) -> None:
    rows, records = csv_of(stage, what), ndjson_of(stage, what)

    assert rows
    assert records
    assert tuple(rows[0]) == SHAPES[what].columns


def test_a_return_is_a_row_a_line_with_its_quantities(stage: Stage, story: Story) -> None:
    (row,) = csv_of(stage, "returns")

    assert (row["order_no"], row["sku"], row["requested"], row["received"]) == (
        "O1", "S1", "2", "2",
    )  # fmt: skip
    assert (row["amount"], row["currency"]) == ("20.00", "EUR")
    (record,) = ndjson_of(stage, "returns")
    assert record["status"] == row["status"]
    assert record["lines"][0]["groups"][0]["units"] == "1-2"


def test_entries_of_movements_sum_to_zero_in_the_file_too(stage: Stage, story: Story) -> None:
    rows = csv_of(stage, "movements")

    assert sum(int(row["quantity"]) for row in rows) == 0
    assert any(int(row["quantity"]) < 0 for row in rows)


def test_events_are_exported_as_they_are_archived(stage: Stage, story: Story) -> None:
    records = ndjson_of(stage, "events", source="tuiku/test")

    assert {record["source"] for record in records} == {"tuiku/test"}
    assert all(record["specversion"] == "1.0" and record["hash"] for record in records)


def test_no_personal_data_or_free_text_leaves_unless_it_is_asked_for(
    stage: Stage, story: Story
) -> None:
    sold = order(line(), no="O-9", contact_ref="con-1", sales_rep="rep-9")
    (known,) = stage_returns(stage)
    noted = replace(
        known,
        contact_ref="con-1",
        review_note="call me",
        lines=tuple(replace(each, note="call me") for each in known.lines),
        version=known.version,
    )
    put(stage, _WHO, sold, noted)

    for what in SHAPES:
        text = json.dumps([csv_of(stage, what), ndjson_of(stage, what)], ensure_ascii=False)
        assert not [secret for secret in _SECRETS if secret in text], what

    named = [row for row in csv_of(stage, "orders", with_contacts=True) if row["contact_name"]]
    assert [(row["order_no"], row["contact_email"]) for row in named] == [
        ("O-9", "ann@example.com")
    ]
    (row,) = csv_of(stage, "returns", with_contacts=True)
    assert (row["contact_name"], row["note"]) == ("Ann Example", "call me")
    (record,) = ndjson_of(stage, "returns", with_contacts=True)
    assert record["contact"]["email"] == "ann@example.com"


def stage_returns(stage: Stage) -> list[Any]:
    from chalicelib.returns.model import Return
    from chalicelib.store.codec import decode

    return [
        decode(item["body"]["S"], Return)
        for item in stage._all("core")
        if item["type"]["S"] == "RETURN"
    ]


@pytest.mark.parametrize("text", ["=1+1", "+44", "-x", "@SUM(A1)", "\t=1", " =1"])
def test_no_cell_is_taken_for_a_formula(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-3, "-3"),
        (Money(-444, "EUR"), "-4.44"),
        (Money(665, "JPY"), "665"),
        (None, ""),
        (True, "true"),
        (NOW, "2026-11-21T09:00:00.000Z"),
    ],
    ids=str,
)
def test_our_own_numbers_stay_numbers(value: Any, text: str) -> None:
    assert cell(value) == text


def test_a_balance_in_two_currencies_counts_its_units_once() -> None:
    balance = Balance(
        warehouse="W1", sku="S1", lot=None, account=Account.AVAILABLE, quantity=7,
        value_minor={"EUR": 400, "JPY": 30},
    )  # fmt: skip

    rows = list(SHAPES["stock"].rows(balance))

    assert [row["quantity"] for row in rows] == [7, 0]
    assert [cell(row["value"]) for row in rows] == ["4.00", "30"]
    assert plain(balance, is_private=True)["value"] == [
        {"amount": "4.00", "currency": "EUR"},
        {"amount": "30", "currency": "JPY"},
    ]


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [(None, None, 3), (1, None, 2), (None, 1, 1), (1, 2, 1), (2, 2, 0)],
)
def test_since_is_included_and_until_is_not(
    stage: Stage, since: int | None, until: int | None, found: int
) -> None:
    put(stage, *(order(line(), no=f"O-{n}", placed_at=_day(n)) for n in range(3)))

    rows = csv_of(stage, "orders", since=_day(since), until=_day(until))

    assert len(rows) == found


def _day(number: int | None) -> datetime | None:
    return None if number is None else NOW + timedelta(days=number)


def test_a_record_that_cannot_be_read_is_counted_and_left_out(stage: Stage) -> None:
    put(stage, order(line(), no="O-1"), order(line(), no="O-2"))
    broken = {**item_of(order(line(), no="O-3")), "body": {"S": "{}"}}
    stage.dynamodb.put_item(TableName="core", Item=broken)
    wish = Wish(shape=SHAPES["orders"])

    core = wiring.core_table()
    done = exported(core.scan(("ORDER",)), core, wish, NdjsonWriter(io.StringIO(), wish))

    assert (done.records, done.unreadable) == (2, 1)


def test_a_file_is_there_when_it_is_whole_and_only_for_its_owner(tmp_path: Path) -> None:
    out = tmp_path / "orders.csv"

    def interrupted() -> None:
        with whole_file(out) as file:
            file.write("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert list(tmp_path.iterdir()) == []
    with whole_file(out) as file:
        file.write("whole")
        assert not out.exists()
    assert out.read_text() == "whole"
    assert out.stat().st_mode & 0o777 == 0o600


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="cannot be written"), whole_file(tmp_path / "no" / "x"):
        pass


def test_a_return_keeps_its_key_in_the_other_system_and_names_its_serials(
    stage: Stage, story: Story
) -> None:
    (item,) = [i for i in stage._all("core") if i["type"]["S"] == "RETURN"]
    ret = wiring.reads().return_(item["pk"]["S"].partition("#")[2])
    assert ret is not None
    document = LinkedDocument(kind="external_ref", ref="=ERP-7")
    line = replace(ret.lines[0], serials={"1": "S1", "2": "S2"}, exchange_for="SKU-9")
    put(stage, replace(ret, documents=(document,), lines=(line,), campaign_id="cmp_1"))

    (row,) = csv_of(stage, "returns")

    assert (row["external_ref"], row["serials"]) == ("'=ERP-7", "S1;S2")
    assert (row["campaign_id"], row["exchange_for"]) == ("cmp_1", "SKU-9")
