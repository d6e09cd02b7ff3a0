"""The edge as it is deployed: methods, preflights, the stated rate, and the key of cursors."""

from typing import Any

from app import app
from chalicelib.api.methods import METHODS, is_added
from tests.contract import templates
from tests.contract.templates import Tree
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
        assert set(operations) == {method.lower() for method in METHODS} | {"options"}
        for method, entry in app.routes[path].items():
            asks: Any = [{"authorize_request": []}] if entry.authorizer else None
            assert operations[method.lower()].get("security") == asks


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


def test_the_key_of_cursors_is_made_by_aws_and_read_by_the_api_alone(
    data_template: Tree, app_template: Tree
) -> None:
    (key,) = templates.of_type(data_template, "AWS::SecretsManager::Secret").values()
    readers = {
        function_name(function)
        for function in templates.functions(app_template)
        if "secretsmanager:GetSecretValue"
        in templates.text(templates.statements(app_template, function))
    }

    assert "SecretString" not in key
    assert key["GenerateSecretString"]["PasswordLength"] >= 64
    assert key["KmsKeyId"] == {"Fn::GetAtt": ["Key", "Arn"]}
    assert readers == {"api_handler"}
