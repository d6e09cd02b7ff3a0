"""The words for what inspections and proposals say in codes, in each language: words.json."""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from chalicelib.inspection.checklist import LANGUAGES, Words


@cache
def said() -> Mapping[str, dict[str, Words]]:
    """By subject (grades, faults, reasons …) and code."""
    text = resources.files("chalicelib.inspection").joinpath("words.json")
    form: dict[str, Any] = json.loads(text.read_text(encoding="utf-8"))  # Any: JSON
    return MappingProxyType(form)


def words_for(subject: str, code: str) -> Words:
    """The words of a code; a code that has none stands for itself."""
    return said()[subject].get(code) or plain(code)


def reason_words(code: str, figures: Mapping[str, str]) -> Words:
    """The words of a reason for a proposal, with the figures that it is made from."""
    return {
        language: text.format_map(figures) for language, text in words_for("reasons", code).items()
    }


def plain(text: str) -> Words:
    """The same in every language: what somebody wrote, a number, a code of theirs."""
    return dict.fromkeys(LANGUAGES, text)
