"""examples/policy.json is a document that can be published as it is, and needs no second look."""

import json
from typing import Any

import pytest

from chalicelib.policy.linting import faults, oddities
from chalicelib.policy.reading import document_of
from chalicelib.policy.terms import terms_of
from tools.stack.places import ROOT

FORM: dict[str, Any] = json.loads((ROOT / "examples" / "policy.json").read_text("utf-8"))


def test_the_example_has_neither_faults_nor_oddities() -> None:
    document = document_of(FORM)

    assert (faults(document), oddities(document)) == ([], [])


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_each_of_its_rules_is_a_clause_of_its_terms(language: str) -> None:
    clauses = {clause.rule_id: clause for clause in terms_of(document_of(FORM), language).clauses}

    assert {name: clause.title for name, clause in clauses.items()} == {
        rule["id"]: rule["title"][language] for rule in FORM["rules"]
    }
