"""Who may do what, asked of the deployed gateway, authorizer and functions."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from chalicelib.auth.permissions import PERMISSIONS
from tests.e2e.merchant import ANY, Json, Merchant, eventually, refused
from tools.demo.desk import Case
from tools.demo.sale import CUSTOMER, WAREHOUSE, Sale
from tools.stack.client import Answer
from tools.stack.identity import PASSWORD

ROLES = (
    "customer", "sales", "support", "reviewer", "senior_reviewer", "warehouse", "inspector",
    "finance", "supplier", "auditor", "admin", "machine",
)  # fmt: skip
NOBODY = "ret_nobody"
# What the permission is asked about: things that do not exist, bodies that are refused.
DOORS: tuple[tuple[str, str, str, Json | None], ...] = (
    ("orders:write", "PUT", "/orders/nobody", {}),
    ("orders:read", "GET", "/orders/nobody", None),
    ("returns:create", "POST", "/returns", {}),
    ("returns:quote", "POST", "/returns/quote", {}),
    ("returns:list", "GET", "/returns?limit=1", None),
    ("returns:approve", "POST", f"/returns/{NOBODY}/approve", {}),
    ("returns:receive", "POST", f"/returns/{NOBODY}/receipts", {}),
    ("returns:inspect", "POST", f"/returns/{NOBODY}/inspections", {}),
    ("returns:dispose", "POST", f"/returns/{NOBODY}/dispositions", {}),
    ("returns:settle", "POST", f"/returns/{NOBODY}/settlements", {"mode": "?"}),
    ("settlements:confirm", "POST", "/settlements/set_nobody/confirm", {}),
    ("settlements:write-off", "POST", "/settlements/set_nobody/write-off", {}),
    ("payments:dispute", "POST", "/orders/nobody/payments/nobody/disputes", {}),
    ("photos:upload", "POST", f"/returns/{NOBODY}/photos", {}),
    ("scans:post", "POST", "/scans", {}),
    ("scans:read", "GET", "/scans/nobody", None),
    ("stock:read", "GET", "/stock?sku=nobody", None),
    ("stock:count", "POST", "/stock/counts", {}),
    ("imports:create", "POST", "/imports", {}),
    ("jobs:read", "GET", "/jobs/job_nobody", None),
    ("reconciliations:run", "POST", "/reconciliations", {"unknown": 1}),
    ("metrics:read", "GET", "/metrics/returns", None),
    ("exceptions:read", "GET", "/exceptions/exc_nobody", None),
    ("tasks:read", "GET", "/tasks?limit=1", None),
)
# A second opinion on the table itself, about what hurts most.
NEVER = {
    "returns:approve": {"customer", "sales", "support", "warehouse", "finance", "machine"},
    "returns:settle": {"customer", "sales", "support", "reviewer", "warehouse", "inspector"},
    "stock:count": {"customer", "finance", "reviewer", "auditor", "supplier"},
    "imports:create": {"customer", "auditor", "supplier", "warehouse"},
}


@pytest.mark.parametrize(
    ("permission", "method", "path", "body"), DOORS, ids=[door[0] for door in DOORS]
)
def test_a_role_passes_exactly_where_the_table_lets_it(
    merchant: Merchant, permission: str, method: str, path: str, body: Json | None
) -> None:
    def ask(role: str) -> tuple[str, Answer]:
        key = None if method == "GET" else merchant.key(role)
        return role, merchant.send(role, method, path, body, key=key, headers=ANY)

    with ThreadPoolExecutor(4) as pool:
        answers = dict(pool.map(ask, ROLES))

    denied = {
        role
        for role, answer in answers.items()
        if answer.status == 403 and answer.body["code"] == "permission_denied"
    }
    assert denied == set(ROLES) - {role.value for role in PERMISSIONS[permission]}
    assert denied >= NEVER.get(permission, set())
    assert {answer.status for role, answer in answers.items() if role not in denied} <= {
        200, 400, 404,
    }  # fmt: skip


def test_without_a_token_only_health_and_the_description_are_open(merchant: Merchant) -> None:
    merchant.send(None, "GET", "/health").expect(200)
    described = merchant.send(None, "GET", "/openapi.json").expect(200)

    assert len(described["paths"]) > 20
    for _, method, path, body in DOORS:
        refused(merchant.send(None, method, path, body), 401, "unauthenticated")


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Users of this run, beside the one a role that the stack makes."""

    merchant: Merchant

    def add(self, name: str, groups: tuple[str, ...], **attributes: str) -> str:
        """A user's id token."""
        state = self.merchant.stack.state
        username = f"{name}-{self.merchant.run.lower()}@tuiku.test"
        wanted = {"email": username, **{f"custom:{k}": v for k, v in attributes.items()}}
        cognito = self.merchant.stack.boto("cognito-idp")
        cognito.admin_create_user(
            UserPoolId=state.pool_id,
            Username=username,
            UserAttributes=[{"Name": k, "Value": v} for k, v in wanted.items()],
            MessageAction="SUPPRESS",
        )
        cognito.admin_set_user_password(
            UserPoolId=state.pool_id, Username=username, Password=PASSWORD, Permanent=True
        )
        for group in groups:
            cognito.admin_add_user_to_group(
                UserPoolId=state.pool_id, Username=username, GroupName=group
            )
        return str(self.tokens(username)["IdToken"])

    def tokens(self, username: str) -> Json:
        answer = self.merchant.stack.boto("cognito-idp").initiate_auth(
            AuthFlow="USER_PASSWORD_AUTH",
            ClientId=self.merchant.stack.state.client_id,
            AuthParameters={"USERNAME": username, "PASSWORD": PASSWORD},
        )
        return dict(answer["AuthenticationResult"])

    def ask(
        self, token: str, method: str, path: str, body: Json | None = None, key: str | None = None
    ) -> Answer:
        headers = {"Authorization": f"Bearer {token}", **ANY}
        return self.merchant.send(None, method, path, body, key=key, headers=headers)


@pytest.fixture(scope="module")
def people(merchant: Merchant) -> People:
    return People(merchant=merchant)


@pytest.fixture(scope="module")
def case(merchant: Merchant) -> Case:
    """A return of the local customer, waiting for review."""
    return merchant.asked(Sale(name="e2e-access", units=2), 1, role="customer")


def test_a_customer_sees_their_own_and_nobody_elses(
    merchant: Merchant, people: People, case: Case
) -> None:
    stranger = people.add("stranger", ("customer",), customer_id="cus-2002")
    order_no = case.now()["order_no"]
    line = {"order_line_no": "1", "quantity": 1, "reason": "CHANGED_MIND"}
    wish = {"order_no": order_no, "lines": [line]}

    merchant.send("customer", "GET", f"/returns/{case.id}").expect(200)
    merchant.send("customer", "GET", f"/orders/{order_no}").expect(200)
    for method, path, body, code in (
        ("GET", f"/orders/{order_no}", None, "order_not_found"),
        ("POST", "/returns/quote", wish, "order_not_found"),
        ("POST", "/returns", wish, "order_not_found"),
        ("GET", f"/returns/{case.id}", None, "return_not_found"),
        ("GET", f"/returns/{case.id}/timeline", None, "return_not_found"),
        ("GET", f"/returns/{case.id}/photos", None, "return_not_found"),
        ("GET", f"/returns/{case.id}/settlements", None, "return_not_found"),
        ("POST", f"/returns/{case.id}/submit", {}, "return_not_found"),
        ("GET", "/returns?customer_id=cus-1001", None, "customer_not_found"),
    ):
        problem = refused(people.ask(stranger, method, path, body), 404, code)
        assert CUSTOMER not in json.dumps(problem.get("details", {}))


def test_a_customers_list_holds_their_own_only(
    merchant: Merchant, people: People, case: Case
) -> None:
    stranger = people.add("lister", ("customer",), customer_id="cus-2003")

    own = eventually(
        lambda: merchant.desk.caller.pages("customer", "/returns?limit=100"),
        lambda rows: any(row["id"] == case.id for row in rows),
    )

    assert {row["customer_id"] for row in own} == {CUSTOMER}
    assert people.ask(stranger, "GET", "/returns").expect(200)["items"] == []


def test_warehouse_staff_act_in_their_own_warehouse_only(
    merchant: Merchant, people: People
) -> None:
    case = merchant.approved(Sale(name="e2e-elsewhere", units=1), 1)
    clerk = people.add("clerk", ("warehouse",), warehouses="LYO,NCE")
    item = {"sku": "DEMO-E2E-ELSEWHERE", "quantity": 1}
    receipt = {"warehouse": WAREHOUSE, "items": [item]}
    scan = merchant.scan("elsewhere", 1, return_number=case.number, sku=item["sku"])

    path = f"/returns/{case.id}/receipts"
    booked = people.ask(clerk, "POST", path, receipt, key=merchant.key())
    scanned = people.ask(clerk, "POST", "/scans", {"scans": [scan]}).expect(202)

    refused(booked, 403, "warehouse_not_yours")
    (result,) = scanned["results"]
    assert result["accepted"] is False
    assert result["errors"][0]["code"] == "warehouse_not_yours"
    case.must_be(status="APPROVED", received=0)


def test_somebody_without_a_role_gets_in_and_no_further(merchant: Merchant, people: People) -> None:
    token = people.add("nobody", ())

    for _, method, path, body in DOORS:
        refused(people.ask(token, method, path, body, key="k"), 403, "permission_denied")


def test_a_token_that_is_not_whole_genuine_and_of_the_right_use_opens_nothing(
    merchant: Merchant, people: People
) -> None:
    head, claims, signature = merchant.stack.token("reviewer").split(".")
    admin = _with_claims(claims, **{"cognito:groups": ["admin"]})
    unsigned = _part({"alg": "none", "typ": "JWT"})
    username = merchant.stack.state.users["admin"].username
    access = people.tokens(username)["AccessToken"]

    for token in (
        f"{head}.{admin}.{signature}",
        f"{unsigned}.{admin}.",
        f"{head}.{claims}.{signature[:-8]}AAAAAAAA",
        access,
    ):
        refused(people.ask(token, "GET", "/returns?limit=1"), 401, "unauthenticated")


def _with_claims(claims: str, **new: object) -> str:
    """The middle of a token with other claims; its signature no longer fits."""
    known = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    return _part({**known, **new})


def _part(content: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
