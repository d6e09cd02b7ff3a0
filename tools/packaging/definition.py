"""Makes the API's definition as short as it can be: CloudFormation takes no template above 1 MB.

Every address has the methods that its resource does not name, only to be told that they are wrong;
they become one method, ANY. What only readers of the definition would want is left out: theirs is
docs/openapi.json.
"""

from typing import Any

Tree = dict[str, Any]
ANY = "x-amazon-apigateway-any-method"
_FOR_READERS = ("summary", "description", "produces", "consumes")


def shorten(definition: Tree) -> None:
    """In place."""
    for operations in definition["paths"].values():
        refusals = [method for method, one in operations.items() if _is_refusal(method, one)]
        for method in refusals:
            operations[ANY] = operations.pop(method)
        for method, operation in operations.items():
            for name in _FOR_READERS:
                operation.pop(name, None)
            if method != "options":
                # What a function answers with is passed on as it is.
                operation["responses"] = {}


def spread(definition: Tree) -> None:
    """The opposite of ANY, for who does not know it: each method by itself, where none is named."""
    for operations in definition["paths"].values():
        refusal = operations.pop(ANY, None)
        if refusal is not None:
            for method in ("get", "head", "post", "put", "patch", "delete"):
                operations.setdefault(method, refusal)


def _is_refusal(method: str, operation: Tree) -> bool:
    """A view that a resource names has a sentence about itself (tests/contract/test_routes.py)."""
    return method != "options" and "summary" not in operation and "security" not in operation
