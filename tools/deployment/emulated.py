"""What the local emulator leaves out of a deployment and is made up for here; never called for AWS.

It ignores `x-amazon-apigateway-gateway-responses` in an imported API definition (ministack 1.5.33),
so the answers of the gateway itself would not be problem documents.
"""

from collections.abc import Mapping
from typing import Any


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
