"""The permission table and the scopes."""

from dataclasses import replace

import pytest

from chalicelib.auth import permissions
from chalicelib.auth.principal import ALL, Kind, Principal, Role
from chalicelib.core.errors import NotAllowed, NotFound
from chalicelib.returns.consenting import SENIORS


def principal(*roles: Role, warehouses: str = "", customer_id: str | None = None) -> Principal:
    return Principal(
        id="usr-1",
        kind=Kind.PERSON,
        roles=frozenset(roles),
        warehouses=ALL if warehouses == "*" else frozenset(warehouses.split()),
        customer_id=customer_id,
    )


# The promise of the API, spelt out a second time: who may call what.
EXPECTED = {
    "orders:write": "machine sales admin",
    "orders:deliver": "machine sales admin warehouse",
    "returns:create": "customer sales support senior_reviewer machine admin",
    "returns:approve": "reviewer senior_reviewer admin",
    "returns:approve-senior": "senior_reviewer admin",
    "returns:override": "senior_reviewer admin",
    "delegations:create": "senior_reviewer admin",
    "returns:reject": "reviewer senior_reviewer admin",
    "returns:receive": "warehouse admin",
    "returns:inspect": "inspector admin",
    "returns:dispose": "inspector warehouse admin",
    "returns:settle": "finance admin machine",
    "settlements:confirm": "finance admin",
    "settlements:approve": "finance admin",
    "settlements:reverse": "finance admin",
    "settlements:pay-otherwise": "finance admin",
    "settlements:write-off": "finance admin",
    "payments:dispute": "finance admin machine",
    "scans:post": "warehouse device machine admin",
    "stock:count": "warehouse machine admin",
    "suppliers:write": "finance admin machine",
    "vendor-returns:draft": "warehouse finance admin",
    "vendor-returns:handle": "warehouse admin",
    "vendor-claims:open": "support finance admin",
    "vendor-claims:answer": "finance supplier admin",
    "vendor-claims:settle": "finance admin",
    "campaigns:create": "sales support machine admin",
    "campaigns:draft": "sales support machine admin",
    "campaigns:cancel": "sales support machine admin",
}


@pytest.mark.parametrize("permission", EXPECTED)
@pytest.mark.parametrize("role", Role)
def test_a_role_has_exactly_the_permissions_promised(permission: str, role: Role) -> None:
    assert permissions.may(principal(role), permission) == (role in EXPECTED[permission].split())


OF_SUPPLIERS = {
    "suppliers:read",
    "suppliers:export",
    "vendor-returns:read",
    "vendor-returns:act",
    "vendor-claims:read",
    "vendor-claims:act",
    "vendor-claims:answer",
}


@pytest.mark.parametrize("permission", permissions.PERMISSIONS)
def test_a_supplier_may_do_nothing_but_this(permission: str) -> None:
    assert permissions.may(principal(Role.SUPPLIER), permission) == (permission in OF_SUPPLIERS)


def test_a_supplier_who_is_staff_too_is_bound_where_it_acts_as_a_supplier() -> None:
    both = principal(Role.SUPPLIER, Role.SALES)

    assert permissions.as_supplier(both, "vendor-claims:act")
    assert not permissions.as_supplier(both, "vendor-claims:read")


@pytest.mark.parametrize("permission", permissions.PERMISSIONS)
def test_an_auditor_changes_nothing(permission: str) -> None:
    reads = permission.split(":")[1] in ("read", "list", "read-cause", "promise", "value")

    assert permissions.may(principal(Role.AUDITOR), permission) <= reads


def test_an_unknown_permission_has_nobody() -> None:
    assert not permissions.may(principal(*Role), "returns:delete")


def test_an_event_names_the_role_that_had_the_permission() -> None:
    both = principal(Role.CUSTOMER, Role.REVIEWER)

    assert permissions.acting_role(both, "returns:approve") is Role.REVIEWER
    assert permissions.acting_role(both, "returns:settle") is None


def test_an_event_names_the_right_on_which_more_may_hang() -> None:
    senior = principal(Role.REVIEWER, Role.SENIOR_REVIEWER)

    assert permissions.acting_role(senior, "returns:approve") is Role.SENIOR_REVIEWER
    assert permissions.acting_role(principal(Role.REVIEWER), "returns:approve") is Role.REVIEWER


@pytest.mark.parametrize("permission", permissions.PERMISSIONS)
def test_a_senior_reviewer_may_do_all_that_a_reviewer_may(permission: str) -> None:
    as_reviewer = permissions.may(principal(Role.REVIEWER), permission)

    assert permissions.may(principal(Role.SENIOR_REVIEWER), permission) >= as_reviewer


def test_a_senior_reviewer_does_the_work_of_reviewers_too() -> None:
    assert permissions.with_implied(frozenset({Role.SENIOR_REVIEWER})) == {
        Role.SENIOR_REVIEWER,
        Role.REVIEWER,
    }


def test_the_domain_knows_the_same_seniors() -> None:
    granted = permissions.PERMISSIONS["returns:approve-senior"]

    assert {role.value for role in granted} == SENIORS


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        (principal(Role.CUSTOMER, customer_id="cus-1"), True),
        (principal(Role.CUSTOMER, customer_id="cus-2"), False),
        (principal(Role.CUSTOMER), False),
        (principal(Role.SUPPLIER, customer_id="cus-1"), False),
        (principal(Role.DEVICE), False),
        (principal(), False),
        (principal(Role.SUPPORT), True),
        (principal(Role.AUDITOR), True),
        (principal(Role.CUSTOMER, Role.SUPPORT, customer_id="cus-2"), True),
    ],
)
def test_an_order_is_seen_by_staff_and_by_its_own_customer(who: Principal, sees: bool) -> None:
    assert permissions.may_see_order(who, "cus-1") is sees


def test_a_foreign_order_looks_like_one_that_does_not_exist() -> None:
    with pytest.raises(NotFound, match="order_not_found"):
        permissions.see_order(principal(Role.CUSTOMER, customer_id="cus-2"), "cus-1", "536365")


def test_a_warehouse_worker_acts_in_their_own_warehouses() -> None:
    worker = principal(Role.WAREHOUSE, warehouses="WH1 WH2")

    permissions.act_in(worker, "WH2", "returns:receive")
    with pytest.raises(NotAllowed, match="warehouse_not_yours"):
        permissions.act_in(worker, "WH3", "returns:receive")


@pytest.mark.parametrize(
    ("who", "permission", "may"),
    [
        (principal(Role.WAREHOUSE, warehouses="*"), "returns:receive", True),
        (principal(Role.WAREHOUSE, warehouses="*"), "returns:inspect", False),
        (principal(Role.WAREHOUSE, warehouses="WH9"), "returns:inspect", False),
        (principal(Role.WAREHOUSE), "returns:receive", False),
        (principal(Role.ADMIN), "returns:receive", True),
        (principal(Role.SALES), "orders:deliver", True),
        (principal(Role.SALES), "returns:receive", False),
        (principal(Role.SALES, Role.WAREHOUSE), "returns:receive", False),
        (principal(Role.SALES, Role.WAREHOUSE), "orders:deliver", True),
        (principal(), "returns:receive", False),
    ],
)
def test_only_roles_of_the_floor_are_bound_to_warehouses(
    who: Principal, permission: str, may: bool
) -> None:
    assert permissions.may_act_in(who, "WH-NEW", permission) is may


def test_a_machine_that_is_bound_to_warehouses_acts_and_looks_there_only() -> None:
    bound = Principal(
        id="wms",
        kind=Kind.MACHINE,
        roles=frozenset({Role.MACHINE}),
        warehouses=frozenset({"WH1"}),
    )

    permissions.act_in(bound, "WH1", "notices:confirm")
    with pytest.raises(NotAllowed, match="warehouse_not_yours"):
        permissions.act_in(bound, "WH2", "notices:confirm")
    assert permissions.seen_warehouses(bound, "notices:read") == frozenset({"WH1"})
    assert permissions.may_act_in(replace(bound, warehouses=ALL), "WH2", "notices:confirm")
    assert permissions.seen_warehouses(replace(bound, warehouses=ALL), "notices:read") is None


def test_a_machine_that_is_bound_to_warehouses_does_what_they_do_and_nothing_else() -> None:
    free = Principal(id="wms", kind=Kind.MACHINE, roles=frozenset({Role.MACHINE}), warehouses=ALL)
    bound = replace(free, warehouses=frozenset({"WH1"}))
    granted = {one for one in permissions.PERMISSIONS if permissions.may(free, one)}

    assert {one for one in granted if permissions.may(bound, one)} == permissions.OF_WAREHOUSES
    for foreign in ("policies:publish", "returns:settle", "returns:cancel", "customers:list"):
        assert permissions.may(free, foreign)
        assert not permissions.may(bound, foreign)


@pytest.mark.parametrize("asked", [None, "cus-1"])
def test_a_customer_lists_their_own(asked: str | None) -> None:
    who = principal(Role.CUSTOMER, customer_id="cus-1")

    assert permissions.own_customer_id(who, asked) == "cus-1"


@pytest.mark.parametrize("customer_id", ["cus-2", None])
def test_a_customer_lists_nobody_elses(customer_id: str | None) -> None:
    with pytest.raises(NotFound):
        permissions.own_customer_id(principal(Role.CUSTOMER, customer_id=customer_id), "cus-1")


def test_staff_list_whom_they_ask_for() -> None:
    assert permissions.own_customer_id(principal(Role.SUPPORT), None) is None
