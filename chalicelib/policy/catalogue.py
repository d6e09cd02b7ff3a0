"""The policy versions that come with the product: read once, when one is first asked for."""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources

from chalicelib.policy.document import PolicyDocument
from chalicelib.policy.reading import document_of


@cache
def starters() -> Mapping[str, PolicyDocument]:
    """The built-in versions, by their id."""
    folder = resources.files("chalicelib.policy.starters")
    texts = (one.read_text("utf-8") for one in folder.iterdir() if one.name.endswith(".json"))
    documents = (document_of(json.loads(text)) for text in texts)
    return {document.version_id: document for document in documents}


def starter_form(version_id: str) -> str | None:
    """A built-in version as it is written; None where there is none of this id."""
    folder = resources.files("chalicelib.policy.starters")
    if version_id not in starters():
        return None
    return (folder / f"{version_id}.json").read_text("utf-8")
