"""A new return: its header, the lines of a draft, and the task for whoever reviews it."""

from chalicelib.core.commands import Record
from chalicelib.core.events import Chain, Context, Json
from chalicelib.core.ids import derived_id, new_return_number
from chalicelib.core.runs import Run
from chalicelib.orders.model import Order
from chalicelib.orders.value import paid_by_line
from chalicelib.returns.model import Return, ReturnLine, UnitGroup
from chalicelib.returns.quoting import sold_line
from chalicelib.returns.wishes import RequestedLine, RequestReturn
from chalicelib.tasks.model import TaskKind, open_task


def new_return(command: RequestReturn, order: Order | None, context: Context) -> Return:
    return Return(
        return_id=derived_id("ret", context.command_id),
        number=new_return_number(context.now),
        type=command.type,
        method=command.method,
        currency=order.currency if order else command.currency,
        lines=(),
        requested_at=command.requested_at or context.now,
        created_at=context.now,
        updated_at=context.now,
        requested_by=context.actor.id,
        order_no=order.order_no if order else None,
        customer_id=order.customer_id if order else command.customer_id,
        contact_ref=order.contact_ref if order else None,
        warehouse=command.warehouse or (_home_of(order) if order else None),
        channel=order.channel if order else None,
        region=order.region if order else None,
        customer_class=order.customer_class if order else None,
        documents=command.documents,
        chain=Chain(),
    )


def _home_of(order: Order) -> str | None:
    """Goods go back to where they came from, unless told otherwise."""
    return order.deliveries[-1].warehouse if order.deliveries else None


def draft_lines(order: Order, asked: tuple[RequestedLine, ...]) -> tuple[ReturnLine, ...]:
    """Lines of a draft: the wish is kept, but units are only chosen when it is submitted."""
    paid = paid_by_line(order)
    lines = []
    for place, wish in enumerate(asked, start=1):
        sold = sold_line(order, wish)
        serials = {str(no): serial for no, serial in enumerate(wish.serials, start=1)}
        lines.append(
            ReturnLine(
                line_no=str(place),
                order_line_no=sold.line_no,
                sku=sold.sku,
                name=sold.name,
                gtin=sold.gtin,
                category=sold.category,
                supplier_id=sold.supplier_id,
                reason=wish.reason,
                note=wish.note,
                resolution=wish.resolution,
                unit_cost=sold.unit_cost,
                paid=paid[sold.line_no],
                sold=max(sold.quantity, wish.quantity),
                serials=serials,
                groups=(UnitGroup(units=(Run(1, wish.quantity),)),),
            )
        )
    return tuple(lines)


def asked_facts(line: ReturnLine) -> Json:
    return {
        "line_no": line.line_no,
        "order_line_no": line.order_line_no,
        "sku": line.sku,
        "reason": line.reason,
        "quantity": line.requested,
    }


def review_task(ret: Return, context: Context) -> Record:
    return open_task(
        TaskKind.REVIEW,
        ret.subject,
        occasion=str(ret.submissions),
        now=context.now,
        warehouse=ret.warehouse,
    )
