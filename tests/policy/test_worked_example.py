"""The worked example of docs/policy.md is a document, and decides what the page says."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chalicelib.contracts.policy import PolicyBody
from chalicelib.core.money import Money
from chalicelib.policy.catalogue import starters
from chalicelib.policy.conditions import Value
from chalicelib.policy.document import PolicyDocument
from chalicelib.policy.evaluation import CompiledPolicy, LineToDecide, decide
from chalicelib.policy.facts import FACTS, FactKind
from chalicelib.policy.fees import Charged, fees_for
from chalicelib.policy.linting import faults, oddities
from chalicelib.policy.reading import document_of
from chalicelib.policy.verdict import LineDecision
from chalicelib.policy.windows import Dates

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "policy.md").read_text("utf-8")
BERLIN = ZoneInfo("Europe/Berlin")
PAID = Money(8000, "EUR")
_ROW = re.compile(r"^\| (`\w+=.*?) \|$", re.MULTILINE)


def form() -> Any:
    found = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None, "the page has a document"
    return json.loads(found[1])


def rows() -> list[list[str]]:
    return [[cell.strip() for cell in row.split("|")] for row in _ROW.findall(PAGE)]


@pytest.fixture(scope="module")
def policy() -> PolicyDocument:
    return document_of(form())


def test_the_document_is_well_formed_and_neither_wrong_nor_odd(policy: PolicyDocument) -> None:
    PolicyBody.model_validate_json(json.dumps(form()))

    assert (faults(policy), oddities(policy)) == ([], [])


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row[0]} {row[2]}")
def test_the_engine_decides_what_the_table_says(policy: PolicyDocument, row: list[str]) -> None:
    known, wish, asked, verdict, until, kept, review, deciding = row

    decision = decide(CompiledPolicy(policy), [_line(known, wish, asked)])

    (line,) = decision.lines
    assert line.code == verdict
    assert line.window_ends == _noon(until).replace(hour=0)
    if line.eligible:
        taken = fees_for([Charged(line_no="1", refund=PAID, fees=line.fees)])
        assert Money.total((fee.amount for fee in taken), "EUR").amount == kept
        assert decision.review.value == review
        assert _deciders(line) == [name.strip() for name in deciding.split(",")]


def test_every_rule_of_the_example_decides_something_in_the_table(policy: PolicyDocument) -> None:
    told = " ".join(" ".join(row) for row in rows())

    assert [
        rule.rule_id for rule in policy.rules if rule.rule_id not in told.replace("_", "-")
    ] == []
    assert {row[6] for row in rows() if row[6]} == {"automatic", "person", "senior"}


def test_the_page_lists_what_is_built_in() -> None:
    listed = dict(re.findall(r"^\| `([a-z0-9-]+)` \| `([a-z0-9-]+)` \|", PAGE, re.MULTILINE))

    assert listed == {one.policy: one.version_id for one in starters().values()}


def _line(known: str, wish: str, asked: str) -> LineToDecide:
    facts: dict[str, Value] = {**dict.fromkeys(FACTS), "resolution": wish}
    facts |= {"line_value": PAID, "request_value": PAID}
    for name, text in re.findall(r"`(\w+)=([^`]+)`", known):
        facts[name] = _value(FACTS[name].kind, text)
    return LineToDecide(
        line_no="1",
        facts=facts,
        is_goods=True,
        dates=Dates(
            ordered_at=_noon("2027-02-25"),
            shipped_at=_noon("2027-02-26"),
            delivered_at=_noon("2027-03-01"),
        ),
        requested_at=_noon(asked),
    )


def _value(kind: FactKind, text: str) -> Value:
    match kind:
        case FactKind.NUMBER:
            return int(text)
        case FactKind.YES_NO:
            return text == "true"
        case FactKind.MONEY:
            return Money.parse(text, "EUR")
    return text


def _noon(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=BERLIN)


def _deciders(line: LineDecision) -> list[str]:
    """The rules that decided about window, fees and review, in that order, each once."""
    decided: dict[str, str] = {}
    for step in line.trace:
        names = step.facts.get("decides")
        decided |= dict.fromkeys(
            (str(n) for n in names) if isinstance(names, list) else (), step.rule
        )
    return list(dict.fromkeys(decided[thing] for thing in ("window", "fees", "review")))
