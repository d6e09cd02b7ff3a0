"""Byte code of what dataclasses write: the same classes, and nothing compiled that is prepared."""

from collections.abc import Iterator
from dataclasses import FrozenInstanceError, dataclass, replace
from importlib.util import MAGIC_NUMBER
from types import CodeType
from typing import Any

import pytest

from chalicelib.core import prepared


class Kept:
    """Runs texts as dataclasses alone would, and keeps their byte code."""

    def __init__(self) -> None:
        self.codes: dict[str, dict[str, CodeType]] = {}

    def __call__(self, text: str, names: dict[str, Any], made: dict[str, Any]) -> None:
        code = compile(text, "<string>", "exec", dont_inherit=True)
        self.codes.setdefault(names["__name__"], {})[text] = code
        exec(code, names, made)


@pytest.fixture
def kept() -> Iterator[Kept]:
    run = Kept()
    prepared.through(run)
    yield run
    prepared.through(exec)


def order_class() -> type[Any]:
    """A class made anew, as a cold start makes it."""

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Order:
        order_no: str
        lines: tuple[str, ...] = ()

    return Order


def test_a_class_of_prepared_methods_is_like_any_other(kept: Kept) -> None:
    order_class()
    prepared.through(prepared.runner(memoryview(prepared.packed(kept.codes))))

    made = order_class()(order_no="SO-1")

    assert repr(made).endswith("Order(order_no='SO-1', lines=())")
    assert made == replace(made, lines=())
    assert hash(made) == hash(replace(made, lines=()))
    assert made != replace(made, lines=("1",))
    with pytest.raises(FrozenInstanceError):
        made.order_no = "SO-2"
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'order_no'"):
        order_class()()


def test_what_is_prepared_is_run_instead_of_the_text(kept: Kept) -> None:
    codes = {"shop": {"said = 'text'": compile("said = 'byte code'", "<string>", "exec")}}
    run = prepared.runner(memoryview(prepared.packed(codes)))
    made: dict[str, Any] = {}

    run("said = 'text'", {"__name__": "shop"}, made)

    assert made == {"said": "byte code"}


@pytest.mark.parametrize(
    ("module", "text"),
    [("shop", "said = 'another text'"), ("other", "said = 'text'")],
    ids=["a text that was not prepared", "a module that was not"],
)
def test_what_is_not_prepared_is_compiled(module: str, text: str) -> None:
    codes = {"shop": {"said = 'text'": compile("said = 'byte code'", "<string>", "exec")}}
    run = prepared.runner(memoryview(prepared.packed(codes)))
    made: dict[str, Any] = {}

    run(text, {"__name__": module}, made)

    assert made == {"said": text.removeprefix("said = ").strip("'")}


def test_the_same_texts_give_the_same_bytes_in_any_order() -> None:
    code = compile("said = 1", "<string>", "exec")
    one = {"a": {"x": code, "y": code}, "b": {"x": code}}
    other = {"b": {"x": code}, "a": {"y": code, "x": code}}

    assert prepared.packed(one) == prepared.packed(other)
    assert prepared.packed(one).startswith(MAGIC_NUMBER)
