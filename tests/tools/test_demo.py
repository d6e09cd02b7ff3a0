"""What a run of the demo tells: outcomes, stock, money and open ends, to people and programs."""

import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tools.demo.__main__ import tell
from tools.demo.desk import Case, Desk, Unexpected, refused_with
from tools.demo.summary import ReadBack, Summary, Told, read_back
from tools.replay.caller import Caller, Refused
from tools.stack.places import ROOT

LINE = {"awaiting": 0, "received": 2, "hold": 0, "restock": 2}


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Door:
    """Answers what it was given, by path."""

    documents: dict[str, Any]

    def api(self, role: str | None) -> "Door":
        return self

    def request(
        self, method: str, path: str, json: Any = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        return Reply(200, self.documents[path.removeprefix("/v1")])


def a_return(
    name: str, status: str = "COMPLETED", paid: str = "0.00", kept: str | None = None, **units: int
) -> Any:
    leg = {"state": "PAID", "amount": {"amount": paid, "currency": "EUR"}}
    fees = [] if kept is None else [{"amount": {"amount": kept, "currency": "EUR"}}]
    return {
        "id": name, "number": name, "status": status, "currency": "EUR",
        "lines": [{"line_no": "1", "quantities": {**LINE, **units}}],
        "settlements": [{"legs": [leg], "fees": fees}] if paid != "0.00" else [],
    }  # fmt: skip


def a_desk(*returns: Any, exceptions: tuple[Any, ...] = (), moved: int = 0) -> Desk:
    """With every return moving two units from the customer; `moved` more came from nowhere."""
    entries = [
        {"account": "customer", "quantity": -2},
        {"account": "available", "quantity": 2 + moved},
    ]
    documents = {f"/exceptions/{one['id']}": one for one in exceptions}
    for answer in returns:
        documents[f"/returns/{answer['id']}"] = answer
        documents[f"/stock/movements?return_id={answer['id']}"] = {"items": [{"entries": entries}]}
    # A door is all of a stack that reading back needs.
    stack: Any = None
    return Desk(
        stack=stack, caller=Caller(Door(documents)), run="D1", now=datetime(2026, 1, 2, tzinfo=UTC),
        opened=[answer["id"] for answer in returns],
        exceptions=[one["id"] for one in exceptions],
    )  # fmt: skip


def a_summary(found: ReadBack, *checks: Told) -> Summary:
    return Summary(
        run="D1", orders_put=3, orders_imported=2, everyday=(), checks=checks, read_back=found,
        scenes=(Told(title="Refunded", is_right=True, text="paid 96.67 EUR"),),
        links={"api": "http://x/v1", "openapi": "http://x/v1/openapi.json"}, elapsed_s=1.0,
    )  # fmt: skip


def test_returns_are_told_by_what_became_of_them() -> None:
    desk = a_desk(
        a_return("r1", paid="96.67", kept="5.00"),
        a_return("r2", paid="3.33", kept="0.59"),
        a_return("r3"),
        a_return("r4", "REJECTED"),
        a_return("r5", "INSPECTING", hold=2),
        a_return("r6", "PARTLY_RECEIVED"),
        a_return("r8", "APPROVED"),
        a_return("r7", "SETTLING", paid="1.00"),
        exceptions=({"id": "e1", "kind": "OVER", "state": "open", "return_id": "r7"},),
    )

    found = read_back(desk, workers=2)

    assert found.returns_by_outcome == {
        "refunded": 2,
        "closed without refund": 1,
        "rejected": 1,
        "on hold": 1,
        "partly received": 1,
        "on its way": 1,
        "waiting for a person": 1,
    }
    assert found.paid == {"EUR": "101.00"}
    assert found.kept == {"EUR": "5.59"}
    assert found.open_exceptions == {"OVER": 1}
    assert found.units_by_account == {"available": 16, "customer": -16}
    assert found.is_balanced


def test_units_from_nowhere_are_seen() -> None:
    assert not read_back(a_desk(a_return("r1"), moved=1), workers=1).is_balanced


def test_a_resolved_exception_holds_nothing_up() -> None:
    resolved = {"id": "e1", "kind": "OVER", "state": "resolved", "return_id": "r1"}

    found = read_back(a_desk(a_return("r1", paid="5.00"), exceptions=(resolved,)), workers=1)

    assert found.returns_by_outcome == {"refunded": 1}
    assert found.open_exceptions == {}


def test_the_summary_is_json() -> None:
    desk = a_desk(a_return("r1", paid="96.67"), a_return("r2", "REJECTED"))

    told = json.loads(json.dumps(a_summary(read_back(desk, workers=1)).as_dict()))

    assert told["ok"] is True
    assert told["read_back"]["returns_by_outcome"] == {"refunded": 1, "rejected": 1}


@pytest.mark.parametrize("is_right", [True, False], ids=["right", "wrong"])
def test_a_person_is_told_whether_it_worked_and_where_to_look(is_right: bool) -> None:
    found = read_back(a_desk(a_return("r1", paid="96.67", kept="17.06")), workers=1)
    check = Told(title="Reconciliation", is_right=is_right, text="1 findings in 3 [orders]")
    console = Console(file=io.StringIO(), width=80, soft_wrap=True)

    tell(a_summary(found, check), {"summary": ROOT / "build" / "s.json"}, "dev", console)

    assert isinstance(console.file, io.StringIO)
    told = console.file.getvalue()
    assert "96.67 EUR" in told
    assert re.search(r"kept as fees +17\.06 EUR", told)
    assert "http://x/v1/openapi.json" in told
    assert str(Path("build/s.json")) in told
    assert ("Run D1: all as expected" in told) is is_right
    assert ("✗ Reconciliation: 1 findings in 3 [orders]" in told) is not is_right


def test_what_a_scene_expects_is_checked_on_the_return_as_it_is() -> None:
    desk = a_desk(a_return("r1", paid="96.67"))
    case = Case(desk=desk, id="r1", number="R1")

    assert case.must_be(status="COMPLETED", restock=2, paid="96.67 EUR")
    with pytest.raises(Unexpected, match=r"restock is 2, not 1; paid is 96\.67 EUR"):
        case.must_be(status="COMPLETED", restock=1, paid="96.66 EUR")


def test_a_scene_that_expects_a_refusal_takes_no_other_answer() -> None:
    def refuse() -> None:
        raise Refused("POST /v1/returns", 422, {"code": "final_sale"})

    assert refused_with("final_sale", refuse) == "refused: 422 final_sale"
    with pytest.raises(Refused):
        refused_with("outside_window", refuse)
    with pytest.raises(Unexpected):
        refused_with("final_sale", lambda: None)
