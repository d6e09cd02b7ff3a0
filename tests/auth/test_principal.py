"""From claims to a principal, and through the strings of an authorizer's context."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.auth.principal import (
    ALL,
    Kind,
    Principal,
    Role,
    from_claims,
    from_context,
    to_context,
)
from chalicelib.core.errors import NotAllowed

PERSON: dict[str, Any] = {"token_use": "id", "sub": "8b1c", "cognito:groups": ["warehouse"]}
MACHINE: dict[str, Any] = {"token_use": "access", "client_id": "erp", "scope": "tuiku/machine"}
IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)


def test_a_person_has_the_roles_and_scopes_of_the_claims() -> None:
    claims = PERSON | {"custom:warehouses": "WH1, WH2", "custom:customer_id": "cus-1001"}

    principal = from_claims(claims)

    assert principal == Principal(
        id="8b1c",
        kind=Kind.PERSON,
        roles=frozenset({Role.WAREHOUSE}),
        warehouses=frozenset({"WH1", "WH2"}),
        customer_id="cus-1001",
    )


@pytest.mark.parametrize("claim", ["", None, ["*"], ",", " "])
def test_a_person_without_warehouses_may_act_in_none(claim: object) -> None:
    assert from_claims(PERSON | {"custom:warehouses": claim}).warehouses == frozenset()


def test_a_star_means_every_warehouse() -> None:
    assert from_claims(PERSON | {"custom:warehouses": "*"}).warehouses is ALL


def test_a_star_among_names_is_not_every_warehouse() -> None:
    assert from_claims(PERSON | {"custom:warehouses": "WH1,*"}).warehouses == frozenset({"WH1"})


@pytest.mark.parametrize("groups", [["machine"], ["device"], ["root"], "admin", None, [1]])
def test_a_group_that_is_no_role_of_people_gives_nothing(groups: object) -> None:
    assert from_claims(PERSON | {"cognito:groups": groups}).roles == frozenset()


def test_a_machine_acts_for_itself_everywhere() -> None:
    principal = from_claims(MACHINE | {"cognito:groups": ["admin"]})

    assert (principal.id, principal.roles) == ("erp", frozenset({Role.MACHINE}))
    assert principal.warehouses is ALL


def test_a_machine_may_be_bound_to_warehouses_by_its_scopes() -> None:
    scope = "tuiku/machine tuiku/warehouse.BER tuiku/warehouse.MUC other/warehouse.X"

    assert from_claims(MACHINE | {"scope": scope}).warehouses == frozenset({"BER", "MUC"})


def test_a_machine_of_a_partner_needs_no_scope_that_would_let_it_leave_the_others_out() -> None:
    """Clients say which of their scopes a token is to have: one for all would set it free."""
    bound = from_claims(MACHINE | {"scope": "tuiku/warehouse.BER"})

    assert bound.roles == frozenset({Role.MACHINE})
    assert bound.warehouses == frozenset({"BER"})


@pytest.mark.parametrize("bad", ["tuiku/warehouse.", "tuiku/warehouse.*", "tuiku/warehouse.a,b"])
def test_a_scope_that_names_no_warehouse_binds_to_none(bad: str) -> None:
    assert from_claims(MACHINE | {"scope": f"tuiku/machine {bad}"}).warehouses == frozenset()


@pytest.mark.parametrize("scope", ["", "tuiku/machinery", "machine", None, ["tuiku/machine"]])
def test_a_machine_without_the_scope_is_nobody(scope: object) -> None:
    with pytest.raises(NotAllowed, match="scope_missing"):
        from_claims(MACHINE | {"scope": scope})


@pytest.mark.parametrize("sub", [None, "", 7, "a b", "x" * 200, "a\nb", "a,b"])
def test_a_token_without_a_usable_identity_is_nobody(sub: object) -> None:
    with pytest.raises(NotAllowed, match="identity_missing"):
        from_claims(PERSON | {"sub": sub})


@given(
    st.builds(
        Principal,
        id=IDS,
        kind=st.sampled_from(Kind),
        roles=st.frozensets(st.sampled_from(Role)),
        warehouses=st.frozensets(IDS) | st.just(ALL),
        customer_id=IDS | st.none(),
        supplier_id=IDS | st.none(),
    )
)
def test_a_principal_survives_the_strings_of_the_context(principal: Principal) -> None:
    context = to_context(principal)

    assert from_context(context | {"principalId": principal.id}) == principal
    assert all(context.values())


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"id": "a"},
        {"id": "a", "kind": "god"},
        {"id": "", "kind": "person"},
        {"id": "a", "kind": "person", "roles": "root"},
    ],
)
def test_a_context_that_is_not_ours_is_nobody(context: dict[str, str]) -> None:
    assert from_context(context) is None


def test_the_actor_of_an_event_is_a_reference_and_a_role() -> None:
    actor = from_claims(PERSON).actor()

    assert (actor.id, actor.role) == ("8b1c", "warehouse")
