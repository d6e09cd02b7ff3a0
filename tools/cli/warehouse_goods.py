"""`tuiku warehouse receivings|work-orders`: counts at the door, and goods that are worked on."""

from typing import Annotated, Any

import typer

from chalicelib.receivings.model import State
from chalicelib.workorders.model import WorkState
from tools.cli.finding import items_of
from tools.cli.gate import Gate
from tools.cli.options import DEFAULT_NAME, AsJson, Name, StageName, target_of
from tools.cli.telling import print_json, print_table
from tools.cli.warehouse_stock import Warehouse, asked
from tools.stack.errors import StackError

Row = dict[str, Any]
"""A row of a list. Any: JSON."""


def receivings(
    warehouse: Warehouse = None,
    state: Annotated[
        State | None, typer.Option(help="In this state.", case_sensitive=False)
    ] = None,
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """List counts at the door, newest first, with what was short and what was over."""
    gate = Gate(target_of(name, stage))
    found = list(items_of(gate, asked("/v1/receivings", warehouse=warehouse, state=state)))
    if as_json:
        print_json(found)
        return
    print_table(
        (
            "receiving", "warehouse", "what", "mode", "state", "counted", "short", "over",
            "opened", "closed",
        ),
        (_receiving(one) for one in found),
    )  # fmt: skip


def _receiving(one: Row) -> tuple[str, ...]:
    """`short` and `over` are known once it is closed."""
    is_closed = one["state"] == State.CLOSED
    rounds = f" (round {one['rounds']})" if one["rounds"] > 1 else ""
    return (
        one["id"],
        one["warehouse"],
        f"{one['kind']} {one['name']}",
        one["mode"],
        f"{one['state']}{rounds}",
        str(one["counted"]),
        str(one["short"]) if is_closed else "",
        str(one["over"]) if is_closed else "",
        one["opened_at"][:16],
        (one["closed_at"] or "")[:16],
    )


def work_orders(
    warehouse: Warehouse = None,
    state: Annotated[
        WorkState | None, typer.Option(help="In this state.", case_sensitive=False)
    ] = None,
    waiting: Annotated[
        bool, typer.Option("--waiting", help="Units that wait for work and are in no order yet.")
    ] = False,
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """List work orders, those opened last first; or what waits for work in a warehouse."""
    if waiting and (warehouse is None or state is not None):
        raise StackError(
            "--waiting is of one warehouse: name it with --warehouse, without --state."
        )
    gate = Gate(target_of(name, stage))
    place = "/v1/work-orders/waiting" if waiting else "/v1/work-orders"
    found = list(items_of(gate, asked(place, warehouse=warehouse, state=state)))
    if as_json:
        print_json(found)
    elif waiting:
        print_table(
            ("return", "line", "kind", "sku", "lot", "units", "since", "whose"),
            (_waiting(one) for one in found),
        )
    else:
        print_table(
            ("order", "kind", "state", "warehouse", "workshop", "units", "out", "opened", "due"),
            (_order(one) for one in found),
        )


def _order(one: Row) -> tuple[str, ...]:
    return (
        one["id"],
        one["kind"],
        one["state"],
        one["warehouse"],
        one["workshop"] or "in the house",
        str(one["quantity"]),
        str(one["waiting"]),
        one["opened_at"][:16],
        (one["due_at"] or "")[:16],
    )


def _waiting(one: Row) -> tuple[str, ...]:
    return (
        one["number"],
        one["line_no"],
        one["kind"],
        one["sku"],
        one["lot"] or "",
        str(one["quantity"]),
        one["updated_at"][:16],
        "the customer's" if one["is_customers"] else "ours",
    )
