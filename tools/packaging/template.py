"""Finishes the merged template: what every function gets alike, and what only a stage decides."""

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.packaging import definition
from tools.packaging.errors import PackagingError
from tools.packaging.intrinsics import load_yaml

# A CloudFormation template is an open tree of JSON; typing it deeper would only restate it.
Tree = dict[str, Any]
_FUNCTION = "AWS::Serverless::Function"
_CORS_ORIGIN = "method.response.header.Access-Control-Allow-Origin"
_SLOW_SHARE = 0.8


def finish(merged: Tree, *, stage: str, function_snippet: Path) -> Tree:
    template = copy.deepcopy(merged)
    template["Parameters"]["Stage"]["Default"] = stage
    snippet = function_snippet.read_text()
    for logical_id, function in sorted(functions(template).items()):
        _stamp(template["Resources"], snippet, logical_id, function)
    _let_stage_decide_origin(template)
    definition.shorten(template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"])
    _refuse_orphans(template)
    return template


def functions(template: Tree) -> dict[str, Tree]:
    return {k: r for k, r in template["Resources"].items() if r.get("Type") == _FUNCTION}


def function_name(logical_id: str) -> str:
    """The Python name that Chalice made the logical id of: IngestScans is ingest_scans."""
    if logical_id == "APIHandler":
        return "api_handler"
    return re.sub(r"(?<!^)(?=[A-Z])", "_", logical_id).lower()


def _stamp(resources: Tree, snippet: str, logical_id: str, function: Tree) -> None:
    slow_ms = int(function["Properties"]["Timeout"] * 1000 * _SLOW_SHARE)
    text = snippet.replace("FUNCTION", logical_id).replace("SLOW_MS", str(slow_ms))
    stamped = load_yaml(text.replace("NAME", function_name(logical_id)))["Resources"]
    function["Properties"].update(stamped.pop(logical_id)["Properties"])
    if taken := stamped.keys() & resources.keys():
        raise PackagingError(
            f"{', '.join(sorted(taken))} is both a resource and made for {logical_id}"
        )
    resources.update(stamped)


def _let_stage_decide_origin(template: Tree) -> None:
    """Chalice wrote the origin that it saw at packaging into every preflight answer."""
    paths = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    for answer in _preflight_answers(paths):
        if _CORS_ORIGIN in answer:
            answer[_CORS_ORIGIN] = {"Fn::Sub": "'${AllowedOrigin}'"}


def _preflight_answers(paths: Tree) -> Iterator[Tree]:
    for operations in paths.values():
        integration = operations.get("options", {}).get("x-amazon-apigateway-integration", {})
        for response in integration.get("responses", {}).values():
            yield response.get("responseParameters", {})


def _refuse_orphans(template: Tree) -> None:
    """An override of a misspelt function would become a resource of no type."""
    orphans = sorted(name for name, r in template["Resources"].items() if "Type" not in r)
    if orphans:
        raise PackagingError(
            f"infra/app.yaml names {', '.join(orphans)}, which the app does not have"
        )
