"""Every code that a bad field can have is explained in Chinese; English comes with the code."""

import ast
from collections.abc import Iterator
from pathlib import Path

from chalicelib.api import bodies
from chalicelib.api.problems import catalogue

CODE = Path(__file__).resolve().parents[2] / "chalicelib"


def field_codes() -> set[str]:
    """Literal codes of FieldError and of our own pydantic errors, and what pydantic's become."""
    found = {"wrong_type", *bodies._CODES.values()}
    for path in CODE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                found.update(_codes_of(node))
    return found


def _codes_of(call: ast.Call) -> Iterator[str]:
    name = getattr(call.func, "id", "")
    if name == "FieldError":
        values = [keyword.value for keyword in call.keywords if keyword.arg == "code"]
    elif name == "PydanticCustomError":
        values = call.args[:1]
    elif name == "_fault":
        values = call.args[1:2]
    else:
        return
    for value in values:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value


def test_every_code_of_a_field_has_chinese_words() -> None:
    assert field_codes() - set(catalogue("zh-CN")["fields"]) == set()
