"""What events about a return say: references, quantities and amounts, never personal data."""

from chalicelib.core import runs
from chalicelib.core.events import Json
from chalicelib.core.money import Money
from chalicelib.core.runs import Runs
from chalicelib.returns.model import Return, ReturnLine
from chalicelib.returns.standing import status_of


def header(ret: Return) -> dict[str, Json]:
    """The references that let a reader of one event go on without reading anything else."""
    return {
        "return_id": ret.return_id,
        "number": ret.number,
        "type": ret.type.value,
        "method": ret.method.value,
        "order_no": ret.order_no,
        "customer_id": ret.customer_id,
        "customer_class": ret.customer_class,
        "channel": ret.channel,
        "region": ret.region,
        "warehouse": ret.warehouse,
        "currency": ret.currency,
        "status": status_of(ret).value,
        "version": ret.version,
    }


def line_facts(line: ReturnLine, units: Runs, **more: Json) -> dict[str, Json]:
    """Some units of one line, with what they were paid for."""
    return {
        "line_no": line.line_no,
        "order_line_no": line.order_line_no,
        "sku": line.sku,
        "category": line.category,
        "supplier_id": line.supplier_id,
        "reason": line.reason,
        "quantity": runs.size(units),
        "units": runs.as_text(units),
        "value": money(line.value_of(units)),
        **more,
    }


def money(amount: Money) -> dict[str, Json]:
    """Money as events and answers write it."""
    return {"amount": amount.amount, "currency": amount.currency}
