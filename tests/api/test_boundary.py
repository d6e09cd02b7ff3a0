"""The boundary through Chalice's own test client: statuses, headers, problems, permissions."""

import pytest

from chalicelib.auth.principal import Role
from tests.api.small import GOOD, ask, problem, seen


def test_an_answer_carries_its_version_and_the_safe_headers() -> None:
    response = ask("GET", "/v1/returns/ret_1", X_Request_Id="trace-1")

    assert response.status_code == 200
    assert response.headers["ETag"] == '"v3"'
    assert response.headers["X-Request-Id"] == "trace-1"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_a_created_thing_names_its_place() -> None:
    response = ask("POST", "/v1/returns", GOOD)

    assert (response.status_code, response.headers["Location"]) == (201, "/v1/returns/ret_1")


def test_an_unchanged_version_is_not_sent_again() -> None:
    response = ask("GET", "/v1/returns/ret_1", If_None_Match='"v3"')

    assert (response.status_code, response.body) == (304, b"")


@pytest.mark.parametrize("sent", ["", "a b", "x" * 129, 'a"b', "é", "a;b"])
def test_an_unsafe_request_id_is_replaced(sent: str) -> None:
    response = ask("GET", "/v1/returns/ret_1", X_Request_Id=sent)

    assert response.headers["X-Request-Id"].startswith("req_")


def test_a_replayed_answer_is_the_same_bytes_and_says_so() -> None:
    response = ask("GET", "/v1/open")

    assert response.body == b'{"kept":"bytes"}'
    assert (response.status_code, response.headers["Idempotency-Replayed"]) == (201, "true")


def test_the_call_holds_what_the_command_is_recorded_with() -> None:
    seen.clear()

    ask("POST", "/v1/returns", GOOD, If_Match='"v7"', Idempotency_Key='"k-1"', X_Request_Id="t-1")

    call = seen[0]
    context = call.context()
    assert (context.expected_version, context.correlation_id) == (7, "t-1")
    assert (context.actor.id, context.actor.role) == ("usr-1", "admin")
    assert call.idempotency is not None
    assert call.idempotency.scope == "usr-1:POST:/v1/returns"
    assert call.idempotency.key == "k-1"
    assert call.context().command_id == context.command_id


def test_the_same_intent_has_the_same_fingerprint_and_another_object_has_not() -> None:
    seen.clear()
    ask("POST", "/v1/returns", '{"lines":[{"sku":"A","quantity":1}]}', Idempotency_Key="k")
    ask("POST", "/v1/returns", '{ "lines": [{"quantity":1,"sku":"A"}] }', Idempotency_Key="k")
    ask("POST", "/v1/returns", '{"lines":[{"sku":"A","quantity":2}]}', Idempotency_Key="k")
    ask("POST", "/v1/returns/ret_1/receipts", "{}", Idempotency_Key="k", Authorization="warehouse")
    ask("POST", "/v1/returns/ret_2/receipts", "{}", Idempotency_Key="k", Authorization="warehouse")

    prints = [call.idempotency.fingerprint for call in seen if call.idempotency]
    assert prints[0] == prints[1]
    assert len(set(prints)) == 4


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ("missing", 404, "return_not_found"),
        ("forbidden", 403, "warehouse_not_yours"),
        ("conflict", 409, "not_in_this_state"),
        ("stale", 412, "stale_version"),
        ("refused", 422, "outside_window"),
        ("invalid", 422, "too_many"),
        ("later", 503, "busy"),
        ("bug", 500, "internal_error"),
    ],
)
def test_every_domain_error_is_a_problem_document(how: str, status: int, code: str) -> None:
    response = ask("GET", f"/v1/fail/{how}", X_Request_Id="t-9")

    document = problem(response)
    assert (response.status_code, document["status"], document["code"]) == (status, status, code)
    assert document["type"] == f"https://tuiku.dev/problems/{code}"
    assert document["instance"] == f"/v1/fail/{how}"
    assert document["trace_id"] == "t-9"
    assert document["title"]
    assert document["detail"]
    assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_a_bug_is_answered_without_any_detail(capsys: pytest.CaptureFixture[str]) -> None:
    response = ask("GET", "/v1/fail/bug", X_Request_Id="t-500")

    assert b"secret-detail" not in response.body
    logged = capsys.readouterr().out
    assert "t-500" in logged
    assert "RuntimeError" in logged
    assert "anna@example.com" not in logged


def test_a_passing_failure_says_when_to_come_back() -> None:
    assert ask("GET", "/v1/fail/later").headers["Retry-After"] == "2"


def test_problems_speak_the_language_of_the_caller() -> None:
    response = ask("GET", "/v1/fail/stale", Accept_Language="zh-Hans-CN,zh;q=0.9,en;q=0.5")

    document = problem(response)
    assert document["detail"] == "您查看的是版本 3，当前版本为 4。"
    assert response.headers["Content-Language"] == "zh-CN"
    assert response.headers["Vary"] == "Accept-Language"


def test_a_route_without_an_authorizer_lets_nobody_in() -> None:
    response = ask("GET", "/v1/unguarded")

    assert (response.status_code, problem(response)["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize("role", ["nobody", "customer", "supplier", "auditor", "finance"])
def test_a_role_without_the_permission_is_refused(role: str) -> None:
    response = ask("POST", "/v1/returns/ret_1/receipts", "{}", Authorization=role)

    assert (response.status_code, problem(response)["code"]) == (403, "permission_denied")


def test_a_permission_that_nobody_listed_is_refused_to_all() -> None:
    everyone = "+".join(role.value for role in Role)

    assert ask("GET", "/v1/unlisted", Authorization=everyone).status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/v1/returns/%2e%2e%2fsecret",
        "/v1/returns/a%20b",
        "/v1/returns/%ff",
        "/v1/returns/%00",
        "/v1/returns/a%2541",
        "/v1/returns/-a",
        "/v1/returns/" + "a" * 65,
        "/v1/returns/%E9%80%80",
    ],
)
def test_an_address_that_holds_no_id_is_refused(path: str) -> None:
    response = ask("GET", path)

    assert (response.status_code, problem(response)["code"]) == (400, "path_invalid")


def test_an_encoded_id_is_decoded_once() -> None:
    assert ask("GET", "/v1/returns/ret%5f1").json_body["id"] == "ret_1"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "idempotency_key_required"),
        ({"Idempotency_Key": "x" * 256}, "idempotency_key_invalid"),
        ({"Idempotency_Key": '""'}, "idempotency_key_invalid"),
        ({"Idempotency_Key": "é"}, "idempotency_key_invalid"),
        ({"Idempotency_Key": "k", "If_Match": "v3"}, "if_match_invalid"),
        ({"Idempotency_Key": "k", "If_Match": 'W/"v3"'}, "if_match_invalid"),
        ({"Idempotency_Key": "k", "If_Match": '"v0"'}, "if_match_invalid"),
    ],
)
def test_bad_conditions_are_refused(headers: dict[str, str], code: str) -> None:
    response = ask("POST", "/v1/returns/ret_1/receipts", "{}", **headers)

    assert (response.status_code, problem(response)["code"]) == (400, code)


@pytest.mark.parametrize("body", ["", "{}", "  \n"])
def test_a_command_without_fields_needs_no_body(body: str) -> None:
    response = ask("POST", "/v1/returns/ret_1/receipts", body, Idempotency_Key="k")

    assert (response.status_code, response.headers["Location"]) == (202, "/v1/jobs/job_1")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "", "application/jsonp", "application/json; charset=utf-16"]
)
def test_only_json_in_utf8_is_read(content_type: str) -> None:
    response = ask("POST", "/v1/returns", GOOD, Content_Type=content_type)

    assert (response.status_code, problem(response)["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("content_type", ["application/json; charset=UTF-8", "Application/JSON"])
def test_json_in_utf8_is_read_however_it_is_spelt(content_type: str) -> None:
    assert ask("POST", "/v1/returns", GOOD, Content_Type=content_type).status_code == 201


def test_a_body_above_the_limit_is_refused_with_the_limit() -> None:
    response = ask("POST", "/v1/returns", b'{"lines":"' + b"x" * 256 * 1024 + b'"}')

    assert (response.status_code, problem(response)["details"]) == (413, {"limit_bytes": 262144})


def test_every_bad_field_is_listed_with_its_pointer() -> None:
    body = {
        "lines": [{"sku": "", "quantity": 0, "price": {"amount": 1.5, "currency": "EUR"}}, {}],
        "colour": "red",
    }

    errors_listed = problem(ask("POST", "/v1/returns", body))["errors"]

    assert {(error["pointer"], error["code"]) for error in errors_listed} == {
        ("/lines/0/sku", "too_short"),
        ("/lines/0/quantity", "too_small"),
        ("/lines/0/price/amount", "wrong_type"),
        ("/lines/1/sku", "required"),
        ("/lines/1/quantity", "required"),
        ("/colour", "unknown_field"),
    }


def test_bad_fields_are_explained_in_the_language_of_the_caller() -> None:
    response = ask("POST", "/v1/returns", "{}", Accept_Language="zh")

    assert problem(response)["errors"][0]["message"] == "缺少该字段"


@pytest.mark.parametrize("query", ["limit=1&limit=2", "colour=red", "limit=1&colour=red"])
def test_a_query_that_is_not_known_is_refused(query: str) -> None:
    response = ask("GET", f"/v1/returns/ret_1?{query}")

    assert (response.status_code, problem(response)["code"]) == (400, "query_invalid")
