"""The local stack itself: it is well, its people get in, and its logs can be read."""

import time

from tools.stack.client import Stack
from tools.stack.logs import Reader
from tools.stack.places import Place
from tools.stack.status import status_of


def test_a_started_stack_is_well(stack: Stack) -> None:
    status = status_of(Place(name=stack.state.name))

    assert status.is_up
    assert status.processes == {"emulator": True, "provider": True, "carrier": True}
    assert status.health == 200


def test_tokens_carry_what_the_application_reads(stack: Stack) -> None:
    reviewer, customer = stack.claims("reviewer"), stack.claims("customer")

    assert reviewer["token_use"] == "id"
    assert reviewer["cognito:groups"] == ["reviewer"]
    assert reviewer["custom:warehouses"] == "*"
    assert customer["custom:customer_id"] == "cus-1001"
    assert reviewer["iss"] == stack.state.issuer


def test_the_machine_has_an_access_token_with_its_scope(stack: Stack) -> None:
    claims = stack.claims("machine")

    assert claims["token_use"] == "access"
    assert claims["client_id"] == stack.state.machine_client_id
    assert claims["scope"] == "tuiku/machine"


def test_what_functions_log_can_be_read(stack: Stack) -> None:
    stack.api(None).get("/v1/health").expect(200)

    reader = Reader(stack=stack, function="api", with_platform=True)
    lines = reader.lines(int((time.time() - 60) * 1000))

    assert any(line.is_platform() for line in lines)
    assert reader.lines(int((time.time() - 60) * 1000)) == []
