"""What making a return would meet, found out without making it: for dry runs and all-or-nothing.

The decision is the one that the write makes. What the returns before would have reserved is laid
over the orders that are read, so that two returns of a file cannot both have the last unit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from chalicelib.core.commands import Decided
from chalicelib.exchanges.model import Exchange
from chalicelib.exchanges.ports import ApprovalReader
from chalicelib.inventory.model import Balance
from chalicelib.orders.model import Order, OrderLine, Reservation
from chalicelib.policy.evaluation import Applicable
from chalicelib.policy.history import CustomerHistory
from chalicelib.reasons.catalogue import Catalogue
from chalicelib.returns.model import Return
from chalicelib.tasks.model import Task

T = TypeVar("T")


@dataclass(slots=True)
class ReturnForecast:
    """Reads for such a decision; remembers only the units that each would have taken."""

    reads: ApprovalReader
    taken: dict[tuple[str, str], list[Reservation]] = field(default_factory=dict)

    def take(self, decided: Decided[T]) -> T:
        """Note what the decision would have reserved; its answer."""
        ours = {r.return_id for r in decided.changes.records if isinstance(r, Return)}
        for record in decided.changes.records:
            if not isinstance(record, Order):
                continue
            for line in record.lines:
                own = [held for held in line.reservations if held.holder_id in ours]
                if own:
                    self.taken.setdefault((record.order_no, line.line_no), []).extend(own)
        return decided.result

    def order(self, order_no: str) -> Order | None:
        order = self.reads.order(order_no)
        if order is None:
            return None
        return replace(order, lines=tuple(self._after(order_no, line) for line in order.lines))

    def return_(self, return_id: str) -> Return | None:
        return self.reads.return_(return_id)

    def return_and_order(self, return_id: str) -> tuple[Return | None, Order | None]:
        return self.reads.return_and_order(return_id)

    def review_of(self, return_id: str) -> tuple[Return | None, Order | None, Task | None]:
        return self.reads.review_of(return_id)

    def policies_for(self, version_id: str, at: datetime) -> Applicable:
        return self.reads.policies_for(version_id, at)

    def reason_catalogue(self) -> Catalogue:
        return self.reads.reason_catalogue()

    def customer_history(
        self, customer_id: str, at: datetime, without: str | None = None
    ) -> CustomerHistory:
        return self.reads.customer_history(customer_id, at, without)

    def balances(self, warehouse: str, skus: Sequence[str]) -> list[Balance]:
        return self.reads.balances(warehouse, skus)

    def exchange(self, exchange_id: str) -> Exchange | None:
        return self.reads.exchange(exchange_id)

    def _after(self, order_no: str, line: OrderLine) -> OrderLine:
        more = self.taken.get((order_no, line.line_no))
        return replace(line, reservations=(*line.reservations, *more)) if more else line
