"""A new return: its header, the lines of a draft, and its papers."""

from dataclasses import replace

from chalicelib.core import runs
from chalicelib.core.events import Chain, Context, Json
from chalicelib.core.ids import derived_id, new_return_number
from chalicelib.core.money import Money
from chalicelib.core.runs import Run, Runs
from chalicelib.orders.model import Order, OrderLine
from chalicelib.orders.value import Paid, paid_by_line
from chalicelib.policy.document import Deadlines
from chalicelib.returns.asked_about import free_numbers
from chalicelib.returns.destination import home_of
from chalicelib.returns.documents import outbound, with_documents
from chalicelib.returns.model import Authorization, LinkedDocument, Return, ReturnLine, UnitGroup
from chalicelib.returns.quoting import sold_line
from chalicelib.returns.wishes import RequestedLine, RequestReturn


def new_return(
    command: RequestReturn,
    order: Order | None,
    context: Context,
    *,
    terms: Deadlines | None = None,
) -> Return:
    """`terms` None: nothing was sold under terms of its own, as far as is known."""
    return Return(
        return_id=derived_id("ret", context.command_id),
        number=new_return_number(context.now),
        type=command.type,
        method=command.method,
        currency=order.currency if order else command.currency,
        lines=(),
        requested_at=command.requested_at or context.now,
        requested_at_stated=command.requested_at is not None,
        created_at=context.now,
        updated_at=context.now,
        requested_by=context.actor.id,
        order_no=order.order_no if order else None,
        customer_id=order.customer_id if order else command.customer_id,
        contact_ref=order.contact_ref if order else None,
        warehouse=command.warehouse or (home_of(order) if order else None),
        channel=order.channel if order else None,
        region=order.region if order else None,
        customer_class=order.customer_class if order else None,
        documents=with_documents(command.documents, ()),
        campaign_id=command.campaign_id,
        deadline_terms=terms or Deadlines(),
        chain=Chain(),
    )


def draft_lines(
    order: Order, asked: tuple[RequestedLine, ...], beside: tuple[ReturnLine, ...] = ()
) -> tuple[ReturnLine, ...]:
    """Lines of a draft: the wish is kept, but units are only chosen when it is submitted.

    They take the numbers that lines `beside` them do not have.
    """
    paid = paid_by_line(order)
    lines = []
    for line_no, wish in zip(free_numbers(beside), asked, strict=False):
        sold = sold_line(order, wish)
        if sold is None:
            lines.append(unsold_line(line_no, wish, order.currency, Authorization.DRAFT))
        else:
            lines.append(_draft_line(line_no, wish, sold, paid[sold.line_no]))
    return tuple(lines)


def _draft_line(line_no: str, wish: RequestedLine, sold: OrderLine, paid: Paid) -> ReturnLine:
    return ReturnLine(
        line_no=line_no,
        order_line_no=sold.line_no,
        sku=sold.sku,
        name=sold.name,
        gtin=sold.gtin,
        category=sold.category,
        supplier_id=sold.supplier_id,
        reason=wish.reason,
        note=wish.note,
        resolution=wish.resolution,
        exchange_for=wish.exchange_for,
        exchange_price=wish.exchange_price,
        exchange_even=wish.exchange_even,
        answers=dict(wish.answers),
        unit_cost=sold.unit_cost,
        paid=paid,
        sold=max(sold.quantity, wish.quantity),
        serials=_counted_from_one(wish.serials),
        groups=(_wished(wish.quantity, wish.among),),
        among=wish.among,
    )


def _wished(quantity: int, among: Runs) -> UnitGroup:
    """So many units, whichever they will be; of those that are called back, the lowest."""
    is_known = among and quantity <= runs.size(among)
    return UnitGroup(units=runs.lowest(among, quantity) if is_known else (Run(1, quantity),))


def unsold_line(
    line_no: str, wish: RequestedLine, currency: str, authorization: Authorization
) -> ReturnLine:
    """A line of goods whose sale is not known, or that never were sold: worth nothing."""
    nothing = Money.zero(currency)
    return ReturnLine(
        line_no=line_no,
        sku=wish.sku or "",
        name=wish.sku or "",
        reason=wish.reason,
        note=wish.note,
        resolution=wish.resolution,
        exchange_for=wish.exchange_for,
        exchange_price=wish.exchange_price,
        exchange_even=wish.exchange_even,
        answers=dict(wish.answers),
        paid=Paid(net=nothing, tax=nothing),
        sold=wish.quantity,
        serials=_counted_from_one(wish.serials),
        groups=(UnitGroup(units=(Run(1, wish.quantity),), authorization=authorization),),
    )


def _counted_from_one(serials: tuple[str, ...]) -> dict[str, str]:
    return {str(no): serial for no, serial in enumerate(serials, start=1)}


def as_draft(line: ReturnLine) -> ReturnLine:
    """The line as a wish again: what it holds, if anything, is chosen anew when it is submitted."""
    group = _wished(line.requested, line.among)
    serials = _counted_from_one(tuple(line.serials.values()))
    return replace(line, groups=(group,), serials=serials, sold=max(line.sold, line.requested))


def papers_of(ret: Return, order: Order) -> tuple[LinkedDocument, ...]:
    """The linked documents, with the outbound orders of what is asked back now and of no more."""
    own = set(outbound(order, (None,)))
    others = (document for document in ret.documents if document not in own)
    return with_documents(others, outbound(order, (line.order_line_no for line in ret.lines)))


def asked_facts(line: ReturnLine) -> Json:
    return {
        "line_no": line.line_no,
        "order_line_no": line.order_line_no,
        "sku": line.sku,
        "reason": line.reason,
        "quantity": line.requested,
    }
