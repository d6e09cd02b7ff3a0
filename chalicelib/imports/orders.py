"""Rows of an orders file as orders: one row a line, the rows of an order next to each other.

Pure. What belongs to the whole order (or delivery) is stated once or repeated alike; a payment that
states no amount is of the order's total. Whether an order adds up is orders.validation's business.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from chalicelib.core.errors import FieldError
from chalicelib.core.money import CURRENCY_DIGITS, Money
from chalicelib.imports.cells import Cells
from chalicelib.imports.kits import kit_parts
from chalicelib.imports.promotions import coupons, promotions
from chalicelib.imports.sheet import Columns, Row, RowError, Sheet
from chalicelib.orders.model import (
    DeliveredItem,
    Delivery,
    LineKind,
    Order,
    OrderLine,
    Payment,
    TaxLine,
)
from chalicelib.orders.registration import RegisterOrder
from chalicelib.orders.terms_of_sale import UNDECIDED, TermsOfSale
from chalicelib.orders.validation import told_faults
from chalicelib.orders.value import order_total

_NEEDED_OF_ORDER = ("customer_id", "placed_at", "currency")
_FURTHER_OF_ORDER = (
    "channel", "region", "policy", "policy_version",
    "exchange_rate", "tax_included", "order_discount", "shipping", "shipping_tax",
    "shipping_tax_rate", "standard_shipping", "coupons", "points_spent", "points_earned",
    "promotions", "payment_id", "payment_method", "payment_provider", "payment_ref",
    "payment_captured", "payment_refunded",
)  # fmt: skip
ORDER_COLUMNS = (*_NEEDED_OF_ORDER, *_FURTHER_OF_ORDER)
DELIVERY_COLUMNS = ("warehouse", "shipped_at", "delivered_at")
COLUMNS = Columns(
    required=("order_no", *_NEEDED_OF_ORDER, "line_no", "sku", "quantity", "unit_price"),
    optional=(
        *_FURTHER_OF_ORDER, "name", "category", "line_discount", "tax_name", "tax_rate",
        "tax_amount", "unit_cost", "supplier_id", "invoice_no", "lot", "serials", "final_sale",
        "kind", "kit", "delivery_no", *DELIVERY_COLUMNS,
    ),
)  # fmt: skip
PROVIDERS = ("sandbox", "manual", "stripe", "store_credit")
_ORDER_MONEY = ("order_discount", "shipping", "shipping_tax", "standard_shipping")
_COLUMN_OF = {
    "discount": "line_discount",
    "taxes": "tax_amount",
    "customer_id": "customer_id",
    "captured": "payment_captured",
    "refunded": "payment_refunded",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRows:
    """The rows of one order, in the order of the file."""

    order_no: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOrder:
    """What the rows of one order say: a command, or why there is none."""

    command: RegisterOrder | None
    errors: tuple[RowError, ...]


def grouped(sheet: Sheet) -> Iterator[OrderRows]:
    """The rows order by order, as they stand next to each other."""
    place = sheet.header.index("order_no")

    def order_no_of(row: Row) -> str:
        return row.cells[place].strip() if place < len(row.cells) else ""

    for order_no, rows in groupby(sheet.rows, key=order_no_of):
        yield OrderRows(order_no=order_no, rows=tuple(rows))


def torn_apart(orders: list[OrderRows]) -> frozenset[str]:
    """Orders whose rows do not stand next to each other: none of their parts may be taken."""
    seen: set[str] = set()
    torn: set[str] = set()
    for order in orders:
        (torn if order.order_no in seen else seen).add(order.order_no)
    return frozenset(torn)


def read_order(sheet: Sheet, order: OrderRows, *, torn: frozenset[str], now: datetime) -> ReadOrder:
    """Read one order and check it as a whole."""
    rows = [_cells(sheet, row) for row in order.rows]
    first = rows[0]
    for cells in rows:
        if order.order_no in torn:
            cells.fault("order_no", "order_not_adjacent", "Its rows do not follow each other.")
        _check_repeated(first, cells, ORDER_COLUMNS, "differs_within_order")
    lines = [_line(cells, first.text("currency")) for cells in rows]
    head, terms = _order(first, now), _terms(first)
    payment = _payment(first, head.currency if head else None)
    deliveries = _deliveries(rows)
    errors = tuple(error for cells in rows for error in cells.errors)
    if errors or head is None or payment is None:
        return ReadOrder(command=None, errors=errors)
    told = replace(
        head,
        lines=tuple(line for line in lines if line is not None),
        deliveries=tuple(deliveries.values()),
    )
    errors = tuple(_translated(told_faults(told), rows))
    if errors:
        return ReadOrder(command=None, errors=errors)
    if not first.text("payment_captured"):
        payment = replace(payment, captured=order_total(told))
    if payment.refunded > payment.captured:
        first.fault("payment_refunded", "refunded_above_captured", "More than was captured.")
        return ReadOrder(command=None, errors=tuple(first.errors))
    command = RegisterOrder(order=replace(told, payments=(payment,)), terms=terms)
    return ReadOrder(command=command, errors=())


def _cells(sheet: Sheet, row: Row) -> Cells:
    cells = Cells(row.number, sheet.values(row))
    if len(row.cells) != len(sheet.header):
        message = f"{len(row.cells)} cells; the header has {len(sheet.header)}."
        cells.fault("", "cell_count", message)
    return cells


def _check_repeated(first: Cells, cells: Cells, columns: tuple[str, ...], code: str) -> None:
    for column in columns:
        if cells.text(column) and cells.text(column) != first.text(column):
            cells.fault(column, code, f"{column} is another than in row {first.row}.")


def _order(cells: Cells, now: datetime) -> Order | None:
    for column in ("order_no", "customer_id", "placed_at"):
        cells.required(column)
    order_no, customer_id = cells.id("order_no"), cells.id("customer_id")
    placed_at, currency = cells.moment("placed_at"), cells.currency("currency")
    told = {name: cells.money(name, currency) for name in _ORDER_MONEY}
    shipping_tax_rate, exchange_rate = cells.rate("shipping_tax_rate"), cells.rate("exchange_rate")
    points_spent, points_earned = cells.points("points_spent"), cells.points("points_earned")
    agreed, redeemed = promotions(cells, currency), coupons(cells, currency)
    is_tax_included = cells.yes_no("tax_included", default=True)
    channel, region = cells.label("channel"), cells.label("region")
    if order_no is None or customer_id is None or placed_at is None or currency is None:
        return None
    zero = Money.zero(currency)
    return Order(
        order_no=order_no,
        customer_id=customer_id,
        currency=currency,
        placed_at=placed_at,
        policy_version=UNDECIDED,
        lines=(),
        payments=(),
        discount=told["order_discount"] or zero,
        shipping=told["shipping"] or zero,
        shipping_tax=told["shipping_tax"] or zero,
        shipping_tax_rate=shipping_tax_rate,
        standard_shipping=told["standard_shipping"],
        tax_included=is_tax_included,
        exchange_rate=exchange_rate or "1",
        coupons=redeemed,
        points_spent=points_spent,
        points_earned=points_earned,
        promotions=agreed,
        channel=channel,
        region=region,
        created_at=now,
        updated_at=now,
    )


def _terms(cells: Cells) -> TermsOfSale:
    policy, version = cells.id("policy"), cells.id("policy_version")
    if policy is not None and version is not None:
        cells.fault("policy", "policy_or_version", "Give policy or policy_version, not both.")
    return TermsOfSale(version=version, policy=policy)


def _line(cells: Cells, currency: str) -> OrderLine | None:
    known = currency if currency in CURRENCY_DIGITS else None
    for column in ("line_no", "sku", "unit_price"):
        cells.required(column)
    line_no, sku, quantity = cells.id("line_no"), cells.code("sku"), cells.quantity("quantity")
    price, discount = cells.money("unit_price", known), cells.money("line_discount", known)
    taxes, cost = _taxes(cells, known), cells.money("unit_cost", known)
    name, category = cells.label("name"), cells.label("category")
    kind = cells.choice("kind", ("goods", "service"), "goods")
    supplier_id, is_final = cells.id("supplier_id"), cells.yes_no("final_sale", default=False)
    kit, invoice_no = kit_parts(cells), cells.code("invoice_no")
    if cells.errors or line_no is None or sku is None or quantity is None or price is None:
        return None
    return OrderLine(
        line_no=line_no,
        sku=sku,
        name=name or sku,
        quantity=quantity,
        unit_price=price,
        discount=discount or Money.zero(price.currency),
        kind=LineKind(kind),
        category=category,
        final_sale=is_final,
        supplier_id=supplier_id,
        taxes=taxes,
        unit_cost=cost,
        kit=kit,
        invoice_no=invoice_no,
    )


def _taxes(cells: Cells, currency: str | None) -> tuple[TaxLine, ...]:
    name, rate = cells.label("tax_name"), cells.rate("tax_rate")
    amount = cells.money("tax_amount", currency)
    if not cells.text("tax_amount"):
        if cells.text("tax_rate") or cells.text("tax_name"):
            cells.fault("tax_amount", "required", "A tax states its amount.")
        return ()
    if not cells.text("tax_rate"):
        cells.fault("tax_rate", "required", "A tax states its rate.")
    if rate is None or amount is None:
        return ()
    return (TaxLine(name=name or "tax", rate=rate, amount=amount),)


def _payment(cells: Cells, currency: str | None) -> Payment | None:
    """The one payment of the order, with the amount that is stated, or nothing yet."""
    captured = cells.money("payment_captured", currency)
    refunded = cells.money("payment_refunded", currency)
    payment_id = cells.id("payment_id") or "pay-1"
    method = cells.label("payment_method") or "other"
    provider = cells.choice("payment_provider", PROVIDERS, "manual")
    reference = cells.code("payment_ref")
    if currency is None:
        return None
    zero = Money.zero(currency)
    return Payment(
        payment_id=payment_id,
        method=method,
        provider=provider,
        provider_ref=reference,
        captured=captured or zero,
        refunded=refunded or zero,
        refunded_by_us=zero,
        pending=zero,
    )


def _deliveries(rows: list[Cells]) -> dict[str, Delivery]:
    """The deliveries in order of the file; each row is delivered as a whole, or not at all."""
    found: dict[str, Delivery] = {}
    stated: dict[str, Cells] = {}
    for cells in rows:
        delivery_no = cells.id("delivery_no")
        if delivery_no is None:
            _refuse_undelivered(cells)
            continue
        first = stated.setdefault(delivery_no, cells)
        _check_repeated(first, cells, DELIVERY_COLUMNS, "differs_within_delivery")
        before = found.get(delivery_no) or _delivery(cells, delivery_no)
        item = _item(cells)
        if before is not None and item is not None:
            found[delivery_no] = replace(before, items=(*before.items, item))
    return found


def _refuse_undelivered(cells: Cells) -> None:
    for column in (*DELIVERY_COLUMNS, "lot", "serials"):
        if cells.text(column) and not cells.text("delivery_no"):
            cells.fault("delivery_no", "required", f"{column} belongs to a delivery.")
            return


def _delivery(cells: Cells, delivery_no: str) -> Delivery | None:
    for column in ("warehouse", "shipped_at"):
        cells.required(column)
    warehouse, shipped_at = cells.id("warehouse"), cells.moment("shipped_at")
    delivered_at = cells.moment("delivered_at")
    if warehouse is None or shipped_at is None:
        return None
    return Delivery(
        delivery_no=delivery_no,
        warehouse=warehouse,
        shipped_at=shipped_at,
        delivered_at=delivered_at,
        items=(),
    )


def _item(cells: Cells) -> DeliveredItem | None:
    lot, serials = cells.code("lot"), cells.codes("serials")
    line_no, quantity = cells.text("line_no"), cells.text("quantity")
    if cells.errors or not quantity.isdecimal():
        return None
    return DeliveredItem(line_no=line_no, quantity=int(quantity), lot=lot, serials=serials)


def _translated(faults: list[FieldError], rows: list[Cells]) -> Iterator[RowError]:
    """Faults of the order as a whole, at the row and column that stated them."""
    for fault in faults:
        cells, column = _place(fault.pointer.strip("/").split("/"), rows)
        yield RowError(row=cells.row, column=column, code=fault.code, message=fault.message)


def _place(path: list[str], rows: list[Cells]) -> tuple[Cells, str]:
    match path:
        case ["lines", number, name, *_]:
            return rows[int(number)], _COLUMN_OF.get(name, name)
        case ["lines"]:
            return rows[0], "line_no"
        case ["deliveries", number, "items", item, name]:
            delivered = _rows_of_delivery(rows, int(number))
            return delivered[int(item)], name
        case ["deliveries", number, name]:
            return _rows_of_delivery(rows, int(number))[0], name
        case ["payments", _, name]:
            return rows[0], _COLUMN_OF.get(name, name)
        case ["discount"]:
            return rows[0], "order_discount"
        case ["promotions" | "coupons" as name, *_]:
            return rows[0], name
        case [name]:
            return rows[0], name
    return rows[0], "order_no"


def _rows_of_delivery(rows: list[Cells], number: int) -> list[Cells]:
    names = list(dict.fromkeys(c.text("delivery_no") for c in rows if c.text("delivery_no")))
    return [cells for cells in rows if cells.text("delivery_no") == names[number]]
