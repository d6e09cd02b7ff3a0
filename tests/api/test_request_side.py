"""The request side through the door: editing, asking, taking back, papers; and who may do what."""

from typing import Any

import pytest

from chalicelib.auth.principal import Role
from tests.api.door import Door, Reply
from tests.api.test_lifecycle import COUNT, ORDER, RETURN, seen

WISH = {"order_line_no": "1", "quantity": 1, "reason": "STYLE_COLOR"}
REPORT = {
    "asked": ["warehouse lead"],
    "investigation": "Counted the shelf.",
    "data": "Two boxes too few.",
    "conclusion": "Relabelled the shelf.",
}


@pytest.fixture
def shop(door: Door) -> Door:
    """Ten units in stock, of which three were sold and delivered."""
    door.ask("warehouse", "POST", "/v1/stock/counts", COUNT, Idempotency_Key="c-1").expect(201)
    door.ask("machine", "PUT", "/v1/orders/SO-1", ORDER).expect(201)
    return door


def asked(door: Door, who: str = "customer", **more: object) -> str:
    """The id of a new return of two units."""
    return str(door.ask(who, "POST", "/v1/returns", {**RETURN, **more}).expect(201)["id"])


def does(door: Door, who: str, return_id: str, name: str, body: object = None) -> Reply:
    return door.ask(
        who, "POST", f"/v1/returns/{return_id}/{name}", body or {}, If_Match=seen(door, return_id)
    )


def edits(door: Door, who: str, return_id: str, body: object) -> Reply:
    return door.ask(who, "PATCH", f"/v1/returns/{return_id}", body, If_Match=seen(door, return_id))


def test_a_customer_changes_a_draft_and_sends_it(shop: Door) -> None:
    draft = asked(shop, submit=False)

    edited = edits(shop, "customer", draft, {"lines": [WISH], "method": "store"}).expect(200)
    sent = does(shop, "customer", draft, "submit").expect(200)

    assert (edited["status"], edited["method"], edited["version"]) == ("DRAFT", "store", 2)
    assert edited["deadline"]["kind"] == "draft"
    assert sent["status"] == "UNDER_REVIEW"
    assert sent["lines"][0]["quantities"]["requested"] == 1
    assert sent["documents"] == [{"kind": "outbound_order", "ref": "D-1"}]


def test_a_question_is_answered_by_sending_the_request_again(shop: Door) -> None:
    ret = asked(shop)

    question = does(shop, "reviewer", ret, "request-info", {"question": "Is it sealed?"})
    answered = edits(shop, "customer", ret, {"lines": [WISH], "note": "It is."}).expect(200)
    sent = does(shop, "customer", ret, "submit").expect(200)

    assert question.expect(200)["status"] == "NEEDS_INFO"
    assert question.body["reviewed_by"] == "reviewer"
    assert question.body["deadline"]["kind"] == "answer"
    assert answered["status"] == "NEEDS_INFO"
    assert (sent["status"], sent["deadline"]) == ("UNDER_REVIEW", None)


def test_a_customer_takes_some_units_back_and_then_all(shop: Door) -> None:
    ret = asked(shop)
    some = {"reason": "KEEPS_IT", "lines": [{"line_no": "1", "quantity": 1}]}

    first = does(shop, "customer", ret, "cancel", some).expect(200)
    rest = does(shop, "customer", ret, "cancel", {"reason": "OTHER", "note": "Sold."}).expect(200)

    assert first["lines"][0]["quantities"]["cancelled"] == 1
    assert rest["status"] == "CANCELLED"
    order = shop.ask("customer", "GET", "/v1/orders/SO-1").expect(200)
    assert order["lines"][0]["returnable_quantity"] == 3


def test_goods_that_are_here_are_not_taken_back(shop: Door) -> None:
    ret = asked(shop)
    does(shop, "reviewer", ret, "approve").expect(200)
    receipt = {"warehouse": "WH1", "items": [{"sku": "85123A", "quantity": 2}]}
    shop.ask(
        "warehouse", "POST", f"/v1/returns/{ret}/receipts", receipt,
        Idempotency_Key="r", If_Match="*",
    ).expect(201)  # fmt: skip

    refused = does(shop, "customer", ret, "cancel", {"reason": "KEEPS_IT"})

    assert (refused.status, refused.body["code"]) == (409, "already_shipped")
    assert refused.body["details"]["instead"] == "ship-back"
    assert "ship-back" in refused.body["details"]["allowed"]


def test_a_machine_lets_a_return_run_out(shop: Door) -> None:
    ret = asked(shop)
    approved = does(shop, "reviewer", ret, "approve").expect(200)

    expired = does(shop, "machine", ret, "expire", {"waited_for": "ship"}).expect(200)

    assert approved["deadline"]["kind"] == "ship"
    assert expired["status"] == "EXPIRED"
    assert expired["lines"][0]["quantities"]["ended_after_approval"] == 2


def test_a_quality_return_shows_what_is_missing_until_it_is_linked(shop: Door) -> None:
    ret = asked(shop, type="quality")

    missing = does(shop, "reviewer", ret, "approve")
    linked = does(shop, "customer", ret, "documents", {"kind": "photo", "ref": "pho_1"})
    approved = does(shop, "reviewer", ret, "approve").expect(200)

    assert (missing.status, missing.body["code"]) == (409, "documents_missing")
    assert missing.body["details"] == {"missing_documents": ["photo|qc_report"]}
    assert linked.expect(200)["missing_documents"] == []
    assert approved["status"] == "APPROVED"


def test_a_cause_report_is_shown_to_staff_and_told_of_to_customers(shop: Door) -> None:
    ret = asked(shop, "sales", type="recall")
    path = f"/v1/returns/{ret}/cause-report"
    nobody = shop.ask("auditor", "GET", path)

    shop.ask("support", "PUT", path, REPORT, If_Match=seen(shop, ret)).expect(200)

    assert (nobody.status, nobody.body["code"]) == (404, "cause_report_not_found")
    written = shop.ask("auditor", "GET", path).expect(200)
    assert {name: written[name] for name in REPORT} == REPORT
    assert written["reported_by"] == "support"
    own = shop.ask("customer", "GET", f"/v1/returns/{ret}").expect(200)
    assert own["cause_report"].keys() == {"reported_by", "reported_at"}
    assert shop.ask("customer", "GET", path).status == 403
    assert "shelf" not in shop.ask("customer", "GET", f"/v1/returns/{ret}/timeline").raw


@pytest.mark.parametrize(
    ("type_", "status"),
    [
        ("customer_return", 201),
        ("quality", 201),
        ("recall", 403),
        ("sales_adjustment", 403),
        ("stock_error", 403),
    ],
)
def test_customers_file_what_is_theirs_to_file(shop: Door, type_: str, status: int) -> None:
    reply = shop.ask("customer", "POST", "/v1/returns", {**RETURN, "type": type_})

    assert reply.status == status


@pytest.mark.parametrize("who", ["sales", "support", "machine", "admin"])
@pytest.mark.parametrize("type_", ["recall", "sales_adjustment", "stock_error"])
def test_staff_and_machines_call_goods_back(shop: Door, who: str, type_: str) -> None:
    assert shop.ask(who, "POST", "/v1/returns", {**RETURN, "type": type_}).status == 201


def test_goods_sent_by_error_are_named_by_their_sku(shop: Door) -> None:
    stranger = {"sku": "WRONG-1", "quantity": 4, "reason": "WRONG_ITEM"}
    body = {"order_no": "SO-1", "type": "stock_error", "lines": [stranger]}

    quote = shop.ask("support", "POST", "/v1/returns/quote", body).expect(200)
    created = shop.ask("support", "POST", "/v1/returns", body).expect(201)

    assert (quote["lines"][0]["order_line_no"], quote["lines"][0]["sku"]) == (None, "WRONG-1")
    assert created["quote"] == {"amount": "0.00", "currency": "EUR"}
    assert created["missing_documents"] == ["application_form"]


def test_a_foreign_customer_changes_nothing(shop: Door) -> None:
    ret = asked(shop)
    shop.sign_in("stranger", Role.CUSTOMER, customer_id="cus-2002")
    any_version = {"If_Match": "*"}
    path = f"/v1/returns/{ret}"

    replies = [
        shop.ask("stranger", "PATCH", path, {"method": "store"}, **any_version),
        shop.ask("stranger", "POST", f"{path}/cancel", {"reason": "KEEPS_IT"}, **any_version),
        shop.ask(
            "stranger", "POST", f"{path}/documents", {"kind": "photo", "ref": "x"}, **any_version
        ),
    ]

    assert [reply.status for reply in replies] == [404] * 3


FORBIDDEN: list[tuple[str, str, str, Any]] = [
    ("POST", "request-info", "customer", {"question": "?"}),
    ("POST", "request-info", "support", {"question": "?"}),
    ("POST", "expire", "customer", {}),
    ("POST", "expire", "reviewer", {}),
    ("POST", "cancel", "warehouse", {"reason": "KEEPS_IT"}),
    ("PUT", "cause-report", "customer", REPORT),
    ("PUT", "cause-report", "warehouse", REPORT),
]


@pytest.mark.parametrize(("method", "name", "who", "body"), FORBIDDEN)
def test_what_is_not_their_work_is_refused(
    shop: Door, method: str, name: str, who: str, body: Any
) -> None:
    ret = asked(shop)

    reply = shop.ask(who, method, f"/v1/returns/{ret}/{name}", body, If_Match="*")

    assert (reply.status, reply.body["code"]) == (403, "permission_denied")


@pytest.mark.parametrize(
    ("method", "name", "who", "body"),
    [
        ("PATCH", "", "customer", {"method": "store"}),
        ("POST", "/request-info", "reviewer", {"question": "?"}),
        ("POST", "/cancel", "support", {"reason": "KEEPS_IT"}),
        ("POST", "/expire", "admin", {}),
        ("POST", "/documents", "sales", {"kind": "photo", "ref": "x"}),
        ("PUT", "/cause-report", "support", REPORT),
    ],
)
def test_people_name_the_version_they_looked_at(
    shop: Door, method: str, name: str, who: str, body: Any
) -> None:
    ret = asked(shop)

    reply = shop.ask(who, method, f"/v1/returns/{ret}{name}", body)

    assert (reply.status, reply.body["code"]) == (428, "if_match_required")


def test_a_repeated_cancellation_is_told_the_same(shop: Door) -> None:
    ret = asked(shop)
    version = seen(shop, ret)

    first, again = (
        shop.ask(
            "customer", "POST", f"/v1/returns/{ret}/cancel", {"reason": "OTHER", "note": "Gone."},
            Idempotency_Key="k", If_Match=version,
        )
        for _ in range(2)
    )  # fmt: skip

    assert (first.status, again.raw) == (200, first.raw)
    assert again.headers["Idempotency-Replayed"] == "true"


def test_customers_link_only_papers_that_are_theirs_to_state(shop: Door) -> None:
    ret = asked(shop, submit=False)
    report = {"kind": "qc_report", "ref": "Q-1"}
    photo, invoice = {"kind": "photo", "ref": "P-1"}, {"kind": "invoice", "ref": "I-1"}

    for reply in (
        does(shop, "customer", ret, "documents", report),
        edits(shop, "customer", ret, {"documents": [report]}),
        shop.ask("customer", "POST", "/v1/returns", {**RETURN, "documents": [report]}),
    ):
        assert reply.expect(403)["code"] == "document_kind_not_yours"
    does(shop, "support", ret, "documents", report).expect(200)
    does(shop, "customer", ret, "documents", photo).expect(200)
    edited = edits(shop, "customer", ret, {"documents": [invoice]}).expect(200)

    assert report in edited["documents"]
    assert invoice in edited["documents"]
    assert photo not in edited["documents"]


def test_what_a_customer_noted_of_a_line_is_in_no_remembered_answer(shop: Door) -> None:
    body = {**RETURN, "lines": [{**WISH, "note": "For my aunt."}]}

    told = shop.ask("customer", "POST", "/v1/returns", body, Idempotency_Key="n-1").expect(201)

    shown = shop.ask("customer", "GET", f"/v1/returns/{told['id']}").expect(200)
    assert told["lines"][0]["note"] is None
    assert shown["lines"][0]["note"] == "For my aunt."


def test_a_customer_takes_back_what_was_asked_of_an_order_that_is_anothers_now(
    shop: Door,
) -> None:
    ret = asked(shop)
    moved = {**ORDER, "customer_id": "cus-elsewhere"}
    shop.ask("machine", "PUT", "/v1/orders/SO-1", moved).expect(200)

    ended = does(shop, "customer", ret, "cancel", {"reason": "KEEPS_IT"}).expect(200)

    assert ended["status"] == "CANCELLED"
    shop.ask("customer", "GET", "/v1/orders/SO-1").expect(404)
