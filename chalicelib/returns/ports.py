"""What the return commands read: always consistent, at most one round trip each."""

from typing import Protocol

from chalicelib.orders.model import Order
from chalicelib.returns.model import Return
from chalicelib.returns.policy_facts import PolicyReader
from chalicelib.tasks.model import Task


class ReturnReader(PolicyReader, Protocol):
    """Reads aggregates from the truth, never from a view."""

    def order(self, order_no: str) -> Order | None: ...

    def return_(self, return_id: str) -> Return | None: ...

    def return_and_order(self, return_id: str) -> tuple[Return | None, Order | None]: ...

    def review_of(self, return_id: str) -> tuple[Return | None, Order | None, Task | None]: ...
