"""Settlements of orders that were billed, and their notes."""

from dataclasses import replace

from hypothesis import strategies as st

from chalicelib.core.money import Money
from chalicelib.invoicing.drafting import Occasion
from chalicelib.orders.kits import exploded
from chalicelib.orders.model import LineKind, Order
from chalicelib.policy.fees import Fee, FeeKind
from chalicelib.settlement.components import Breakdown, give_back
from chalicelib.settlement.giving import with_given
from tests.builders import NOW
from tests.settlement.sales import givings, parts, sales

OCCASION = Occasion(
    return_id="ret_1", return_number="R26ABCDEFGH1", settlement_id="stl_1_a", now=NOW
)


def at_rate(rate: str) -> Occasion:
    """The same, where the tax of every fee is at this rate."""
    return replace(OCCASION, rate_of=lambda _: rate)


@st.composite
def settled(draw: st.DrawFn) -> tuple[Order, list[Breakdown]]:
    """An order with invoices on its lines, and all its returns with fees within their refunds."""
    told = draw(sales())
    numbers = st.sampled_from(["INV-1", "INV-2", None])
    bills = {line.line_no: draw(numbers) for line in told.lines if line.kit_of is None}
    sold = replace(
        told,
        lines=tuple(
            replace(line, invoice_no=bills[line.kit_of or line.line_no]) for line in told.lines
        ),
    )
    assert exploded(sold) is not None
    giving, found, current = draw(givings), [], sold
    for batch in draw(parts(sold)):
        breakdown = give_back(current, batch, giving)
        current = replace(current, given=with_given(current.given, breakdown))
        found.append(breakdown.with_fees(draw(fees(breakdown, sold))))
    return sold, found


@st.composite
def fees(draw: st.DrawFn, breakdown: Breakdown, sold: Order) -> list[Fee]:
    """Up to two fees of no more than there is."""
    left, found = breakdown.total.minor, []
    goods = [line.line_no for line in sold.lines if line.kind is LineKind.GOODS]
    for kind in draw(st.lists(st.sampled_from(FeeKind), max_size=2, unique=True)):
        amount = draw(st.integers(0, left))
        tax = draw(st.integers(0, amount))
        line_no = draw(st.sampled_from(goods)) if kind is FeeKind.RESTOCKING else None
        fee = Fee(
            kind=kind,
            amount=Money(amount, sold.currency),
            tax=Money(tax, sold.currency),
            line_no=line_no,
        )
        left -= amount
        if amount:
            found.append(fee)
    return found
