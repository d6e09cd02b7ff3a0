"""What the local emulator does otherwise and is made up for here; never called for AWS.

ministack 1.5.33 ignores `x-amazon-apigateway-gateway-responses` in an imported API definition, so
the answers of the gateway itself would not be problem documents, and the method ANY, so that wrong
methods would be refused by it and not by us. And it demands a right of its own,
sqs:SendMessageBatch, where AWS asks for sqs:SendMessage only and knows no other name.
"""

from collections.abc import Mapping
from typing import Any

from tools.packaging import definition


def name_every_method(template: Mapping[str, Any]) -> None:
    """Changes the template in place."""
    definition.spread(template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"])


def allow_batch_sends(template: Mapping[str, Any]) -> None:
    """Whoever may send a message may send ten, as on AWS. Changes the template in place."""
    for resource in template["Resources"].values():
        if resource["Type"] != "AWS::IAM::Role":
            continue
        for policy in resource["Properties"].get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                actions = statement["Action"]
                if "sqs:SendMessage" in actions and isinstance(actions, list):
                    actions.append("sqs:SendMessageBatch")
                elif actions == "sqs:SendMessage":
                    statement["Action"] = ["sqs:SendMessage", "sqs:SendMessageBatch"]


def put_gateway_responses(
    apigateway: Any, template: Mapping[str, Any], *, api_id: str, allowed_origin: str
) -> None:
    api = template["Resources"]["RestAPI"]["Properties"]
    for kind, response in api["DefinitionBody"]["x-amazon-apigateway-gateway-responses"].items():
        apigateway.put_gateway_response(
            restApiId=api_id,
            responseType=kind,
            statusCode=str(response["statusCode"]),
            responseParameters={
                name: value if isinstance(value, str) else f"'{allowed_origin}'"
                for name, value in response["responseParameters"].items()
            },
            responseTemplates=response["responseTemplates"],
        )
    # They count from the next deployment on.
    apigateway.create_deployment(restApiId=api_id, stageName=api["StageName"])
