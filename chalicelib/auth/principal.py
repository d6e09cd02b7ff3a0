"""Who is asking: an identity with roles and scopes, read from verified claims.

Pure. Whether claims are genuine is auth.tokens' business; what roles allow is auth.permissions'.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any, Final, Literal

from chalicelib.core.errors import NotAllowed
from chalicelib.core.events import Actor


class Role(StrEnum):
    CUSTOMER = "customer"
    SALES = "sales"
    SUPPORT = "support"
    REVIEWER = "reviewer"
    SENIOR_REVIEWER = "senior_reviewer"
    WAREHOUSE = "warehouse"
    INSPECTOR = "inspector"
    FINANCE = "finance"
    SUPPLIER = "supplier"
    AUDITOR = "auditor"
    ADMIN = "admin"
    DEVICE = "device"
    MACHINE = "machine"


class Kind(StrEnum):
    """A machine acts for itself; a device for the warehouse it stands in."""

    PERSON = "person"
    MACHINE = "machine"
    DEVICE = "device"


class _All(Enum):
    ALL = "*"


ALL: Final = _All.ALL
"""Every warehouse, those of tomorrow included."""
Warehouses = frozenset[str] | Literal[_All.ALL]

MACHINE_SCOPE = "tuiku/machine"
_WAREHOUSE_SCOPE = "tuiku/warehouse."
"""Followed by a warehouse: a machine with such a scope is bound to the warehouses it names.

It needs no other: whose client may also ask for MACHINE_SCOPE may leave the ones that bind it out.
"""
STAFF = frozenset(Role) - {Role.CUSTOMER, Role.SUPPLIER, Role.DEVICE}
# Roles of people that a group of the user pool can give. Devices and machines are never people.
_GROUPS = frozenset(Role) - {Role.DEVICE, Role.MACHINE}
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@|~+-]{0,127}")
_NAMES_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Nothing but references: no name and no address of a person is carried around."""

    id: str
    kind: Kind
    roles: frozenset[Role]
    warehouses: Warehouses = frozenset()
    customer_id: str | None = None
    supplier_id: str | None = None

    def has(self, *roles: Role) -> bool:
        """Whether any of the roles is among the principal's."""
        return not self.roles.isdisjoint(roles)

    @property
    def is_customer_only(self) -> bool:
        """A buyer who is not also staff: sees nothing but their own."""
        return Role.CUSTOMER in self.roles and self.roles.isdisjoint(STAFF)

    def actor(self, role: Role | None = None) -> Actor:
        """As recorded in events: the role in which they acted, or their first one by name."""
        acting = role or min(self.roles, default=None)
        return Actor(id=self.id, role=acting.value if acting else self.kind.value)


def from_claims(claims: Mapping[str, Any]) -> Principal:  # Any: claims are JSON of the issuer
    """The principal of a verified token; raises NotAllowed when it names nobody we know."""
    if claims.get("token_use") == "access":
        return _machine(claims)
    return _person(claims)


def _person(claims: Mapping[str, Any]) -> Principal:
    groups = claims.get("cognito:groups")
    names = groups if isinstance(groups, list) else []
    return Principal(
        id=_identity(claims.get("sub")),
        kind=Kind.PERSON,
        roles=frozenset(role for role in _GROUPS if role.value in names),
        warehouses=_warehouses(_text(claims.get("custom:warehouses"))),
        customer_id=_reference(claims.get("custom:customer_id")),
        supplier_id=_reference(claims.get("custom:supplier_id")),
    )


def _machine(claims: Mapping[str, Any]) -> Principal:
    """Client credentials: no user is behind it, so the client itself is who acts."""
    scopes = _text(claims.get("scope")).split()
    warehouses = _bound_to(scopes)
    if MACHINE_SCOPE not in scopes and warehouses is ALL:
        raise NotAllowed("scope_missing", f"The token lacks the scope {MACHINE_SCOPE}.")
    return Principal(
        id=_identity(claims.get("client_id")),
        kind=Kind.MACHINE,
        roles=frozenset({Role.MACHINE}),
        warehouses=warehouses,
    )


def _bound_to(scopes: Iterable[str]) -> Warehouses:
    """ALL without a scope that binds; one that names no warehouse binds to none."""
    named = [scope for scope in scopes if scope.startswith(_WAREHOUSE_SCOPE)]
    if not named:
        return ALL
    names = [scope.removeprefix(_WAREHOUSE_SCOPE) for scope in named[:_NAMES_MAX]]
    return frozenset(name for name in names if _ID.fullmatch(name))


def _text(claim: object) -> str:
    return claim if isinstance(claim, str) else ""


def _identity(claim: object) -> str:
    if not isinstance(claim, str) or not _ID.fullmatch(claim):
        raise NotAllowed("identity_missing", "The token names no usable identity.")
    return claim


def _reference(claim: object) -> str | None:
    """A customer or supplier id; one that cannot be an id counts as none, so it sees nothing."""
    return claim if isinstance(claim, str) and _ID.fullmatch(claim) else None


def _warehouses(text: str) -> Warehouses:
    names = [name.strip() for name in text.split(",")][:_NAMES_MAX]
    if names == ["*"]:
        return ALL
    return frozenset(name for name in names if _ID.fullmatch(name))


def to_context(principal: Principal) -> dict[str, str]:
    """As strings, because API Gateway passes nothing else from an authorizer to a function."""
    context = {
        "id": principal.id,
        "kind": principal.kind.value,
        "roles": _joined(principal.roles),
        "warehouses": "*" if principal.warehouses is ALL else _joined(principal.warehouses),
        "customer_id": principal.customer_id or "",
        "supplier_id": principal.supplier_id or "",
    }
    return {name: value for name, value in context.items() if value}


def _joined(names: Iterable[str]) -> str:
    return ",".join(sorted(names))


def from_context(context: Mapping[str, Any]) -> Principal | None:
    """What `to_context` wrote, or None: a request without it has not been authorized."""
    try:
        identity, kind = context["id"], Kind(context["kind"])
        roles = frozenset(Role(name) for name in _split(context.get("roles")))
    except (KeyError, ValueError):
        return None
    if not isinstance(identity, str) or not _ID.fullmatch(identity):
        return None
    return Principal(
        id=identity,
        kind=kind,
        roles=roles,
        warehouses=_warehouses(_text(context.get("warehouses"))),
        customer_id=_reference(context.get("customer_id")),
        supplier_id=_reference(context.get("supplier_id")),
    )


def _split(text: object) -> list[str]:
    return [name for name in _text(text).split(",") if name]
