"""Finding a settlement: by its id, inside its return, with the order whose payments it uses."""

from dataclasses import replace
from typing import Protocol

from chalicelib.core.errors import NotFound
from chalicelib.core.events import Context
from chalicelib.core.ids import derived_id
from chalicelib.orders.model import Order
from chalicelib.returns.loading import found
from chalicelib.returns.model import Return
from chalicelib.settlement.model import Settlement
from chalicelib.tasks.working import TaskReader


class SettlementReader(TaskReader, Protocol):
    """Reads the return and its order together, and the tasks that a settlement opened."""

    def return_and_order(self, return_id: str) -> tuple[Return | None, Order | None]: ...


def settlement_id_for(ret: Return, context: Context) -> str:
    """`stl_<the return's own part>_<command>`: leads back to its return without a look-up."""
    own = ret.return_id.removeprefix("ret_")
    return f"stl_{own}_{derived_id('x', context.command_id)[2:14]}"


def return_id_of(settlement_id: str) -> str:
    """The return that a settlement id belongs to; raises NotFound for another form."""
    parts = settlement_id.split("_")
    if len(parts) != 3 or parts[0] != "stl":
        raise NotFound("settlement_not_found", f"There is no settlement {settlement_id}.")
    return f"ret_{parts[1]}"


def settlement_of(ret: Return, settlement_id: str) -> Settlement | None:
    """The settlement of this id, or None."""
    return next((s for s in ret.settlements if s.settlement_id == settlement_id), None)


def with_settlement(ret: Return, settlement: Settlement) -> Return:
    """The return with this settlement in place of the one of its id."""
    return replace(
        ret,
        settlements=tuple(
            settlement if old.settlement_id == settlement.settlement_id else old
            for old in ret.settlements
        ),
    )


def loaded(
    reads: SettlementReader, settlement_id: str, context: Context
) -> tuple[Return, Order, Settlement]:
    ret, order, settlement = stored(reads, settlement_id)
    return found(ret, ret.return_id, context), order, settlement


def stored(reads: SettlementReader, settlement_id: str) -> tuple[Return, Order, Settlement]:
    ret, order = reads.return_and_order(return_id_of(settlement_id))
    settlement = settlement_of(ret, settlement_id) if ret else None
    if ret is None or settlement is None or order is None:
        raise NotFound("settlement_not_found", f"There is no settlement {settlement_id}.")
    return ret, order, settlement
