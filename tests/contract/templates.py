"""How the template tests look into a CloudFormation tree."""

import json
from collections.abc import Iterator
from typing import Any

import boto3

# The translator ships no types.
from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]

# A template is an open tree of JSON.
Tree = dict[str, Any]


def of_type(template: Tree, kind: str) -> dict[str, Tree]:
    """Properties by logical id."""
    found = template["Resources"].items()
    return {key: r.get("Properties", {}) for key, r in found if r["Type"] == kind}


def functions(template: Tree) -> dict[str, Tree]:
    return of_type(template, "AWS::Serverless::Function")


def sources(template: Tree, kind: str) -> dict[str, Tree]:
    """The event sources of a kind, by function."""
    return {
        function: event["Properties"]
        for function, properties in functions(template).items()
        for event in properties.get("Events", {}).values()
        if event["Type"] == kind
    }


def statements(template: Tree, function: str) -> list[Tree]:
    role = functions(template)[function]["Role"]["Fn::GetAtt"][0]
    policies = template["Resources"][role]["Properties"]["Policies"]
    return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def imports(tree: Any) -> Iterator[str]:
    """Names asked for by Fn::ImportValue anywhere in a tree."""
    if isinstance(tree, dict):
        if "Fn::ImportValue" in tree:
            yield tree["Fn::ImportValue"]["Fn::Sub"]
        for value in tree.values():
            yield from imports(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from imports(value)


def text(tree: Any) -> str:
    """For looking for a word anywhere in a tree."""
    return json.dumps(tree, sort_keys=True)


def plain(template: Tree) -> Tree:
    """The template without SAM, as CloudFormation will expand it."""
    copy: Tree = json.loads(json.dumps(template))
    for function in functions(copy).values():
        function["CodeUri"] = {"Bucket": "tuiku-dev-deploy-000000000000", "Key": "deployment.zip"}
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name="us-east-1"))
    # Not asked for managed policies: ours names none.
    expanded: Tree = translator.translate(copy, parameter_values={})
    return expanded
