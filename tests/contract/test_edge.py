"""The edge as it is deployed: methods, preflights, the stated rate, and the key of cursors."""

import copy
from typing import Any

import pytest

from app import app
from chalicelib.api.methods import METHODS, is_added
from tests.contract import templates
from tests.contract.templates import Tree
from tools.package import Package
from tools.packaging import definition
from tools.packaging.definition import ANY
from tools.packaging.template import function_name


def test_browsers_may_send_and_read_what_the_api_speaks(app_template: Tree) -> None:
    paths = app_template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    told = "method.response.header.Access-Control-{}".format

    for path, operations in paths.items():
        integration = operations["options"]["x-amazon-apigateway-integration"]
        (answer,) = integration["responses"].values()
        said = {
            name: set(answer["responseParameters"][told(name)].strip("'").split(","))
            for name in ("Allow-Methods", "Allow-Headers", "Expose-Headers")
        }
        own = {entry.method for entry in app.routes[path].values() if not is_added(entry)}
        assert said["Allow-Methods"] == own | {"OPTIONS"} | ({"HEAD"} if "GET" in own else set())
        assert said["Allow-Headers"] >= {
            "Authorization", "Content-Type", "Accept-Language", "Idempotency-Key", "If-Match",
            "If-None-Match", "X-Request-Id",
        }  # fmt: skip
        assert said["Expose-Headers"] >= {
            "ETag", "Link", "Location", "Allow", "Retry-After", "RateLimit-Policy",
            "Content-Language", "Idempotency-Replayed", "X-Request-Id",
        }  # fmt: skip


def test_every_address_has_every_method_and_only_its_own_ask_who_comes(app_template: Tree) -> None:
    paths = app_template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]

    assert set(paths) == set(app.routes)
    for path, operations in paths.items():
        named = {method for method, entry in app.routes[path].items() if not is_added(entry)}
        named |= {"HEAD"} if "GET" in named else set()
        assert set(operations) == {method.lower() for method in named} | {"options", ANY}
        assert "security" not in operations[ANY]
        for method in named:
            entry = app.routes[path][method]
            asks: Any = [{"authorize_request": []}] if entry.authorizer else None
            assert operations[method.lower()].get("security") == asks
        for method in set(METHODS) - named:
            assert app.routes[path][method].authorizer is None, "ANY asks nobody who they are"


def test_an_emulator_that_knows_no_any_is_given_every_method(app_template: Tree) -> None:
    definition_ = copy.deepcopy(
        app_template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
    )

    definition.spread(definition_)

    for operations in definition_["paths"].values():
        assert set(operations) == {method.lower() for method in METHODS} | {"options"}


def test_the_template_leaves_room_below_what_cloudformation_takes(packaged: Package) -> None:
    assert packaged.template_path.stat().st_size < 0.9 * 1024 * 1024


def test_the_stated_rate_is_the_one_that_is_set(app_template: Tree) -> None:
    handler = templates.functions(app_template)["APIHandler"]
    (setting,) = app_template["Resources"]["RestAPI"]["Properties"]["MethodSettings"]

    assert (setting["ResourcePath"], setting["HttpMethod"]) == ("/*", "*")
    assert setting["ThrottlingRateLimit"] == {"Ref": "RateLimit"}
    assert handler["Environment"]["Variables"]["RATE_LIMIT"] == {"Ref": "RateLimit"}


def test_who_is_too_fast_is_told_when_to_come_back(app_template: Tree) -> None:
    definition = app_template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
    answers = definition["x-amazon-apigateway-gateway-responses"]

    for kind in ("THROTTLED", "QUOTA_EXCEEDED", "INTEGRATION_TIMEOUT", "AUTHORIZER_FAILURE"):
        headers = answers[kind]["responseParameters"]
        assert headers["gatewayresponse.header.Retry-After"].strip("'").isdigit()
        assert "Retry-After" in headers["gatewayresponse.header.Access-Control-Expose-Headers"]


@pytest.mark.parametrize(
    ("secret", "readers"),
    [("CursorKey", {"api_handler"}), ("DeviceKey", {"api_handler", "authorize_request"})],
)
def test_keys_are_made_by_aws_and_read_only_by_who_needs_them(
    data_template: Tree, app_template: Tree, secret: str, readers: set[str]
) -> None:
    key = templates.of_type(data_template, "AWS::SecretsManager::Secret")[secret]
    found = {
        function_name(function)
        for function in templates.functions(app_template)
        for statement in templates.statements(app_template, function)
        if "secretsmanager:GetSecretValue" in templates.listed(statement["Action"])
        and secret in templates.text(statement["Resource"])
    }

    assert "SecretString" not in key
    assert key["GenerateSecretString"]["PasswordLength"] >= 64
    assert key["KmsKeyId"] == {"Fn::GetAtt": ["Key", "Arn"]}
    assert found == readers
