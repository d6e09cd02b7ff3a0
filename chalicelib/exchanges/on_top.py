"""What customers pay beside the goods that they send back: booked when paid, owed when not needed.

Money means the same whatever was exchanged: goods stand for goods as far as both are worth, what is
paid on top buys the rest, and what a replacement costs less goes back by a settlement. So a posting
is made when money or goods move, and none has to be taken back when an exchange ends early.
"""

from chalicelib.core import runs
from chalicelib.core.commands import Record
from chalicelib.core.events import Context, Json
from chalicelib.core.money import Money
from chalicelib.exchanges.model import Exchange, ExchangeState
from chalicelib.returns.differences import with_on_top
from chalicelib.returns.facts import money
from chalicelib.returns.model import Return
from chalicelib.tasks.model import Grounds, TaskKind, open_task

PAID_ON_TOP = "paid_on_top"
"""Why finance gives money back that was no payment of the order."""


def owed_on_top(
    ret: Return, exchange: Exchange, context: Context
) -> tuple[Return, tuple[Record, ...]]:
    """The return owing what was paid on top and is not needed for the exchange as it is now.

    The task says so to finance: it goes back by the return's next settlement, by hand.
    """
    paid = exchange.paid
    if paid is None:
        return ret, ()
    needed = exchange.costs_more or Money.zero(paid.amount.currency)
    if exchange.state is ExchangeState.CANCELLED:
        needed = Money.zero(paid.amount.currency)
    after = with_on_top(
        ret,
        exchange.exchange_id,
        exchange.line_no,
        max(paid.amount - needed, Money.zero(paid.amount.currency)),
        paid.reference,
    )
    if after.differences == ret.differences:
        return ret, ()
    task = open_task(
        TaskKind.PAYMENT,
        ret.subject,
        occasion=f"{exchange.exchange_id}-on-top-{exchange.version}",
        now=context.now,
        warehouse=ret.warehouse,
        grounds=Grounds(reasons=(PAID_ON_TOP,), amount=paid.amount - needed),
    )
    return after, (task,)


def exchanged_facts(
    exchange: Exchange, *, value: Money, price: Money, charged_to: str | None = None
) -> dict[str, Json]:
    """What `settlement.exchanged` says: so much came back, and so much was given or sold for it."""
    return {
        "exchange_id": exchange.exchange_id,
        "line_no": exchange.line_no,
        "order_line_no": exchange.order_line_no,
        "units": runs.as_text(exchange.units),
        "value": money(value),
        "price": money(price),
        "charged_to": charged_to,
    }
