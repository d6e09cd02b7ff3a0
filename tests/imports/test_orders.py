"""What an orders file may say, and that every fault is named by row and column."""

from dataclasses import replace
from typing import get_args

import pytest

from chalicelib.api.schemas.orders import Provider
from chalicelib.contracts import fields
from chalicelib.core.errors import Conflict
from chalicelib.core.money import Money
from chalicelib.imports import cells, orders
from chalicelib.imports.sheet import CELL_CHARACTERS_MAX, ROWS_MAX, BadFile, read_sheet
from chalicelib.imports.tally import refusal
from chalicelib.orders.model import LineKind
from chalicelib.orders.terms_of_sale import TermsOfSale
from tests.builders import NOW, Shop, eur, line, order
from tests.imports.files import as_csv, order_row


def read(text: str | bytes) -> list[orders.ReadOrder]:
    content = text.encode() if isinstance(text, str) else text
    sheet = read_sheet(content, orders.COLUMNS)
    groups = list(orders.grouped(sheet))
    torn = orders.torn_apart(groups)
    return [orders.read_order(sheet, group, torn=torn, now=NOW) for group in groups]


def faults(text: str) -> list[tuple[int, str, str]]:
    return [(e.row, e.column, e.code) for read_one in read(text) for e in read_one.errors]


def test_an_order_of_two_lines_and_deliveries_is_read_whole() -> None:
    text = as_csv(
        order_row(channel="web", region="FR", order_discount="1.00", shipping="4.00"),
        order_row(
            line_no="2", sku="S2", quantity="1", unit_price="5.00", line_discount="0.50",
            tax_name="VAT", tax_rate="0.20", tax_amount="0.75", unit_cost="2.00", lot="L1",
            serials="SN-1", final_sale="true", category="toys", supplier_id="sup-1",
            delivery_no="D2", delivered_at="2026-11-03T09:00:00+01:00",
        ),
    )  # fmt: skip

    [made] = read(text)

    assert made.errors == ()
    assert made.command is not None
    order = made.command.order
    assert (order.channel, order.region, order.tax_included) == ("web", "FR", True)
    assert [d.delivery_no for d in order.deliveries] == ["D-O1", "D2"]
    assert order.deliveries[1].items[0].serials == ("SN-1",)
    assert order.lines[1].final_sale
    assert order.payments[0].captured.amount == "27.50"


def test_what_belongs_to_the_whole_order_is_read_with_its_payment() -> None:
    text = as_csv(
        order_row(
            currency="KWD", unit_price="10.005", exchange_rate="3.2510", shipping="1.500",
            shipping_tax="0.250", shipping_tax_rate="0.2", standard_shipping="0.900",
            points_spent="120", points_earned="30", payment_id="p-1", payment_method="card",
            payment_provider="stripe", payment_ref="pi_1", payment_captured="15.000",
            payment_refunded="0.005", invoice_no="INV-1",
        )
    )  # fmt: skip

    [made] = read(text)

    assert made.command is not None
    order = made.command.order
    assert (order.exchange_rate, order.points_spent, order.points_earned) == ("3.2510", 120, 30)
    assert (order.shipping.minor, order.shipping_tax.minor) == (1500, 250)
    assert (order.shipping_tax_rate, order.standard_shipping) == ("0.2", Money(900, "KWD"))
    [payment] = order.payments
    assert (payment.provider, payment.provider_ref) == ("stripe", "pi_1")
    assert (payment.captured.minor, payment.refunded.minor) == (15_000, 5)
    assert order.lines[0].invoice_no == "INV-1"


def test_columns_that_are_optional_may_be_missing() -> None:
    row = {name: order_row()[name] for name in orders.COLUMNS.required}

    [made] = read(as_csv(row))

    assert made.command is not None
    assert made.command.order.deliveries == ()
    assert made.command.order.lines[0].name == "S1"


def test_a_service_line_and_a_payment_of_nothing_are_taken() -> None:
    nowhere = {"delivery_no": "", "warehouse": "", "shipped_at": ""}
    text = as_csv(order_row(kind="service", payment_captured="0.00", **nowhere))

    [made] = read(text)

    assert made.command is not None
    assert made.command.order.lines[0].kind is LineKind.SERVICE
    assert made.command.order.payments[0].captured.minor == 0


@pytest.mark.parametrize(
    ("cells", "terms"),
    [
        ({}, TermsOfSale()),
        ({"policy": "b2b"}, TermsOfSale(policy="b2b")),
        ({"policy_version": "b2b-1"}, TermsOfSale(version="b2b-1")),
    ],
)
def test_a_row_may_name_the_policy_or_its_version(
    cells: dict[str, str], terms: TermsOfSale
) -> None:
    [made] = read(as_csv(order_row(**cells)))

    assert made.command is not None
    assert made.command.terms == terms


def test_a_byte_order_mark_is_left_aside() -> None:
    [made] = read(as_csv(order_row()).encode("utf-8-sig"))

    assert made.errors == ()


BAD_ROWS: list[tuple[str, dict[str, str], str, str]] = [
    ("no order", {"order_no": "", "delivery_no": "D1"}, "order_no", "required"),
    ("order with a slash", {"order_no": "O/1", "delivery_no": "D1"}, "order_no", "bad_id"),
    ("order with a fence", {"order_no": "O#1", "delivery_no": "D1"}, "order_no", "bad_id"),
    ("no customer", {"customer_id": ""}, "customer_id", "required"),
    ("no time", {"placed_at": ""}, "placed_at", "required"),
    ("local time", {"placed_at": "2026-11-01T09:00:00"}, "placed_at", "bad_time"),
    ("seconds since 1970", {"placed_at": "1700000000"}, "placed_at", "bad_time"),
    ("no such day", {"placed_at": "2026-02-30T09:00:00Z"}, "placed_at", "bad_time"),
    ("year 9999", {"placed_at": "9999-01-01T09:00:00Z"}, "placed_at", "year_range"),
    ("no currency", {"currency": ""}, "currency", "required"),
    ("unknown currency", {"currency": "EURO"}, "currency", "unknown_currency"),
    ("policy with a slash", {"policy": "a/b"}, "policy", "bad_id"),
    ("policy and version", {"policy": "standard", "policy_version": "no-window"}, "policy",
     "policy_or_version"),
    ("maybe included", {"tax_included": "maybe"}, "tax_included", "not_true_or_false"),
    ("no line", {"line_no": ""}, "line_no", "required"),
    ("no sku", {"sku": ""}, "sku", "required"),
    ("sku with a fence", {"sku": "S#1"}, "sku", "bad_code"),
    ("name too long", {"name": "x" * 201}, "name", "too_long"),
    ("name that turns round", {"name": "a\u202eb"}, "name", "hidden_characters"),
    ("no quantity", {"quantity": ""}, "quantity", "required"),
    ("nothing sold", {"quantity": "0"}, "quantity", "quantity_range"),
    ("less than nothing", {"quantity": "-1"}, "quantity", "quantity_range"),
    ("a half", {"quantity": "1.5"}, "quantity", "not_a_whole_number"),
    ("full-width digits", {"quantity": "２"}, "quantity", "not_a_whole_number"),
    ("too many", {"quantity": "1000001"}, "quantity", "quantity_range"),
    ("no price", {"unit_price": ""}, "unit_price", "required"),
    ("price with comma", {"unit_price": "10,00"}, "unit_price", "bad_amount"),
    ("price 1e3", {"unit_price": "1e3"}, "unit_price", "bad_amount"),
    ("price NaN", {"unit_price": "NaN"}, "unit_price", "bad_amount"),
    ("negative price", {"unit_price": "-1.00"}, "unit_price", "negative_amount"),
    ("a third of a cent", {"unit_price": "1.001"}, "unit_price", "too_many_digits"),
    ("order discount above all", {"order_discount": "21.00"}, "order_discount",
     "discount_above_price"),
    ("tax without amount", {"tax_rate": "0.2"}, "tax_amount", "required"),
    ("tax without rate", {"tax_amount": "1.00"}, "tax_rate", "required"),
    ("rate in per cent", {"tax_rate": "20%", "tax_amount": "1.00"}, "tax_rate", "bad_rate"),
    ("tax above price", {"tax_rate": "0.2", "tax_amount": "30.00"}, "tax_amount",
     "tax_above_price"),
    ("unknown kind", {"kind": "digital"}, "kind", "unknown_choice"),
    ("unknown provider", {"payment_provider": "bank"}, "payment_provider", "unknown_choice"),
    ("more refunded than captured", {"payment_refunded": "20.01"}, "payment_refunded",
     "refunded_above_captured"),
    ("exchange rate of nothing", {"exchange_rate": "0.0"}, "exchange_rate", "zero_rate"),
    ("exchange rate in words", {"exchange_rate": "par"}, "exchange_rate", "bad_rate"),
    ("exchange rate beyond measure", {"exchange_rate": "1000001"}, "exchange_rate", "rate_range"),
    ("shipping tax above shipping", {"shipping": "1.00", "shipping_tax": "1.01"}, "shipping_tax",
     "tax_above_price"),
    ("negative shipping", {"standard_shipping": "-1.00"}, "standard_shipping", "negative_amount"),
    ("half a point", {"points_spent": "0.5"}, "points_spent", "not_a_whole_number"),
    ("points owed", {"points_earned": "-1"}, "points_earned", "quantity_range"),
    ("invoice with a fence", {"invoice_no": "INV#1"}, "invoice_no", "bad_code"),
    ("bad capture", {"payment_captured": "much"}, "payment_captured", "bad_amount"),
    ("warehouse without delivery", {"delivery_no": "", "shipped_at": ""}, "delivery_no",
     "required"),
    ("delivery without warehouse", {"warehouse": ""}, "warehouse", "required"),
    ("delivery without time", {"shipped_at": ""}, "shipped_at", "required"),
    ("delivered before shipped", {"delivered_at": "2026-11-01T09:00:00Z"}, "delivered_at",
     "delivered_before_shipped"),
    ("too few serials", {"serials": "A"}, "serials", "serial_count"),
    ("the same serial twice", {"serials": "A;A"}, "serials", "serial_count"),
    ("serial with a comma", {"serials": "A;B,C"}, "serials", "bad_code"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "column", "code"),
    [case[1:] for case in BAD_ROWS],
    ids=[case[0] for case in BAD_ROWS],
)
def test_a_bad_cell_is_named(changed: dict[str, str], column: str, code: str) -> None:
    assert faults(as_csv(order_row(**changed))) == [(2, column, code)]


def test_all_faults_of_an_order_are_named_at_once() -> None:
    text = as_csv(order_row(quantity="x", unit_price="y"), order_row(line_no="2", sku="?"))

    assert faults(text) == [
        (2, "quantity", "not_a_whole_number"),
        (2, "unit_price", "bad_amount"),
        (3, "sku", "bad_code"),
    ]


def test_a_discount_is_not_above_its_line() -> None:
    text = as_csv(order_row(line_discount="20.01"), order_row(line_no="2"))

    assert faults(text) == [(2, "line_discount", "discount_above_price")]


def test_what_is_of_the_order_may_not_differ_between_its_rows() -> None:
    text = as_csv(order_row(region="FR"), order_row(line_no="2", region="DE"))

    assert faults(text) == [(3, "region", "differs_within_order")]


def test_what_is_of_a_delivery_may_not_differ_between_its_rows() -> None:
    text = as_csv(order_row(), order_row(line_no="2", warehouse="W2"))

    assert faults(text) == [(3, "warehouse", "differs_within_delivery")]


def test_a_line_number_comes_once() -> None:
    text = as_csv(order_row(), order_row())

    assert (3, "line_no", "duplicate_line") in faults(text)


def test_rows_of_one_order_stand_together() -> None:
    text = as_csv(order_row(), order_row(order_no="O2"), order_row(line_no="2"))

    assert faults(text) == [
        (2, "order_no", "order_not_adjacent"),
        (4, "order_no", "order_not_adjacent"),
    ]


def test_a_row_has_as_many_cells_as_the_header() -> None:
    header = ",".join(order_row())
    cells_ = ",".join(order_row().values())

    assert faults(f"{header}\n{cells_},more\n") == [(2, "", "cell_count")]


def test_empty_lines_count_as_rows_but_say_nothing() -> None:
    header, row = as_csv(order_row(quantity="x")).split("\r\n")[:2]

    assert faults(f"{header}\n\n\n{row}\n") == [(4, "quantity", "not_a_whole_number")]


BAD_FILES = [
    ("nothing", b"", "empty_file"),
    ("only a header", b"order_no\n", "bad_header"),
    ("latin-1", "order_no\ncaf\xe9".encode("latin-1"), "not_utf8"),
    ("utf-16", as_csv(order_row()).encode("utf-16"), "not_utf8"),
    ("a column missing", as_csv({"order_no": "O1"}).encode(), "bad_header"),
    ("a column unknown", as_csv(order_row(colour="red")).encode(), "bad_header"),
    ("a column twice", (",".join([*order_row(), "sku"]) + "\n1").encode(), "bad_header"),
    ("semicolons", ";".join(order_row()).encode(), "bad_header"),
    ("no rows", as_csv(header=list(order_row())).encode(), "no_rows"),
    ("a quote that never ends", as_csv(order_row()).encode() + b'"O1,', "malformed_csv"),
    ("text after a quote", as_csv(order_row()).encode() + b'"O1"x,c', "malformed_csv"),
    (
        "a cell too large",
        as_csv(order_row(name="x" * (CELL_CHARACTERS_MAX + 1))).encode(),
        "malformed_csv",
    ),
    ("too many rows", (",".join(order_row()) + "\n" + "a\n" * (ROWS_MAX + 1)).encode(),
     "too_many_rows"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "code"), [case[1:] for case in BAD_FILES], ids=[case[0] for case in BAD_FILES]
)
def test_a_bad_file_is_refused_as_a_whole(content: bytes, code: str) -> None:
    with pytest.raises(BadFile) as refused:
        read_sheet(content, orders.COLUMNS)

    assert refused.value.code == code


def test_every_fault_of_a_header_is_named() -> None:
    header = [name for name in order_row() if name != "sku"]

    with pytest.raises(BadFile) as refused:
        read_sheet((",".join([*header, "colour", "quantity"]) + "\n").encode(), orders.COLUMNS)

    assert [(e.row, e.column, e.code) for e in refused.value.rows] == [
        (1, "sku", "missing_column"),
        (1, "quantity", "duplicate_column"),
        (1, "colour", "unknown_column"),
    ]


def test_the_largest_file_is_read() -> None:
    text = "\r\n".join([",".join(order_row()), *[",".join(order_row().values())] * ROWS_MAX])

    assert len(read_sheet(text.encode(), orders.COLUMNS).rows) == ROWS_MAX


def test_cells_take_what_requests_take() -> None:
    assert f"^{cells.ID.pattern}$" == fields.ID_PATTERN
    code = next(m.pattern for m in fields.Code.__metadata__ if hasattr(m, "pattern"))  # type: ignore[attr-defined]  # of Annotated
    assert f"^{cells.CODE.pattern}$" == code
    assert cells.HIDDEN.pattern == fields._HIDDEN.pattern
    assert cells.QUANTITY_MAX == fields.QUANTITY_MAX
    assert get_args(Provider) == orders.PROVIDERS
    assert (cells.YEAR_MIN, cells.YEAR_MAX) == (fields.YEAR_MIN, fields.YEAR_MAX)


@pytest.mark.parametrize(
    ("changed", "column"),
    [
        ({"shipping": eur(1)}, "shipping"),
        ({"payments": ()}, "payment_id"),
        ({"discount": eur(1)}, "line_no"),
    ],
    ids=["shipping", "payments", "discount"],
)
def test_what_returns_hang_on_is_told_at_its_column(
    shop: Shop, changed: dict[str, object], column: str
) -> None:
    sold = shop.sells(order(line(quantity=2)))
    shop.asks()

    with pytest.raises(Conflict) as refused:
        shop.registers(replace(sold, **changed))  # type: ignore[arg-type]  # as is

    assert refusal(refused.value, 7, {}).column == column
