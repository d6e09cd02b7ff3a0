"""The next command of a return, from every state that a killed run may leave."""

from typing import Any

import pytest

from tools.replay.lifecycle import LINES_MAX, Stuck, next_step


def a_return(
    status: str = "APPROVED", settlements: tuple[str, ...] = (), lines: int = 1, **quantities: int
) -> dict[str, Any]:
    return {
        "id": "ret_1",
        "number": "R1",
        "status": status,
        "lines": [
            {"line_no": str(n), "sku": "A", "quantities": {"requested": 3, **quantities}}
            for n in range(1, lines + 1)
        ],
        "settlements": [{"settlement_id": f"stl_{state}", "state": state} for state in settlements],
    }


@pytest.mark.parametrize(
    ("answer", "step", "role"),
    [
        (a_return("DRAFT"), "submit", "machine"),
        (a_return("UNDER_REVIEW", pending=3), "approve", "reviewer"),
        (a_return(awaiting=3), "receipt", "warehouse"),
        (a_return(awaiting=1, uninspected=2, received=2), "receipt", "warehouse"),
        (a_return(received=3, uninspected=3), "inspection", "inspector"),
        (a_return(received=3, passed=3), "disposition", "inspector"),
        (a_return(received=3, passed=3, restock=3), "settlement", "finance"),
        (a_return(received=3, restock=3, settlements=("FAILED",)), "retry", "finance"),
        (a_return(received=3, restock=3, settlements=("PROCESSING",)), "retry", "finance"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_state_of_a_return_tells_what_is_next(
    answer: dict[str, Any], step: str, role: str
) -> None:
    found = next_step(answer, "LDN")

    assert found is not None
    assert (found.name, found.role) == (step, role)


def test_a_settled_and_restocked_return_is_done() -> None:
    assert next_step(a_return(received=3, restock=3, settlements=("SETTLED",)), "LDN") is None


@pytest.mark.parametrize("status", ["REJECTED", "CANCELLED", "EXPIRED"])
def test_a_return_closed_by_others_is_for_a_person(status: str) -> None:
    with pytest.raises(Stuck, match=status):
        next_step(a_return(status), "LDN")


def test_a_receipt_counts_by_sku_since_a_warehouse_knows_no_order_lines() -> None:
    step = next_step(a_return(awaiting=3, lines=2), "LDN")

    assert step is not None
    assert step.body == {"warehouse": "LDN", "items": [{"sku": "A", "quantity": 6}]}


def test_many_lines_are_inspected_in_portions_under_keys_of_their_own() -> None:
    answer = a_return(received=3, uninspected=3, lines=LINES_MAX + 1)

    first = next_step(answer, "LDN")
    for line in answer["lines"][:LINES_MAX]:
        line["quantities"]["uninspected"] = 0
    second = next_step(answer, "LDN")

    assert first is not None
    assert second is not None
    assert [len(step.body["groups"]) for step in (first, second)] == [LINES_MAX, 1]
    assert first.name != second.name
