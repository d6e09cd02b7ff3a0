"""What a returns file may say, and that every fault is named by row and column."""

from datetime import UTC, datetime

import pytest

from chalicelib.core.errors import Invalid
from chalicelib.imports import returns
from chalicelib.imports.returns import ReadReturn, Reasons
from chalicelib.imports.sheet import read_sheet
from chalicelib.orders.model import Order
from chalicelib.reasons.built_in import built_in
from chalicelib.reasons.systems import system_of
from chalicelib.returns.model import LinkedDocument, Method, Resolution, ReturnType
from chalicelib.returns.wishes import RequestedLine, RequestReturn
from tests.builders import line, order
from tests.imports.files import as_csv, return_row


def read(text: str, system: str | None = None) -> list[ReadReturn]:
    sheet = read_sheet(text.encode(), returns.COLUMNS)
    groups = list(returns.grouped(sheet))
    torn = returns.torn_apart(groups)
    reasons = Reasons(catalogue=built_in(), system=system_of(system) if system else None)
    return [
        returns.read_return(sheet, group, torn=torn, currency="CNY", reasons=reasons)
        for group in groups
    ]


def faults(*rows: dict[str, str], system: str | None = None) -> list[tuple[int, str, str]]:
    found = read(as_csv(*rows), system)
    return [(e.row, e.column, e.code) for one in found for e in one.errors]


def request(*rows: dict[str, str], system: str | None = None) -> RequestReturn:
    (one,) = read(as_csv(*rows), system)
    assert one.errors == ()
    assert one.request is not None
    return one.request


def test_a_return_of_two_lines_is_read_whole() -> None:
    made = request(
        return_row(
            type="quality", method="pickup", warehouse="W1", requested_at="2026-11-01T09:00:00Z",
            documents="qc_report=QC-1; photo=p/2.jpg", submit="false",
        ),
        return_row(
            order_line_no="", sku="S2", quantity="2", reason="OTHER", note="scratched, 划痕",
            resolution="exchange", exchange_for="S3", serials="A;B",
        ),
    )  # fmt: skip

    assert (made.order_no, made.type, made.method) == ("O1", ReturnType.QUALITY, Method.PICKUP)
    assert (made.warehouse, made.submit) == ("W1", False)
    assert made.requested_at == datetime(2026, 11, 1, 9, tzinfo=UTC)
    assert made.documents == (
        LinkedDocument(kind="external_ref", ref="X1"),
        LinkedDocument(kind="qc_report", ref="QC-1"),
        LinkedDocument(kind="photo", ref="p/2.jpg"),
    )
    assert made.lines == (
        RequestedLine(order_line_no="1", quantity=1, reason="CHANGED_MIND"),
        RequestedLine(
            sku="S2",
            quantity=2,
            reason="OTHER",
            note="scratched, 划痕",
            resolution=Resolution.EXCHANGE,
            exchange_for="S3",
            serials=("A", "B"),
        ),
    )


def test_columns_that_are_optional_may_be_missing() -> None:
    made = request(
        {name: return_row()[name] for name in ("external_ref", "quantity", "reason")}
        | {"sku": "S1"}
    )

    assert (made.order_no, made.submit, made.currency) == (None, True, "CNY")
    assert (made.type, made.method) == (ReturnType.CUSTOMER_RETURN, Method.COURIER)


@pytest.mark.parametrize(
    ("changed", "column", "code"),
    [
        ({"external_ref": ""}, "external_ref", "required"),
        ({"quantity": "0"}, "quantity", "quantity_range"),
        ({"quantity": "1.5"}, "quantity", "not_a_whole_number"),
        ({"reason": ""}, "reason", "required"),
        ({"reason": "BAD_MOOD"}, "reason", "unknown_reason"),
        ({"reason": "OTHER"}, "note", "note_required"),
        ({"note": "x" * 2001}, "note", "too_long"),
        ({"note": "a\u202eb"}, "note", "hidden_characters"),
        ({"order_line_no": ""}, "sku", "required"),
        ({"order_line_no": "?"}, "order_line_no", "bad_id"),
        ({"sku": "?"}, "sku", "bad_code"),
        ({"serials": "A;B"}, "serials", "serial_count"),
        ({"resolution": "money"}, "resolution", "unknown_choice"),
        ({"exchange_for": "=1"}, "exchange_for", "bad_code"),
        ({"type": "gift"}, "type", "unknown_choice"),
        ({"method": "pigeon"}, "method", "unknown_choice"),
        ({"requested_at": "yesterday"}, "requested_at", "bad_time"),
        ({"submit": "maybe"}, "submit", "not_true_or_false"),
        ({"documents": "invoice"}, "documents", "bad_document"),
        ({"documents": "=QC"}, "documents", "bad_document"),
        ({"documents": 21 * "photo=1;"}, "documents", "too_many_documents"),
        ({"order_no": ""}, "order_line_no", "line_reference"),
        ({"order_no": "", "order_line_no": "", "sku": ""}, "sku", "required"),
    ],
)  # fmt: skip
def test_a_bad_cell_is_named(changed: dict[str, str], column: str, code: str) -> None:
    assert (2, column, code) in faults(return_row(**changed))


def test_reasons_of_another_system_are_read_by_its_table() -> None:
    made = request(
        return_row(reason="DEFECTIVE"),
        return_row(order_line_no="2", reason="unwanted", note="Two too many."),
        system="shopify",
    )

    told = [(wish.reason, wish.note) for wish in made.lines]
    assert told == [("QUALITY_DEFECT", None), ("CHANGED_MIND", "Two too many.")]


def test_where_our_reason_says_too_little_theirs_is_the_note() -> None:
    made = request(
        return_row(reason="doesNotFit"),
        return_row(order_line_no="2", reason="other", note="It squeaks."),
        system="google_merchant",
    )

    told = [(wish.reason, wish.note) for wish in made.lines]
    assert told == [("OTHER", "doesNotFit"), ("OTHER", "It squeaks.")]


def test_a_reason_that_the_other_system_does_not_have_is_named() -> None:
    rows = (return_row(reason="DEFECTIVE"), return_row(order_line_no="2", reason="CHANGED_MIND"))

    assert faults(*rows, system="shopify") == [(3, "reason", "reason_not_in_system")]
    assert faults(return_row(reason="DEFECTIVE")) == [(2, "reason", "unknown_reason")]


def test_every_fault_of_every_row_is_named() -> None:
    rows = (return_row(quantity="x", reason="?"), return_row(order_line_no="2", serials="A;B"))

    assert faults(*rows) == [(2, "quantity", "not_a_whole_number")]
    assert faults(return_row(reason="?"), rows[1]) == [
        (2, "reason", "unknown_reason"),
        (3, "serials", "serial_count"),
    ]


def test_what_belongs_to_the_whole_return_is_repeated_alike_or_left_out() -> None:
    first = return_row(method="store")

    assert faults(first, return_row(order_line_no="2", method="")) == []
    assert faults(first, return_row(order_line_no="2", method="pickup")) == [
        (3, "method", "differs_within_return")
    ]


def test_rows_of_a_return_that_do_not_follow_each_other_are_refused() -> None:
    rows = (return_row(), return_row(external_ref="X2"), return_row(order_line_no="2"))

    assert faults(*rows) == [
        (2, "external_ref", "return_not_adjacent"),
        (4, "external_ref", "return_not_adjacent"),
    ]


def test_goods_sent_by_error_may_be_named_by_sku_alone() -> None:
    made = request(return_row(type="stock_error", order_line_no="", sku="S9"))

    assert returns.with_lines(made, sold()) == made


def sold() -> Order:
    return order(line("1", sku="S1"), line("2", sku="S2"), line("3", sku="S2"))


def named(order_line_no: str | None, sku: str | None) -> RequestReturn:
    wish = RequestedLine(order_line_no=order_line_no, sku=sku, quantity=1, reason="CHANGED_MIND")
    return RequestReturn(order_no="O-1", lines=(wish,))


@pytest.mark.parametrize(
    ("order_line_no", "sku", "line_no"), [("1", None, "1"), (None, "S1", "1"), ("3", "S2", "3")]
)
def test_a_row_names_its_line_by_number_or_by_sku(
    order_line_no: str | None, sku: str | None, line_no: str
) -> None:
    (wish,) = returns.with_lines(named(order_line_no, sku), sold()).lines

    assert wish.order_line_no == line_no


@pytest.mark.parametrize(
    ("order_line_no", "sku", "code"),
    [
        (None, "S9", "sku_not_in_order"),
        (None, "S2", "sku_on_several_lines"),
        ("1", "S2", "sku_differs"),
    ],
)
def test_a_sku_that_names_no_line_or_several_is_a_fault(
    order_line_no: str | None, sku: str, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        returns.with_lines(named(order_line_no, sku), sold())

    assert [(e.pointer, e.code) for e in refused.value.errors] == [("/lines/0/sku", code)]
