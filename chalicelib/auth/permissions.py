"""Which role may do what, and to whose things. Deny by default: what is not listed is refused.

Pure. A permission is `<resource>:<verb>`; routes name one each. Scopes (own orders, own warehouses)
are asked about here and applied by the use cases; what is foreign to a customer does not exist.
"""

from chalicelib.auth.principal import ALL, STAFF, Kind, Principal, Role
from chalicelib.core.errors import NotAllowed, NotFound

_READERS = STAFF
_INTAKE = frozenset({Role.CUSTOMER, Role.SALES, Role.SUPPORT, Role.MACHINE, Role.ADMIN})
_FLOOR = frozenset({Role.WAREHOUSE, Role.INSPECTOR, Role.ADMIN})
_BOUND = frozenset({Role.WAREHOUSE, Role.INSPECTOR, Role.DEVICE})
_BOOKS = frozenset({Role.FINANCE, Role.ADMIN, Role.MACHINE})
_DECIDERS = frozenset({Role.REVIEWER, Role.SUPPORT, Role.ADMIN})
_FEEDS = frozenset({Role.MACHINE, Role.SALES, Role.ADMIN})
_CALLERS_BACK = frozenset({Role.SALES, Role.SUPPORT, Role.MACHINE, Role.ADMIN})
_WORKERS = frozenset(
    {Role.REVIEWER, Role.SUPPORT, Role.FINANCE, Role.WAREHOUSE, Role.INSPECTOR, Role.ADMIN}
)
_SENIORS = frozenset({Role.SENIOR_REVIEWER, Role.ADMIN})
IMPLIED: dict[Role, Role] = {Role.SENIOR_REVIEWER: Role.REVIEWER}
"""Who has the first role may do all that the second may."""

_GRANTED: dict[str, frozenset[Role]] = {
    "orders:write": _FEEDS,
    "orders:deliver": _FEEDS | {Role.WAREHOUSE},
    "orders:read": _READERS | {Role.CUSTOMER},
    "returns:create": _INTAKE | {Role.SENIOR_REVIEWER},
    "returns:quote": _INTAKE | {Role.REVIEWER},
    "returns:submit": _INTAKE | {Role.SENIOR_REVIEWER},
    "returns:override": _SENIORS,
    "returns:edit": _INTAKE,
    "returns:cancel": _INTAKE,
    "returns:expire": frozenset({Role.MACHINE, Role.ADMIN}),
    "returns:link-document": _INTAKE | {Role.REVIEWER},
    "returns:investigate": frozenset({Role.SALES, Role.SUPPORT, Role.REVIEWER, Role.ADMIN}),
    "returns:read-cause": _READERS,
    "returns:read": _READERS | {Role.CUSTOMER},
    "returns:list": _READERS | {Role.CUSTOMER},
    "returns:approve": frozenset({Role.REVIEWER, Role.ADMIN}),
    "returns:approve-senior": _SENIORS,
    "returns:request-info": frozenset({Role.REVIEWER, Role.ADMIN}),
    "returns:reject": frozenset({Role.REVIEWER, Role.ADMIN}),
    "returns:judge-risk": frozenset({Role.REVIEWER, Role.ADMIN}),
    "returns:receive": frozenset({Role.WAREHOUSE, Role.ADMIN}),
    "returns:drop-off": frozenset({Role.WAREHOUSE, Role.ADMIN}),
    "returns:mark-lost": frozenset({Role.SUPPORT, Role.WAREHOUSE, Role.ADMIN}),
    "returns:short-close": frozenset({Role.SUPPORT, Role.WAREHOUSE, Role.ADMIN}),
    "returns:refuse": frozenset({Role.WAREHOUSE, Role.ADMIN}),
    "labels:create": _INTAKE,
    "shipments:create": _INTAKE,
    "shipments:read": _READERS | {Role.CUSTOMER},
    "pickups:book": _INTAKE,
    "handovers:create": frozenset({Role.WAREHOUSE, Role.SUPPORT, Role.MACHINE, Role.ADMIN}),
    "handovers:read": _READERS | {Role.CUSTOMER},
    "parcels:write": _CALLERS_BACK | {Role.WAREHOUSE},
    "parcels:read": _READERS,
    "parcels:arrive": frozenset({Role.WAREHOUSE, Role.DEVICE, Role.MACHINE, Role.ADMIN}),
    "notices:read": frozenset(
        {Role.WAREHOUSE, Role.MACHINE, Role.SUPPORT, Role.AUDITOR, Role.ADMIN}
    ),
    "notices:confirm": frozenset({Role.WAREHOUSE, Role.MACHINE, Role.ADMIN}),
    "partners:read": frozenset({Role.WAREHOUSE, Role.AUDITOR, Role.ADMIN}),
    "partners:write": frozenset({Role.ADMIN}),
    "receivings:count": frozenset({Role.WAREHOUSE, Role.DEVICE, Role.ADMIN}),
    "receivings:close": frozenset({Role.WAREHOUSE, Role.ADMIN}),
    "receivings:read": _FLOOR | {Role.DEVICE, Role.SUPPORT, Role.AUDITOR, Role.MACHINE},
    "returns:inspect": frozenset({Role.INSPECTOR, Role.ADMIN}),
    "inspections:read": _READERS,
    "inspectors:read": _SENIORS | {Role.AUDITOR, Role.MACHINE},
    "checklists:read": _READERS,
    "checklists:write": frozenset({Role.ADMIN}),
    "returns:dispose": _FLOOR,
    "returns:reverse-disposition": _FLOOR,
    "scrap-proposals:read": _READERS,
    "scrap-proposals:decide": frozenset({Role.WAREHOUSE, Role.FINANCE, Role.ADMIN}),
    "work-orders:read": _READERS,
    "work-orders:write": _FLOOR,
    "returns:ship-back": _FLOOR | {Role.SUPPORT},
    "repairs:send": _FLOOR | {Role.SUPPORT},
    "repairs:give-up": _DECIDERS,
    "returns:reinspect": frozenset({Role.INSPECTOR, Role.REVIEWER, Role.SUPPORT, Role.ADMIN}),
    "returns:reopen": _DECIDERS,
    "returns:close": _DECIDERS,
    "appeals:create": frozenset({Role.CUSTOMER, Role.SALES, Role.SUPPORT, Role.ADMIN}),
    "appeals:decide": frozenset({Role.REVIEWER, Role.ADMIN}),
    "appeals:withdraw": frozenset({Role.CUSTOMER, Role.SALES, Role.SUPPORT, Role.ADMIN}),
    "returns:settle": _BOOKS,
    "returns:match": frozenset({Role.SUPPORT, Role.ADMIN}),
    "withdrawals:declare": _INTAKE,
    "withdrawals:read": _INTAKE | {Role.REVIEWER},
    "withdrawals:match": frozenset({Role.SUPPORT, Role.ADMIN}),
    "exchanges:read": _READERS | {Role.CUSTOMER},
    "exchanges:ship": frozenset({Role.WAREHOUSE, Role.MACHINE, Role.ADMIN}),
    "exchanges:fulfil": frozenset({Role.WAREHOUSE, Role.SUPPORT, Role.MACHINE, Role.ADMIN}),
    "exchanges:cancel": frozenset({Role.SUPPORT, Role.REVIEWER, Role.ADMIN}),
    "exchanges:unexchange": frozenset({Role.SUPPORT, Role.REVIEWER, Role.ADMIN}),
    "exchanges:cross-ship": frozenset(
        {Role.WAREHOUSE, Role.SUPPORT, Role.FINANCE, Role.MACHINE, Role.ADMIN}
    ),
    "exchanges:request-payment": _INTAKE | {Role.REVIEWER, Role.FINANCE},
    "exchanges:state-payment": _BOOKS,
    "exchanges:charge": _BOOKS,
    "exchanges:waive-authorisation": frozenset({Role.FINANCE, Role.ADMIN}),
    "claims:create": _INTAKE,
    "claims:read": _READERS | {Role.CUSTOMER},
    "claims:decide": frozenset({Role.REVIEWER, Role.ADMIN}),
    "claims:resolve": frozenset({Role.REVIEWER, Role.FINANCE, Role.ADMIN}),
    "claims:cancel": _INTAKE,
    "photos:upload": _FLOOR | {Role.CUSTOMER, Role.SALES, Role.SUPPORT, Role.MACHINE},
    "photos:read": _READERS | {Role.CUSTOMER},
    "settlements:read": _READERS | {Role.CUSTOMER},
    "settlements:retry": _BOOKS,
    "settlements:confirm": frozenset({Role.FINANCE, Role.ADMIN}),
    "settlements:approve": frozenset({Role.FINANCE, Role.ADMIN}),
    "settlements:reverse": frozenset({Role.FINANCE, Role.ADMIN}),
    "settlements:pay-otherwise": frozenset({Role.FINANCE, Role.ADMIN}),
    "settlements:write-off": frozenset({Role.FINANCE, Role.ADMIN}),
    "payments:dispute": _BOOKS,
    "proofs:read": frozenset({Role.FINANCE, Role.AUDITOR, Role.ADMIN}),
    "settlements:withdraw-credit": frozenset({Role.FINANCE, Role.ADMIN}),
    "credit-notes:read": _READERS | {Role.CUSTOMER},
    "credit-notes:list": _BOOKS | {Role.AUDITOR},
    "red-letters:read": _BOOKS | {Role.AUDITOR},
    "red-letters:write": _BOOKS,
    "red-letters:hand-over": _BOOKS,
    "seller:read": _READERS,
    "seller:write": frozenset({Role.FINANCE, Role.ADMIN}),
    "scans:post": frozenset({Role.WAREHOUSE, Role.DEVICE, Role.MACHINE, Role.ADMIN}),
    "scans:read": _FLOOR | {Role.DEVICE, Role.MACHINE, Role.AUDITOR, Role.SUPPORT},
    "devices:enrol": frozenset({Role.WAREHOUSE, Role.ADMIN}),
    "devices:revoke": frozenset({Role.WAREHOUSE, Role.ADMIN}),
    "devices:list": _FLOOR | {Role.AUDITOR, Role.SUPPORT, Role.MACHINE},
    "devices:read": _FLOOR | {Role.AUDITOR, Role.SUPPORT, Role.DEVICE, Role.MACHINE},
    "epcis:capture": frozenset({Role.WAREHOUSE, Role.DEVICE, Role.MACHINE, Role.ADMIN}),
    "epcis:read": _READERS | {Role.DEVICE},
    "epcis-events:read": _READERS,
    "barcodes:read": _READERS | {Role.DEVICE},
    "stock:read": _READERS,
    "stock:count": frozenset({Role.WAREHOUSE, Role.MACHINE, Role.ADMIN}),
    "stock:transfer": frozenset({Role.WAREHOUSE, Role.MACHINE, Role.ADMIN}),
    "stock:adjust": frozenset({Role.WAREHOUSE, Role.ADMIN}),
    "stock:approve": frozenset({Role.WAREHOUSE, Role.FINANCE, Role.ADMIN}),
    "stock:plan": _FEEDS | {Role.WAREHOUSE},
    "stock:promise": _READERS,
    "stock:value": _BOOKS | {Role.WAREHOUSE, Role.AUDITOR},
    "imports:create": frozenset({Role.MACHINE, Role.ADMIN}),
    "jobs:read": frozenset({Role.MACHINE, Role.FINANCE, Role.AUDITOR, Role.ADMIN}),
    "jobs:cancel": frozenset({Role.MACHINE, Role.ADMIN}),
    "reconciliations:run": _BOOKS,
    "reconciliations:read": _BOOKS | {Role.WAREHOUSE, Role.AUDITOR},
    "ledger:read": _BOOKS | {Role.AUDITOR},
    "accounts:read": _BOOKS | {Role.AUDITOR},
    "accounts:write": frozenset({Role.FINANCE, Role.ADMIN}),
    "journals:export": _BOOKS,
    "journals:read": _BOOKS | {Role.AUDITOR},
    "metrics:run": _BOOKS,
    "metrics:read": _READERS,
    "campaigns:create": _CALLERS_BACK,
    "campaigns:draft": _CALLERS_BACK,
    "campaigns:cancel": _CALLERS_BACK,
    "campaigns:read": _READERS,
    "customers:read": _DECIDERS | {Role.AUDITOR},
    "customers:list": _DECIDERS | {Role.MACHINE},
    "credits:read": _READERS | {Role.CUSTOMER},
    "credits:list": _BOOKS | {Role.AUDITOR},
    "credits:issue": frozenset({Role.FINANCE, Role.ADMIN}),
    "credits:spend": _FEEDS,
    "credits:reverse": _BOOKS,
    "suppliers:read": _READERS | {Role.SUPPLIER},
    "suppliers:list": _READERS,
    "suppliers:write": _BOOKS,
    "suppliers:export": _BOOKS | {Role.SUPPLIER},
    "vendor-returns:read": _READERS | {Role.SUPPLIER},
    "vendor-returns:list": _READERS,
    "vendor-returns:draft": frozenset({Role.WAREHOUSE, Role.FINANCE, Role.ADMIN}),
    "vendor-returns:act": frozenset({Role.WAREHOUSE, Role.FINANCE, Role.SUPPLIER, Role.ADMIN}),
    "vendor-returns:handle": frozenset({Role.WAREHOUSE, Role.ADMIN}),
    "vendor-claims:read": _READERS | {Role.SUPPLIER},
    "vendor-claims:list": _READERS,
    "vendor-claims:open": frozenset({Role.SUPPORT, Role.FINANCE, Role.ADMIN}),
    "vendor-claims:act": frozenset({Role.FINANCE, Role.SUPPLIER, Role.ADMIN}),
    "vendor-claims:answer": frozenset({Role.FINANCE, Role.SUPPLIER, Role.ADMIN}),
    "vendor-claims:settle": frozenset({Role.FINANCE, Role.ADMIN}),
    "exceptions:read": _READERS,
    "exceptions:report": _FLOOR | {Role.SUPPORT},
    "exceptions:resolve": _DECIDERS,
    "liability-claims:read": _READERS,
    "liability-claims:open": frozenset({Role.SUPPORT, Role.WAREHOUSE, Role.FINANCE, Role.ADMIN}),
    "carriers:read": frozenset(
        {Role.SUPPORT, Role.WAREHOUSE, Role.FINANCE, Role.AUDITOR, Role.MACHINE, Role.ADMIN}
    ),
    "liability-claims:write": frozenset({Role.SUPPORT, Role.FINANCE, Role.ADMIN}),
    "tasks:read": _READERS,
    "tasks:work": _WORKERS,
    "tasks:reschedule": frozenset({Role.ADMIN}),
    "delegations:create": _SENIORS,
    "delegations:read": frozenset({Role.REVIEWER, Role.ADMIN}),
    "delegations:end": frozenset({Role.REVIEWER, Role.ADMIN}),
    "messages:read": _READERS | {Role.CUSTOMER},
    "messages:post": _READERS - {Role.AUDITOR} | {Role.CUSTOMER},
    "search:read": _READERS | {Role.CUSTOMER},
    "reasons:read": frozenset(Role) - {Role.SUPPLIER},
    "reasons:write": frozenset({Role.ADMIN}),
    "policies:draft": frozenset({Role.REVIEWER, Role.FINANCE, Role.MACHINE, Role.ADMIN}),
    "policies:publish": frozenset({Role.MACHINE, Role.ADMIN}),
    "policies:read": _READERS,
    "policies:simulate": _SENIORS | {Role.FINANCE, Role.MACHINE},
    "simulations:read": _SENIORS | {Role.FINANCE, Role.AUDITOR, Role.MACHINE},
}

PERMISSIONS: dict[str, frozenset[Role]] = {
    name: roles | {role for role, implied in IMPLIED.items() if implied in roles}
    for name, roles in _GRANTED.items()
}
WITHIN = frozenset(
    {
        "exchanges:waive-authorisation",
        "returns:approve-senior",
        "returns:override",
        "vendor-claims:answer",
        "vendor-claims:settle",
        "vendor-returns:handle",
    }
)
"""Asked about within commands, by what they say; no route is about nothing else."""

OF_WAREHOUSES = frozenset(
    {
        "orders:deliver", "returns:read", "returns:list", "shipments:read",
        "handovers:create", "handovers:read", "parcels:write", "parcels:read", "parcels:arrive",
        "notices:read", "notices:confirm", "receivings:read", "inspections:read", "checklists:read",
        "scrap-proposals:read", "work-orders:read", "exceptions:read", "tasks:read", "reasons:read",
        "exchanges:read", "exchanges:ship", "exchanges:fulfil", "photos:upload", "photos:read",
        "scans:post", "scans:read", "devices:list", "devices:read", "barcodes:read",
        "epcis:capture", "epcis:read", "epcis-events:read", "vendor-returns:read",
        "vendor-returns:list", "stock:read", "stock:count", "stock:transfer", "stock:plan",
        "stock:promise", "stock:value",
        # About all warehouses at once: refused by that name (`act_everywhere`).
        "imports:create", "ledger:read", "reconciliations:run", "reconciliations:read",
    }
)  # fmt: skip
"""What a machine that is bound to warehouses may at all: it is a partner's, so neither money, nor
policies, nor what customers ask for is its business.
"""


def with_implied(roles: frozenset[Role]) -> frozenset[Role]:
    """These roles, and those whose work they may do too."""
    return roles | {IMPLIED[role] for role in roles if role in IMPLIED}


def may(principal: Principal, permission: str) -> bool:
    """Whether any role of the principal has the permission; an unknown permission has nobody."""
    return acting_role(principal, permission) is not None


def acting_role(principal: Principal, permission: str) -> Role | None:
    """The role in which the principal would act, as recorded in events.

    Of a role and one that may do all of its work, the latter: more may hang on it.
    """
    is_bound = principal.kind is Kind.MACHINE and principal.warehouses is not ALL
    if is_bound and permission not in OF_WAREHOUSES:
        return None
    granted = principal.roles & PERMISSIONS.get(permission, frozenset())
    return min(granted - {IMPLIED[role] for role in granted if role in IMPLIED}, default=None)


def may_see_order(principal: Principal, order_customer_id: str) -> bool:
    """Staff see every order, a customer their own, a supplier or device none."""
    if principal.has(*STAFF):
        return True
    return principal.has(Role.CUSTOMER) and principal.customer_id == order_customer_id


def see_order(principal: Principal, order_customer_id: str, order_no: str) -> None:
    """Raises NotFound, exactly as if there were no such order, unless it may be seen."""
    if not may_see_order(principal, order_customer_id):
        raise NotFound("order_not_found", f"There is no order {order_no}.", order_no=order_no)


def may_act_in(principal: Principal, warehouse: str, permission: str) -> bool:
    """Whether the principal may use the permission in the warehouse.

    Roles of the floor are bound to the warehouses of the claims; a role that has the permission
    without being of the floor (admin, machine, sales) is not. A machine whose token names
    warehouses is bound to them.
    """
    if principal.warehouses is ALL or warehouse in principal.warehouses:
        return may(principal, permission)
    return not _is_bound(principal, principal.roles & PERMISSIONS.get(permission, frozenset()))


def seen_warehouses(principal: Principal, permission: str) -> frozenset[str] | None:
    """Where the permission may be used for looking; None: everywhere."""
    roles = principal.roles & PERMISSIONS.get(permission, frozenset())
    if principal.warehouses is ALL or not _is_bound(principal, roles):
        return None
    return principal.warehouses


def _is_bound(principal: Principal, roles: frozenset[Role]) -> bool:
    return roles <= _BOUND or principal.kind is Kind.MACHINE


def act_in(principal: Principal, warehouse: str, permission: str) -> None:
    """Raises NotAllowed unless the permission may be used in the warehouse."""
    if not may_act_in(principal, warehouse, permission):
        raise NotAllowed(
            "warehouse_not_yours", f"You may not act in warehouse {warehouse}.", warehouse=warehouse
        )


def act_everywhere(principal: Principal, permission: str) -> None:
    """Raises NotAllowed for those who may use the permission in some warehouses only."""
    if seen_warehouses(principal, permission) is not None:
        raise NotAllowed("all_warehouses_needed", "It is about every warehouse, not only yours.")


def as_supplier(principal: Principal, permission: str) -> bool:
    """Whether the permission is the principal's as a supplier only: then it sees its own."""
    return principal.roles & PERMISSIONS.get(permission, frozenset()) == {Role.SUPPLIER}


def see_supplier(principal: Principal, supplier_id: str, permission: str) -> bool:
    """Whether it is seen as the supplier itself sees it; raises NotFound for another one's."""
    if not as_supplier(principal, permission):
        return False
    if principal.supplier_id is None or principal.supplier_id != supplier_id:
        raise NotFound("supplier_not_found", f"There is no supplier {supplier_id}.")
    return True


def own_customer_id(principal: Principal, asked: str | None) -> str | None:
    """The customer whose things may be listed: a customer gets their own, whatever was asked."""
    if principal.has(*STAFF):
        return asked
    if principal.customer_id is None or asked not in (None, principal.customer_id):
        raise NotFound("customer_not_found", "There is no such customer.")
    return principal.customer_id
