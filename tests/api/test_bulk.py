"""Many returns in one request: each for itself, all told again when the request is repeated."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chalicelib.api.answers import ok
from chalicelib.api.bulk import TIME_S, one_by_one
from chalicelib.api.call import Call
from chalicelib.api.schemas.bulk import ReturnRef
from chalicelib.auth.principal import Kind, Principal, Role
from chalicelib.core.commands import Answer, IdempotencyKey
from chalicelib.core.errors import Conflict, TransientError
from chalicelib.core.events import Context
from tests.api.door import Door, Reply
from tests.api.test_lifecycle import COUNT, ORDER, RETURN
from tests.builders import NOW
from tests.fakes import FakeStore


@pytest.fixture
def shop(door: Door) -> Door:
    """Ten units in stock, of which three were sold and delivered."""
    door.ask("warehouse", "POST", "/v1/stock/counts", COUNT, Idempotency_Key="c-1").expect(201)
    door.ask("machine", "PUT", "/v1/orders/SO-1", ORDER).expect(201)
    return door


def one(quantity: int = 1, **more: object) -> dict[str, object]:
    lines = [{"order_line_no": "1", "quantity": quantity, "reason": "CHANGED_MIND"}]
    return {**RETURN, "lines": lines, **more}


def creates(door: Door, *returns: object, key: str = "k", who: str = "machine") -> Reply:
    return door.ask(
        who, "POST", "/v1/returns/bulk", {"returns": list(returns)}, Idempotency_Key=key
    )


def approves(door: Door, *returns: object, key: str = "a") -> Reply:
    body = {"returns": list(returns), "note": "all looked at"}
    return door.ask("reviewer", "POST", "/v1/returns/bulk-approve", body, Idempotency_Key=key)


def test_each_is_accepted_or_refused_for_itself(shop: Door) -> None:
    results = creates(shop, one(2), one(2), one(1, order_no="SO-9"), one(1)).expect(200)["results"]

    assert [(r["index"], r["status"]) for r in results] == [(0, 201), (1, 409), (2, 404), (3, 201)]
    assert [r["problem"] and r["problem"]["code"] for r in results] == [
        None,
        "not_returnable_quantity",
        "order_not_found",
        None,
    ]
    assert results[1]["problem"]["details"]["returnable_quantity"] == 1
    assert shop.ask("machine", "GET", f"/v1/returns/{results[3]['id']}").status == 200


def test_the_same_request_is_told_the_same_and_makes_nothing_new(shop: Door) -> None:
    first = creates(shop, one(1), one(9))
    shop.ask("machine", "POST", "/v1/returns", one(2)).expect(201)
    again = creates(shop, one(1), one(9))

    assert again.raw == first.raw
    assert again.headers["Idempotency-Replayed"] == "true"
    order = shop.ask("machine", "GET", "/v1/orders/SO-1").expect(200)
    assert order["lines"][0]["reserved"] == 3


def test_another_request_under_the_same_key_is_refused(shop: Door) -> None:
    creates(shop, one(1)).expect(200)

    reply = creates(shop, one(2))

    assert (reply.status, reply.body["code"]) == (422, "idempotency_key_reused")


def test_a_key_is_required(shop: Door) -> None:
    reply = shop.ask("machine", "POST", "/v1/returns/bulk", {"returns": [one()]})

    assert (reply.status, reply.body["code"]) == (400, "idempotency_key_required")


def test_at_most_25_go_into_one_request(shop: Door) -> None:
    reply = creates(shop, *[one()] * 26)

    assert (reply.status, reply.body["errors"][0]["pointer"]) == (400, "/returns")


def test_a_customer_asks_for_their_own_only(shop: Door) -> None:
    shop.sign_in("stranger", Role.CUSTOMER, customer_id="cus-2002")

    foreign = creates(shop, one(1), who="stranger").expect(200)["results"]
    staff_only = creates(shop, one(1, type="recall"), who="customer").expect(200)["results"]

    assert [r["problem"]["code"] for r in foreign] == ["order_not_found"]
    assert [(r["status"], r["problem"]["code"]) for r in staff_only] == [(403, "type_not_yours")]


def test_problems_are_told_in_the_language_of_the_caller(shop: Door) -> None:
    reply = shop.ask(
        "machine", "POST", "/v1/returns/bulk", {"returns": [one(9)]},
        Idempotency_Key="k", Accept_Language="zh-CN",
    )  # fmt: skip

    assert reply.expect(200)["results"][0]["problem"]["title"] == "超过可退数量"


def test_many_are_approved_and_those_that_changed_are_not(shop: Door) -> None:
    ids = [r["id"] for r in creates(shop, one(1), one(1), one(1)).expect(200)["results"]]
    wanted = [
        {"id": ids[0], "version": 1},
        {"id": ids[1], "version": 7},
        {"id": ids[2], "version": None},
        {"id": "ret_nobody"},
    ]

    first = approves(shop, *wanted)
    again = approves(shop, *wanted)

    results = first.expect(200)["results"]
    assert [(r["status"], r["id"]) for r in results] == [
        (200, ids[0]),
        (412, None),
        (200, ids[2]),
        (404, None),
    ]
    assert again.raw == first.raw
    assert shop.ask("auditor", "GET", f"/v1/returns/{ids[0]}").body["status"] == "APPROVED"
    assert shop.ask("auditor", "GET", f"/v1/returns/{ids[1]}").body["status"] == "UNDER_REVIEW"


def test_only_reviewers_approve_many(shop: Door) -> None:
    reply = shop.ask(
        "support", "POST", "/v1/returns/bulk-approve", {"returns": [{"id": "ret_1"}]},
        Idempotency_Key="k",
    )  # fmt: skip

    assert reply.status == 403


CALL = Call(
    method="POST",
    route="/v1/returns/bulk",
    path={},
    headers={},
    principal=Principal(id="feed", kind=Kind.MACHINE, roles=frozenset({Role.MACHINE})),
    role=Role.MACHINE,
    correlation_id="c",
    received_at=datetime(2026, 11, 21, tzinfo=UTC),
    idempotency=IdempotencyKey(scope="feed", key="k", fingerprint="f"),
)


def statuses(answer: Answer) -> list[int]:
    return [result["status"] for result in json.loads(answer.body)["results"]]


def test_what_could_not_be_tried_is_tried_when_the_request_comes_again() -> None:
    store = FakeStore(clock=lambda: NOW)
    done: list[str] = []

    def act(name: str, context: Context, _: IdempotencyKey) -> Answer:
        if name == "b" and not done.count("a") > 1:
            done.append("b fails")
            raise TransientError("store_busy", "Later.")
        done.append(name)
        return replace(ok(ReturnRef(id=context.command_id)), status=201)

    first = one_by_one(CALL, ["a", "b"], act, commands=store)
    second = one_by_one(CALL, ["a", "b"], act, commands=store)
    third = one_by_one(CALL, ["a", "b"], act, commands=store)

    assert statuses(first) == [201, 503]
    assert statuses(second) == [201, 201]
    assert (third.body, third.replayed) == (second.body, True)


def test_a_refusal_is_final_and_is_told_again() -> None:
    store = FakeStore(clock=lambda: NOW)
    tried = 0

    def act(_: str, __: Context, ___: IdempotencyKey) -> Answer:
        nonlocal tried
        tried += 1
        raise Conflict("already_shipped", "No.")

    first, second = (one_by_one(CALL, ["a"], act, commands=store) for _ in range(2))

    assert statuses(first) == [409]
    assert (second.body, tried) == (first.body, 1)


def test_each_place_is_a_command_of_its_own_and_the_same_one_again() -> None:
    seen: list[tuple[str, str]] = []

    def act(_: str, context: Context, key: IdempotencyKey) -> Answer:
        seen.append((context.command_id, key.key))
        raise TransientError("store_busy", "Later.")

    for _ in range(2):
        one_by_one(CALL, ["a", "b"], act, commands=FakeStore(clock=lambda: NOW))

    assert len(set(seen)) == 2
    assert seen[:2] == seen[2:]


def test_no_place_is_begun_when_the_time_is_up() -> None:
    times = iter([0.0, TIME_S, TIME_S + 0.1])

    def act(_: str, context: Context, __: IdempotencyKey) -> Answer:
        return replace(ok(ReturnRef(id=context.command_id)), status=201)

    answer = one_by_one(
        CALL, ["a", "b"], act, commands=FakeStore(clock=lambda: NOW), monotonic=lambda: next(times)
    )

    assert statuses(answer) == [201, 503]
