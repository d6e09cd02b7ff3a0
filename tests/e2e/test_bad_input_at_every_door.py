"""What is wrong is refused where it came in, as its documented problem, and moves nothing."""

import json
from collections.abc import Mapping

import pytest

from tests.e2e.merchant import ANY, Json, Merchant, faults, refused
from tools.demo.desk import Case
from tools.demo.sale import WAREHOUSE, Sale

SALE = Sale(name="e2e-doors", units=6)
BODY_BYTES_MAX = 256 * 1024


@pytest.fixture(scope="module")
def order_no(merchant: Merchant) -> str:
    return merchant.sold(SALE)


@pytest.fixture(scope="module")
def case(merchant: Merchant) -> Case:
    """A return that waits for review."""
    return merchant.asked(Sale(name="e2e-doors-case", units=3), 2, role="customer")


def wish(order_no: str, **line: object) -> Json:
    """A request for one line. Any: right or wrong."""
    asked = {"order_line_no": "1", "quantity": 1, "reason": "CHANGED_MIND", **line}
    return {"order_no": order_no, "warehouse": WAREHOUSE, "lines": [asked]}


def order(merchant: Merchant, name: str) -> Json:
    return Sale(name=name).body(merchant.run, merchant.desk.now)


# The body as bytes.


@pytest.mark.parametrize(
    "body",
    [
        b'{"lines":',
        b"[1, 2",
        b'{"lines": NaN}',
        b'{"lines": [], "lines": []}',
        b'{"order_no": ' + b"9" * 400 + b"}",
        b"[" * 30_000,
    ],
    ids=["cut", "open", "NaN", "name twice", "digits", "deep"],
)
def test_what_is_not_json_is_refused(merchant: Merchant, body: bytes) -> None:
    answer = merchant.send("support", "POST", "/returns", body)

    problem = refused(answer, 400, "malformed_json")

    assert problem["instance"] == "/v1/returns"
    assert problem["details"]["reason"]


def test_a_body_above_the_limit_is_refused(merchant: Merchant) -> None:
    body = json.dumps({"note": "x" * BODY_BYTES_MAX}).encode()

    problem = refused(merchant.send("support", "POST", "/returns", body), 413, "body_too_large")

    assert problem["details"]["limit_bytes"] == BODY_BYTES_MAX


@pytest.mark.parametrize(
    "kind", ["text/csv", "application/x-www-form-urlencoded", "application/json; charset=latin-1"]
)
def test_a_body_of_another_type_is_refused(merchant: Merchant, order_no: str, kind: str) -> None:
    headers = {"Content-Type": kind}

    answer = merchant.send("support", "POST", "/returns", wish(order_no), headers=headers)

    refused(answer, 415, "unsupported_media_type")


def test_unknown_fields_and_bad_values_are_each_named(merchant: Merchant, order_no: str) -> None:
    body = {**wish(order_no, quantity="1", colour="red"), "price": 1, "method": "pigeon"}

    problem = refused(merchant.send("support", "POST", "/returns", body), 400, "body_invalid")

    assert faults(problem) == {
        "/price": "unknown_field",
        "/method": "unknown_value",
        "/lines/0/colour": "unknown_field",
        "/lines/0/quantity": "wrong_type",
    }


def test_a_refusal_is_told_in_chinese_to_who_reads_chinese(merchant: Merchant) -> None:
    headers = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"}

    answer = merchant.send("support", "POST", "/returns", {"x": 1}, headers=headers)

    problem = refused(answer, 400, "body_invalid", language="zh-CN")
    assert answer.headers["content-language"] == "zh-CN"
    assert all(_is_chinese(error["message"]) for error in problem["errors"])
    assert _is_chinese(problem["detail"])


def _is_chinese(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)


# The address and the headers.


@pytest.mark.parametrize("role", ["support", None])
def test_an_unknown_address_is_a_problem_document_too(merchant: Merchant, role: str | None) -> None:
    refused(merchant.send(role, "GET", "/nowhere"), 404, "not_found")


@pytest.mark.parametrize("role", ["support", None])
def test_an_address_names_the_methods_that_it_answers(merchant: Merchant, role: str | None) -> None:
    answer = merchant.send(role, "DELETE", "/returns")

    refused(answer, 405, "method_not_allowed")
    assert {"GET", "POST"} <= set(answer.headers["allow"].split(", "))


def test_what_cannot_be_an_id_is_refused(merchant: Merchant) -> None:
    answer = merchant.send("support", "GET", "/returns/-%20x")

    assert faults(refused(answer, 400, "path_invalid")) == {"path:return_id": "not_an_id"}


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("limit=0", {"query:limit": "too_small"}),
        ("limit=many", {"query:limit": "wrong_type"}),
        ("colour=red", {"query:colour": "unknown_field"}),
        ("status=LOST_IN_SPACE", {"query:status": "unknown_value"}),
        ("limit=1&limit=2", {"query:limit": "repeated"}),
    ],
)
def test_a_bad_query_is_refused_by_its_parameter(
    merchant: Merchant, query: str, fault: dict[str, str]
) -> None:
    answer = merchant.send("support", "GET", f"/returns?{query}")

    assert faults(refused(answer, 400, "query_invalid")) == fault


def test_a_period_without_an_end_is_not_counted(merchant: Merchant) -> None:
    path = "/metrics/returns?from=2020-01-01T00:00:00Z&to={}-01-01T00:00:00Z"

    backwards = merchant.send("auditor", "GET", path.format("2019"))
    too_long = merchant.send("auditor", "GET", path.format("2026"))

    assert faults(refused(backwards, 400, "query_invalid")) == {"query:": "period"}
    refused(too_long, 422, "period_too_long")


def test_what_has_not_changed_is_not_sent_again(merchant: Merchant, case: Case) -> None:
    path = f"/returns/{case.id}"
    tag = merchant.send("support", "GET", path).headers["etag"]

    again = merchant.send("support", "GET", path, headers={"If-None-Match": tag})

    assert (again.status, again.headers["etag"], again.content) == (304, tag, b"")


def test_a_cursor_of_another_list_is_refused(merchant: Merchant) -> None:
    answer = merchant.send("support", "GET", "/returns?cursor=bm90aGluZw")

    refused(answer, 422, "bad_cursor")


@pytest.mark.parametrize("command", ["receipts", "inspections", "dispositions", "settlements"])
def test_what_moves_goods_or_money_needs_a_key(
    merchant: Merchant, case: Case, command: str
) -> None:
    bodies: Mapping[str, Json] = {
        "receipts": {"warehouse": WAREHOUSE, "items": [{"sku": "X", "quantity": 1}]},
        "inspections": {
            "groups": [{"line_no": "1", "quantity": 1, "grade": "A", "result": "passed"}]
        },
        "dispositions": {"items": [{"line_no": "1", "quantity": 1, "disposition": "HOLD"}]},
        "settlements": {"mode": "execute"},
    }
    path = f"/returns/{case.id}/{command}"

    for key, code in (
        (None, "idempotency_key_required"),
        ("k" * 256, "idempotency_key_invalid"),
    ):
        answer = merchant.send("admin", "POST", path, bodies[command], key=key)
        refused(answer, 400, code)


def test_a_key_replays_its_answer_and_takes_no_other_request(
    merchant: Merchant, order_no: str
) -> None:
    key = merchant.key("replay")
    first = merchant.send("support", "POST", "/returns", wish(order_no), key=key)
    again = merchant.send("support", "POST", "/returns", wish(order_no), key=f'"{key}"')
    other = merchant.send("support", "POST", "/returns", wish(order_no, quantity=2), key=key)
    elsewhere = merchant.send("sales", "POST", "/returns", wish(order_no, quantity=1), key=key)

    first.expect(201)
    assert again.status == 201
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    for name in ("etag", "location"):
        assert again.headers[name] == first.headers[name]
    refused(other, 422, "idempotency_key_reused")
    assert elsewhere.expect(201)["id"] != first.body["id"], "a key belongs to who sent it"


def test_a_command_on_an_older_version_is_refused(merchant: Merchant, case: Case) -> None:
    version = case.now()["version"]
    path = f"/returns/{case.id}/approve"

    stale = merchant.send("reviewer", "POST", path, {}, headers={"If-Match": f'"v{version + 1}"'})
    senseless = merchant.send("reviewer", "POST", path, {}, headers={"If-Match": "yesterday"})

    problem = refused(stale, 412, "stale_version")
    assert problem["details"]["actual"] == version
    refused(senseless, 400, "if_match_invalid")
    case.must_be(status="UNDER_REVIEW")


# What the request means.


def test_an_order_that_nobody_knows_has_no_returns(merchant: Merchant) -> None:
    for path in ("/returns", "/returns/quote"):
        answer = merchant.send("support", "POST", path, wish("NO-SUCH-ORDER"))
        refused(answer, 404, "order_not_found")
    refused(merchant.send("support", "GET", "/orders/NO-SUCH-ORDER"), 404, "order_not_found")


def test_a_line_that_the_order_does_not_have_is_refused(merchant: Merchant, order_no: str) -> None:
    answer = merchant.send("support", "POST", "/returns", wish(order_no, order_line_no="9"))

    assert refused(answer, 404, "order_line_not_found")["details"] == {"order_line_no": "9"}


def test_units_come_back_once(merchant: Merchant) -> None:
    order_no = merchant.sold(Sale(name="e2e-once", units=3))
    merchant.send("support", "POST", "/returns", wish(order_no, quantity=2)).expect(201)

    above = merchant.send("support", "POST", "/returns", wish(order_no, quantity=2))
    twice = wish(order_no, quantity=1)
    twice["lines"] *= 2
    in_one = merchant.send("support", "POST", "/returns", twice)
    quote = merchant.send("support", "POST", "/returns/quote", wish(order_no, quantity=4))

    for answer, asked in ((above, 2), (in_one, 2), (quote, 4)):
        problem = refused(answer, 409, "not_returnable_quantity")
        assert problem["details"]["returnable_quantity"] == 1
        assert problem["details"]["asked"] == asked
    last = merchant.send("support", "POST", "/returns", wish(order_no, quantity=1))
    last.expect(201)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ({"reason": "BORED"}, {"/lines/0/reason": "unknown_reason"}),
        ({"reason": "OTHER"}, {"/lines/0/note": "note_required"}),
        ({"serials": ["A", "B"]}, {"/lines/0/serials": "serial_count"}),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(
    merchant: Merchant, order_no: str, line: Json, fault: dict[str, str]
) -> None:
    answer = merchant.send("support", "POST", "/returns", wish(order_no, **line))

    assert faults(refused(answer, 422, "invalid_request")) == fault


def test_an_amount_in_another_currency_is_refused(merchant: Merchant) -> None:
    body = order(merchant, "e2e-currency")
    body["lines"][0]["unit_price"]["currency"] = "USD"
    body["payments"][0]["captured"] = {"amount": "1.005", "currency": "EUR"}
    unknown = {**order(merchant, "e2e-currency"), "currency": "XXQ"}
    path = f"/orders/{merchant.run}-e2e-currency"

    digits = merchant.send("machine", "PUT", path, body)
    body["payments"][0]["captured"]["amount"] = "1.00"
    mixed = merchant.send("machine", "PUT", path, body)

    assert "/payments/0/captured" in faults(refused(digits, 400, "body_invalid"))
    assert faults(refused(mixed, 422, "invalid_order")) == {"/lines/0/unit_price": "wrong_currency"}
    refused(merchant.send("machine", "PUT", path, unknown), 422, "invalid_order")
    refused(merchant.send("machine", "GET", path), 404, "order_not_found")


def test_more_than_was_ordered_cannot_be_delivered(merchant: Merchant) -> None:
    body = order(merchant, "e2e-over")
    body["deliveries"][0]["items"][0]["quantity"] = 2

    answer = merchant.send("machine", "PUT", f"/orders/{merchant.run}-e2e-over", body)

    problem = refused(answer, 422, "invalid_order")
    assert faults(problem) == {"/deliveries/0/items/0/quantity": "delivered_above_ordered"}


def test_what_the_shelf_does_not_hold_cannot_be_delivered(merchant: Merchant) -> None:
    body = order(merchant, "e2e-shelf")
    body["lines"][0]["sku"] = f"NEVER-COUNTED-{merchant.run}"

    answer = merchant.send("machine", "PUT", f"/orders/{merchant.run}-e2e-shelf", body)

    refused(answer, 409, "insufficient_stock")


@pytest.mark.parametrize(
    ("role", "command", "body"),
    [
        ("inspector", "inspections", {
            "groups": [{"line_no": "1", "quantity": 1, "grade": "A", "result": "passed"}]
        }),
        ("inspector", "dispositions", {
            "items": [{"line_no": "1", "quantity": 1, "disposition": "RESTOCK"}]
        }),
        ("warehouse", "receipts", {
            "warehouse": WAREHOUSE, "items": [{"sku": "X", "quantity": 1}]
        }),
    ],
)  # fmt: skip
def test_a_command_before_its_time_is_refused(
    merchant: Merchant, case: Case, role: str, command: str, body: Json
) -> None:
    path = f"/returns/{case.id}/{command}"

    answer = merchant.send(role, "POST", path, body, key=merchant.key(), headers=ANY)

    problem = refused(answer, 409, "not_allowed_now")
    assert problem["details"]["status"] == "UNDER_REVIEW"
    assert set(problem["details"]["allowed"]) >= {"approve", "reject"}


def test_a_rejection_needs_a_known_reason(merchant: Merchant, case: Case) -> None:
    path = f"/returns/{case.id}/reject"

    unknown = merchant.send("reviewer", "POST", path, {"code": "BORED"}, headers=ANY)
    silent = merchant.send("reviewer", "POST", path, {"code": "OTHER"}, headers=ANY)

    assert faults(refused(unknown, 422, "unknown_rejection")) == {"/code": "unknown_rejection"}
    refused(silent, 422, "note_required")
    case.must_be(status="UNDER_REVIEW")
