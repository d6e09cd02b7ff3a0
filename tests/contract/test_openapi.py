"""The description of the API: valid, complete, up to date, and with examples that fit."""

import json
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel

from app import app
from chalicelib.api.boundary import promise_of
from chalicelib.api.examples import EXAMPLES
from chalicelib.api.methods import own_routes
from chalicelib.api.openapi import describe
from chalicelib.contracts.scan import Scan
from tools.openapi import TARGET, drift, rendered

VIEWS = {entry.view_name: promise_of(entry.view_function) for _, _, entry in own_routes(app)}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return describe(app)


def test_the_document_is_openapi_3_1(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()

    assert document["openapi"].startswith("3.1")


def test_the_committed_document_is_up_to_date() -> None:
    assert drift(TARGET.read_text(encoding="utf-8"), rendered()) == []


def test_every_route_is_described(document: dict[str, Any]) -> None:
    described = {
        (method.upper(), path) for path, item in document["paths"].items() for method in item
    }

    assert described == {(method, path) for path, method, _ in own_routes(app)}


def test_every_operation_says_what_it_is_and_who_may(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        for operation in item.values():
            assert operation["summary"], path
            assert operation.get("x-permission") or operation["security"] == [], path
            assert {"400", "500", "503"} <= set(operation["responses"]), path


def test_every_answer_has_a_schema(document: dict[str, Any]) -> None:
    bare = [
        operation["operationId"]
        for item in document["paths"].values()
        for operation in item.values()
        for status, response in operation["responses"].items()
        if status.startswith("2")
        and "$ref" not in response["content"].get("application/json", {"schema": "$ref"})["schema"]
    ]

    assert bare == ["read_openapi"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_fits_its_schema(name: str) -> None:
    promise = VIEWS[name]
    assert promise is not None
    assert promise.body is not None

    _fits(promise.body, EXAMPLES[name])


def test_an_example_of_scans_holds_scans() -> None:
    for scan in EXAMPLES["post_scans"]["scans"]:
        _fits(Scan, scan)


def test_every_body_with_fields_has_an_example() -> None:
    with_fields = {
        name
        for name, promise in VIEWS.items()
        if promise is not None and promise.body is not None and promise.body.model_fields
    }

    assert with_fields - set(EXAMPLES) == set()


def _fits(model: type[BaseModel], example: Any) -> None:
    model.model_validate_json(json.dumps(example))
