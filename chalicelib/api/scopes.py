"""Whose things a use case may look at: readers that do not find what is not the caller's.

The scope is part of the reading, not a filter afterwards: a foreign order is no order, so neither
an error nor its details can tell a customer that it exists.
"""

from dataclasses import dataclass, replace

from chalicelib.auth import permissions
from chalicelib.auth.principal import Principal, Role
from chalicelib.core.commands import Decided
from chalicelib.core.errors import NotAllowed
from chalicelib.inventory.model import Movement
from chalicelib.orders.model import Order
from chalicelib.returns.model import Return, ReturnType
from chalicelib.returns.wishes import RequestReturn
from chalicelib.store.reads import Reads
from chalicelib.tasks.model import Task
from chalicelib.uploads.model import Photo

_CUSTOMER_TYPES = frozenset({ReturnType.CUSTOMER_RETURN, ReturnType.WITHDRAWAL})


@dataclass(frozen=True, slots=True)
class OwnReads:
    """Finds the orders and returns of one customer, and no others."""

    reads: Reads
    principal: Principal

    def order(self, order_no: str) -> Order | None:
        return self._own_order(self.reads.order(order_no))

    def return_(self, return_id: str) -> Return | None:
        return self._own_return(self.reads.return_(return_id))

    def return_and_order(self, return_id: str) -> tuple[Return | None, Order | None]:
        ret, order = self.reads.return_and_order(return_id)
        return self._own_return(ret), self._own_order(order)

    def review_of(self, return_id: str) -> tuple[Return | None, Order | None, Task | None]:
        ret, order, task = self.reads.review_of(return_id)
        own = self._own_return(ret)
        return own, self._own_order(order), task if own is not None else None

    def photo(self, return_id: str, photo_id: str) -> Photo | None:
        return self.reads.photo(return_id, photo_id) if self.return_(return_id) else None

    def photos(self, return_id: str) -> list[Photo]:
        return self.reads.photos(return_id) if self.return_(return_id) else []

    def _own_order(self, order: Order | None) -> Order | None:
        return order if order is not None and self._is_own(order.customer_id) else None

    def _own_return(self, ret: Return | None) -> Return | None:
        return ret if ret is not None and self._is_own(ret.customer_id) else None

    def _is_own(self, customer_id: str | None) -> bool:
        return customer_id is not None and permissions.may_see_order(self.principal, customer_id)


def own(reads: Reads, principal: Principal) -> Reads | OwnReads:
    """The reader as this principal may use it."""
    return OwnReads(reads, principal) if principal.is_customer_only else reads


def asked_by(principal: Principal, request: RequestReturn) -> RequestReturn:
    """The request as this principal may make it; raises NotAllowed for what they may not say."""
    if request.requested_at is not None and not principal.has(Role.MACHINE):
        raise NotAllowed("requested_at_not_yours", "Only machines state when it was requested.")
    if principal.is_customer_only:
        if request.type not in _CUSTOMER_TYPES:
            raise NotAllowed("type_not_yours", f"Customers file no {request.type.value}.")
        if request.order_no is None:
            own_id = permissions.own_customer_id(principal, request.customer_id)
            return replace(request, customer_id=own_id)
    return request


def in_warehouses(
    decided: Decided[Return], principal: Principal, permission: str
) -> Decided[Return]:
    """The decision, unless it is about goods in warehouses that are not the principal's.

    Checked on the decision, before anything is written: only it knows which units it moves.
    """
    moved = {
        entry.warehouse
        for record in decided.changes.records
        if isinstance(record, Movement)
        for entry in record.entries
    }
    for warehouse in moved:
        permissions.act_in(principal, warehouse, permission)
    lying = {group.warehouse for group in decided.result.groups() if group.warehouse is not None}
    if not any(permissions.may_act_in(principal, place, permission) for place in lying):
        permissions.act_in(principal, min(lying, default=""), permission)
    return decided
