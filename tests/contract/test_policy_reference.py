"""What docs/ shows of policies is what the code is; the schema refuses what the linter would."""

import copy
import json
from collections.abc import Callable
from importlib import resources
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from pydantic import ValidationError

from chalicelib.contracts.policy import PolicyBody
from chalicelib.policy.linting import faults
from chalicelib.policy.reading import document_of
from tools import policy_schema, reference_policy
from tools.policy_examples import FAULTS, ODDITIES, Example
from tools.policy_schema import WORDS, schema

Json = dict[str, Any]  # Any: JSON of documents
VALIDATOR = Draft202012Validator(schema(), format_checker=Draft202012Validator.FORMAT_CHECKER)
_FOLDER = resources.files("chalicelib.policy.starters")
STARTERS = {
    one.name.removesuffix(".json"): json.loads(one.read_text("utf-8"))
    for one in _FOLDER.iterdir()
    if one.name.endswith(".json")
}


def test_the_committed_pages_are_up_to_date() -> None:
    assert reference_policy.PAGE.read_text("utf-8") == reference_policy.page()
    assert policy_schema.TARGET.read_text("utf-8") == policy_schema.rendered()


def test_the_schema_is_json_schema_2020_12() -> None:
    Draft202012Validator.check_schema(schema())

    assert schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_every_field_is_described_and_nothing_else_is() -> None:
    made = schema()
    fields = {
        f"{name}.{field}"
        for name, definition in [("Policy", made), *made["$defs"].items()]
        for field in definition.get("properties", {})
    }

    assert fields == set(WORDS)


def test_the_examples_of_the_schema_fit_it() -> None:
    made = schema()
    definitions = {**made["$defs"], "Policy": made}
    examples = [
        (name, one) for name, each in definitions.items() for one in each.get("examples", [])
    ]

    assert {name for name, _ in examples} == {"Policy", "Condition", "Outcome", "Signal"}
    for name, one in examples:
        target = made if name == "Policy" else {"$ref": f"#/$defs/{name}", "$defs": made["$defs"]}
        assert list(Draft202012Validator(target).iter_errors(one)) == []


@pytest.mark.parametrize("name", sorted(STARTERS))
def test_the_starters_fit_the_schema(name: str) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(STARTERS[name])] == []


def _electronics() -> Json:
    return copy.deepcopy(STARTERS["electronics-serial"])


def _when(condition: Json) -> Callable[[Json], None]:
    return lambda form: form["rules"][0].update(when=condition)


def _then(**outcome: Any) -> Callable[[Json], None]:
    return lambda form: form["rules"][0].update(then=outcome)


def _with(**fields: Any) -> Callable[[Json], None]:
    return lambda form: form.update(fields)


MISSHAPEN: dict[str, Callable[[Json], object]] = {
    "no version": lambda form: form.pop("version"),
    "an unknown field": _with(colour="red"),
    "a title in one language": _with(title={"en": "Returns"}),
    "a date without an offset": _with(effective_from="2026-01-01"),
    "a rule without an id": lambda form: form["rules"][0].pop("id"),
    "two comparisons at once": _when({"fact": "sku", "is": "A", "in": ["B"]}),
    "a join and a comparison": _when({"fact": "sku", "is": "A", "all": []}),
    "an unknown operator": _when({"fact": "sku", "like": "A"}),
    "a fee as a number": _then(fees={"restocking_percent": 15}),
    "a negative fee": _then(fees={"restocking_percent": "-15"}),
    "money as a number": _when({"fact": "line_value", "above": {"amount": 5, "currency": "EUR"}}),
    "an unknown review": _then(review="boss"),
    "an unknown resolution": _then(resolutions=["money"]),
    "an unknown pair of eyes": _with(four_eyes=["cook_waiter"]),
    "a window without days": _then(window={"start": "delivery"}),
    "an unknown start of a window": _then(window={"days": 9, "start": "birthday"}),
    "shipping back sometimes": _then(giving={"shipping": "sometimes"}),
    "an unknown part that goes back": _then(giving={"postage": "share"}),
    "a limit without a currency": _then(second_refunder_above=500),
    "a weight that is too heavy": lambda form: form["signals"][0].update(weight=500),
    "a holiday that is no day": _with(public_holidays=["Christmas"]),
}


@pytest.mark.parametrize("spoil", MISSHAPEN.values(), ids=MISSHAPEN)
def test_what_is_misshapen_fits_neither_the_schema_nor_the_door(
    spoil: Callable[[Json], object],
) -> None:
    form = _electronics()
    spoil(form)

    assert list(VALIDATOR.iter_errors(form)) != []
    with pytest.raises(ValidationError):
        PolicyBody.model_validate_json(json.dumps(form))


MEANINGLESS: dict[str, Callable[[Json], object]] = {
    "an unknown fact": _when({"fact": "categorie", "is": "A"}),
    "an operator for other facts": _when({"fact": "category", "above": 3}),
    "an amount without a currency": _when({"fact": "line_value", "above": 50}),
    "an unknown word": _when({"fact": "type", "is": "qualty"}),
    "an unknown month": _when({"fact": "purchase_month", "is": 13}),
    "a fee above all": _then(fees={"restocking_percent": "150"}),
    "too long a window": _then(window={"days": 5000}),
    "no rules": _with(rules=[]),
    "too many rules": lambda form: form.update(rules=form["rules"] * 100),
}


@pytest.mark.parametrize("spoil", MEANINGLESS.values(), ids=MEANINGLESS)
def test_what_cannot_be_meant_is_seen_by_the_schema_and_by_the_linter(
    spoil: Callable[[Json], object],
) -> None:
    form = _electronics()
    spoil(form)

    assert list(VALIDATOR.iter_errors(form)) != []
    PolicyBody.model_validate_json(json.dumps(form))
    assert faults(document_of(form)) != []


@pytest.mark.parametrize(
    ("condition", "pointer"),
    [
        ({"fact": "age_days", "is": 3.5}, "is"),
        ({"fact": "age_days", "above": "50"}, "above"),
        ({"fact": "age_days", "above": 10**12}, "above"),
        ({"fact": "line_value", "above": {"amount": "5", "currency": "EURO"}}, "above/currency"),
        ({"fact": "line_value", "above": {"amount": "5.123", "currency": "EUR"}}, "above"),
        ({"all": [{"fact": "sku", "is": "A"}, {"fact": "sku", "is": ""}]}, "all/1/is"),
    ],
)
def test_a_misshapen_value_is_pointed_at_by_one_error(condition: Json, pointer: str) -> None:
    from chalicelib.api.bodies import Misshapen, parse

    form = _electronics()
    form["rules"][0]["when"] = condition

    with pytest.raises(Misshapen) as refused:
        parse(json.dumps(form).encode(), PolicyBody)

    (error,) = refused.value.errors
    assert error.pointer == f"/rules/0/when/{pointer}"


def test_words_of_conditions_may_be_in_any_language() -> None:
    form = _electronics()
    form["rules"][0]["when"] = {"fact": "category", "in": ["手机", "Kühlschränke"]}

    assert list(VALIDATOR.iter_errors(form)) == []
    PolicyBody.model_validate_json(json.dumps(form))


def test_every_finding_has_an_example() -> None:
    examples = {one.code for one in (*FAULTS, *ODDITIES)}

    assert examples == reference_policy.finding_codes()


@pytest.mark.parametrize("example", [*FAULTS, *ODDITIES], ids=lambda example: example.code)
def test_an_example_of_a_finding_shows_just_that(example: Example) -> None:
    pointer, message = reference_policy.told(example)

    assert pointer.startswith("/")
    assert message.endswith((".", "?"))
    is_fault = example in FAULTS
    assert bool(faults(document_of(example.document))) is is_fault
