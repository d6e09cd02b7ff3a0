"""A key that paid back money stands for that request alone."""

from typing import Any

from tests.api.door import Door
from tests.api.test_lifecycle import COUNT, ORDER, RETURN


def _accepted(door: Door) -> dict[str, Any]:
    door.ask("warehouse", "POST", "/v1/stock/counts", COUNT, Idempotency_Key="c-1").expect(201)
    door.ask("machine", "PUT", "/v1/orders/SO-1", ORDER).expect(201)
    ret = door.ask("machine", "POST", "/v1/returns", RETURN).expect(201)
    received = {"warehouse": "WH1", "items": [{"sku": "85123A", "quantity": 2}]}
    passed = {"groups": [{"line_no": "1", "quantity": 2, "grade": "A", "result": "passed"}]}
    for who, name, body in (
        ("reviewer", "approve", {}),
        ("warehouse", "receipts", received),
        ("inspector", "inspections", passed),
    ):
        reply = door.ask(
            who,
            "POST",
            f"/v1/returns/{ret['id']}/{name}",
            body,
            Idempotency_Key=name,
            If_Match=f'"v{ret["version"]}"',
        )
        assert reply.status in (200, 201), reply.raw
        ret = reply.body
    return dict(ret)


def test_a_plan_under_the_key_that_paid_is_another_request(door: Door) -> None:
    ret = _accepted(door)
    path = f"/v1/returns/{ret['id']}/settlements"
    paid = door.ask("machine", "POST", path, {"mode": "execute"}, Idempotency_Key="p-1")
    paid.expect(201)

    plan = door.ask("machine", "POST", path, {"mode": "plan"}, Idempotency_Key="p-1")

    assert (plan.status, plan.body["code"]) == (422, "idempotency_key_reused")
