"""Clients that repeat and people who act at once: every effect once, and everybody is told."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.e2e.merchant import ANY, Merchant, eventually, refused
from tools.demo.sale import WAREHOUSE, Pay, Sale
from tools.stack.client import Answer

AT_ONCE = 8
RETURNS = 20
TIMES = 3


def at_once(ask: Callable[[int], Answer], clients: int = AT_ONCE) -> list[Answer]:
    """Each client asks at the same moment; the answers in the order of the clients."""
    start = Barrier(clients)

    def client(number: int) -> Answer:
        start.wait(timeout=30)
        return ask(number)

    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(client, range(clients)))


def test_a_request_that_is_sent_three_times_is_carried_out_once(merchant: Merchant) -> None:
    sale = Sale(name="e2e-thrice", units=RETURNS)
    order_no = merchant.sold(sale)
    line = {"order_line_no": "1", "quantity": 1, "reason": "CHANGED_MIND"}
    body = {"order_no": order_no, "lines": [line]}
    keys = [merchant.key("thrice") for _ in range(RETURNS)]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(
            pool.map(
                lambda key: _sent_until_heard(merchant, body, key),
                [key for key in keys for _ in range(TIMES)],
            )
        )

    by_key = [answers[place : place + TIMES] for place in range(0, len(answers), TIMES)]
    for same in by_key:
        assert {answer.status for answer in same} == {201}
        assert len({answer.content for answer in same}) == 1
        assert len({answer.headers["etag"] for answer in same}) == 1
    ids = {same[0].body["id"] for same in by_key}
    assert len(ids) == RETURNS
    rows = eventually(
        lambda: merchant.desk.caller.pages("auditor", f"/returns?order_no={order_no}"),
        lambda seen: len(seen) >= RETURNS,
    )
    assert {row["id"] for row in rows} == ids
    order = merchant.send("auditor", "GET", f"/orders/{order_no}").expect(200)
    assert order["lines"][0]["returnable_quantity"] == 0


def _sent_until_heard(merchant: Merchant, body: object, key: str) -> Answer:
    """As a client does who is told to come again: under the same key."""
    for _ in range(10):
        answer = merchant.send("support", "POST", "/returns", body, key=key)
        if answer.status != 503 and "retry-after" not in answer.headers:
            return answer
    return answer


def test_one_of_many_reviewers_decides(merchant: Merchant) -> None:
    case = merchant.asked(Sale(name="e2e-review", units=2), 2)
    commands = [("approve", {}), ("reject", {"code": "NOT_ELIGIBLE"})]

    def review(number: int) -> Answer:
        command, body = commands[number % 2]
        role = "reviewer" if number < AT_ONCE // 2 else "admin"
        return merchant.send(
            role, "POST", f"/returns/{case.id}/{command}", body, key=merchant.key(), headers=ANY
        )

    answers = at_once(review)

    winners = [number for number, answer in enumerate(answers) if answer.status == 200]
    assert len(winners) == 1, [answer.body for answer in answers]
    for number, answer in enumerate(answers):
        if number not in winners:
            refused(answer, 409, "not_allowed_now")
    decided = "APPROVED" if winners[0] % 2 == 0 else "REJECTED"
    assert case.now()["status"] == decided
    types = Counter(
        entry["type"]
        for entry in merchant.send("auditor", "GET", f"/returns/{case.id}/timeline").body["items"]
    )
    assert types["return.approved"] + types["return.rejected"] == 1


def test_goods_are_counted_once_however_often_the_receipt_is_sent(merchant: Merchant) -> None:
    sale = Sale(name="e2e-receipt", units=3)
    case = merchant.approved(sale, 3)
    key = merchant.key("receipt")
    body = {"warehouse": WAREHOUSE, "items": [{"sku": sale.sku, "quantity": 1}]}

    answers = at_once(
        lambda _: merchant.send(
            "warehouse", "POST", f"/returns/{case.id}/receipts", body, key=key, headers=ANY
        )
    )

    assert {answer.status for answer in answers} == {201}, [answer.body for answer in answers]
    assert len({answer.content for answer in answers}) == 1
    replayed = sum(answer.headers.get("idempotency-replayed") == "true" for answer in answers)
    assert replayed == AT_ONCE - 1
    case.must_be(received=1, awaiting=2)


def test_goods_of_different_receipts_all_count(merchant: Merchant) -> None:
    sale = Sale(name="e2e-receipts", units=AT_ONCE)
    case = merchant.approved(sale, AT_ONCE)
    body = {"warehouse": WAREHOUSE, "items": [{"sku": sale.sku, "quantity": 1}]}

    answers = at_once(
        lambda _: merchant.send(
            "warehouse", "POST", f"/returns/{case.id}/receipts", body, key=merchant.key(),
            headers=ANY,
        )
    )  # fmt: skip

    assert {answer.status for answer in answers} == {201}, [answer.body for answer in answers]
    assert len({answer.body["receipt_id"] for answer in answers}) == AT_ONCE
    case.must_be(status="RECEIVED", received=AT_ONCE, awaiting=0)


@pytest.mark.parametrize("keys", ["one key", "a key each"])
def test_money_goes_back_once_however_many_ask_for_it(merchant: Merchant, keys: str) -> None:
    name = "e2e-pay-" + keys.replace(" ", "-")
    case = merchant.ready_to_settle(Sale(name=name, units=2, price="30.00"), 2)
    shared = merchant.key("settle")

    answers = at_once(
        lambda _: merchant.send(
            "finance", "POST", f"/returns/{case.id}/settlements", {"mode": "execute"},
            key=shared if keys == "one key" else merchant.key("settle"), headers=ANY,
        )
    )  # fmt: skip

    paid = merchant.refunds_of(f"{merchant.run}-{name}-card")
    assert [refund["amount"] for refund in paid] == [6000]
    statuses = Counter(answer.status for answer in answers)
    bodies = [answer.body for answer in answers]
    if keys == "one key":
        assert statuses == {201: AT_ONCE}, bodies
        assert len({answer.body["settlement_id"] for answer in answers}) == 1
    else:
        assert statuses == {201: 1, 409: AT_ONCE - 1}, bodies
    case.must_be(status="COMPLETED", paid="60.00 EUR", settled=2)


def test_a_lost_answer_of_the_provider_is_asked_for_and_never_paid_again(
    merchant: Merchant,
) -> None:
    pay = Pay(amount="40.00", ref="error-after")
    case = merchant.ready_to_settle(Sale(name="e2e-lost", units=1, price="40.00", pays=(pay,)), 1)
    case.settle()

    if case.now()["settlements"][-1]["state"] != "SETTLED":
        retried = at_once(lambda _: _retry(merchant, case.now()), 4)
        assert {answer.status for answer in retried} <= {200, 409}

    paid = merchant.refunds_of(f"{merchant.run}-e2e-lost-error-after")
    assert [refund["amount"] for refund in paid] == [4000]
    case.must_be(status="COMPLETED", paid="40.00 EUR")


def _retry(merchant: Merchant, seen: dict[str, list[dict[str, str]]]) -> Answer:
    path = f"/settlements/{seen['settlements'][-1]['settlement_id']}/retry"
    return merchant.send("finance", "POST", path, {}, key=merchant.key("retry"), headers=ANY)


def test_the_last_units_go_to_one_of_many(merchant: Merchant) -> None:
    order_no = merchant.sold(Sale(name="e2e-last", units=3))
    line = {"order_line_no": "1", "quantity": 1, "reason": "CHANGED_MIND"}
    body = {"order_no": order_no, "lines": [line]}

    answers = at_once(lambda _: merchant.send("support", "POST", "/returns", body))

    statuses = Counter(answer.status for answer in answers)
    assert statuses == {201: 3, 409: AT_ONCE - 3}, [answer.body for answer in answers]
    for answer in answers:
        if answer.status == 409:
            refused(answer, 409, "not_returnable_quantity")


def test_after_all_of_this_the_books_agree(merchant: Merchant) -> None:
    started = merchant.send("finance", "POST", "/reconciliations", {}, key=merchant.key())

    job = merchant.finished(started.expect(202)["id"])

    assert job["state"] == "succeeded", job["error"]
    assert job["result"]["findings"] == 0, job["result"]
