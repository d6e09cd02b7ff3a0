"""What the commands of claims read: always consistent."""

from typing import Protocol

from chalicelib.claims.model import Claim
from chalicelib.orders.model import Order
from chalicelib.tasks.model import Task


class ClaimReader(Protocol):
    """Reads claims with what they hang on."""

    def order(self, order_no: str) -> Order | None: ...

    def claim_of(self, claim_id: str) -> tuple[Claim | None, Order | None, Task | None]: ...
