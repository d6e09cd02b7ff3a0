"""What the documents promise is what the code does."""

import json

from tests.contract.templates import Tree
from tools import reference


def test_every_code_has_words_in_every_language() -> None:
    assert reference.missing_sentences() == []


def test_the_page_of_error_codes_is_made_from_the_code_as_it_is() -> None:
    assert reference.PAGE.read_text(encoding="utf-8") == reference.page()


def test_the_codes_of_the_gateway_are_documented(app_template: Tree) -> None:
    definition = app_template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
    bodies = [
        json.loads(answer["responseTemplates"]["application/json"])
        for answer in definition["x-amazon-apigateway-gateway-responses"].values()
    ]

    answered = {body["code"]: body["status"] for body in bodies}

    assert answered.items() <= reference.answered_codes().items()
