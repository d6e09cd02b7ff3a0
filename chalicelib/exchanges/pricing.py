"""What a replacement costs against what was paid for the units it stands for.

Pure. The same goods again are even, whatever they cost today: price rises and falls are nobody's
gain. Of other goods staff or a machine says what they cost, or that they are even too, as another
size is that was bought at a discount.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from chalicelib.core import runs
from chalicelib.core.errors import Conflict, FieldError, Invalid
from chalicelib.core.money import Money
from chalicelib.core.runs import Runs
from chalicelib.exchanges.model import Exchange, ExchangeState
from chalicelib.exchanges.ports import PromiseReader
from chalicelib.policy.document import Deadlines
from chalicelib.returns.differences import share_of
from chalicelib.returns.model import Resolution, Return, ReturnLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What is said about replacements, by line number of the return: the price of one, tax
    included, or that it is even, whatever it costs."""

    prices: Mapping[str, Money] = field(default_factory=dict)
    even: Collection[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """Some units of a line: what was paid for them, and what their replacements cost.

    `each` is the price that was stated for one of them.
    """

    value: Money
    price: Money
    each: Money | None = None

    @property
    def more(self) -> Money:
        """What the customer pays on top; nothing where it costs less."""
        return max(self.price - self.value, Money.zero(self.value.currency))

    @property
    def less(self) -> Money:
        """What the customer gets beside it; nothing where it costs more."""
        return max(self.value - self.price, Money.zero(self.value.currency))

    @property
    def alike(self) -> Money:
        """How far goods stand for goods."""
        return min(self.value, self.price)


def worth_when_promised(
    reads: PromiseReader, line: ReturnLine, units: Runs, stated: Stated
) -> Worth:
    """As it is stated now, with the request, or was for the line's last replacement.

    Raises Conflict `replacement_price_required` where other goods have none.
    """
    value = line.value_of(units)
    even = Worth(value=value, price=value)
    sku = replacement_of(line)
    if sku == line.sku or line.line_no in stated.even:
        return even
    each = stated.prices.get(line.line_no, line.exchange_price)
    if each is None and line.exchange_even:
        return even
    if each is None and line.exchange_id is not None:
        before = reads.exchange(line.exchange_id)
        if before is not None and before.replacement_sku == sku:
            if before.unit_price is None:
                return even
            each = before.unit_price
    if each is None or each.currency != value.currency:
        raise Conflict(
            "replacement_price_required",
            f"Say what {sku} costs, or that line {line.line_no} is exchanged evenly.",
            line_no=line.line_no,
            sku=sku,
        )
    return Worth(value=value, price=each * runs.size(units), each=each)


def replacement_of(line: ReturnLine) -> str:
    """The SKU that is wanted instead."""
    return line.exchange_for or line.sku


def worth_of(exchange: Exchange, line: ReturnLine, units: Runs) -> Worth:
    """What of an exchange's value and price falls on these of its units."""
    part = runs.common(exchange.units, units)
    value = line.value_of(part)
    if exchange.price is None:
        return Worth(value=value, price=value)
    return Worth(value=value, price=share_of(line, exchange.units, exchange.price, part))


def with_units(exchange: Exchange, line: ReturnLine, units: Runs) -> Exchange:
    """The exchange for these of its units only, at their part of its price."""
    worth = worth_of(exchange, line, units)
    return replace(exchange, units=units, value=worth.value, price=worth.price)


def state_of_promise(exchange: Exchange) -> ExchangeState:
    """Whether it may be sent, or waits for what it costs more."""
    more = exchange.costs_more
    if more is None or (exchange.paid is not None and exchange.paid.amount >= more):
        return ExchangeState.RESERVED
    return ExchangeState.AWAITING_PAYMENT


def awaiting_payment(exchange: Exchange, terms: Deadlines, now: datetime) -> Exchange:
    """The new promise, waiting for what it costs more where it does: as long as for an answer."""
    state = state_of_promise(exchange)
    if state is ExchangeState.RESERVED:
        return exchange
    due_at = now + timedelta(days=terms.answer_days)
    remind_at = max(now, due_at - timedelta(days=terms.remind_days))
    return replace(exchange, state=state, payment_due_at=due_at, remind_at=remind_at)


def check_stated(ret: Return, stated: Stated) -> None:
    """Raises Invalid for a price of what is not exchanged for other goods, or in other money."""
    for line_no in (*stated.prices, *stated.even):
        line = ret.line(line_no)
        if line is None or line.resolution is not Resolution.EXCHANGE:
            raise _invalid(line_no, "not_exchanged", f"Line {line_no} is not to be exchanged.")
    for line_no, price in stated.prices.items():
        line = ret.line(line_no)
        if line_no in stated.even or (line is not None and replacement_of(line) == line.sku):
            message = f"Line {line_no} is exchanged evenly: no price is asked for."
            raise _invalid(line_no, "replacement_is_even", message)
        if price.currency != ret.currency:
            raise _invalid(line_no, "currency_differs", f"The return is in {ret.currency}.")


def _invalid(line_no: str, code: str, message: str) -> Invalid:
    fault = FieldError(pointer=f"/replacement_prices/{line_no}", code=code, message=message)
    return Invalid(code, message, errors=[fault])
