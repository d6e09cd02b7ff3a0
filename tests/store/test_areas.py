"""Reads by area: each is found, wherever it stands; and kinds of records by name."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from chalicelib.store import areas, keys
from chalicelib.store.reads import Reads

_STORE = Path(areas.__file__).parent
_MODULES = sorted(file.stem for file in _STORE.glob("*_reads.py"))


def kinds() -> dict[str, type]:
    """The class of each area, by the name of its module."""
    return {
        name: getattr(import_module(f"chalicelib.store.{name}"), f"{_title(name)}Reads")
        for name in _MODULES
    }


def _title(module: str) -> str:
    return module.removesuffix("_reads").capitalize()


def own(kind: type) -> dict[str, Any]:
    """What an area has itself: not what it needs of others, nor what every class has."""
    return {
        name: member
        for name, member in vars(kind).items()
        if not name.startswith("__")
        and name != "_abc_impl"
        and not getattr(member, "__isabstractmethod__", False)
    }


@pytest.mark.parametrize("module", _MODULES)
def test_every_read_of_an_area_is_found(module: str) -> None:
    missing = [
        name
        for name, member in own(kinds()[module]).items()
        if name not in vars(Reads) and areas.member(name) is not member
    ]

    assert missing == []


def test_no_two_areas_call_different_things_by_one_name() -> None:
    seen: dict[str, str] = {}
    twice = []
    for module, kind in kinds().items():
        for name in own(kind):
            if name in seen:
                twice.append(f"{name}: {seen[name]} and {module}")
            seen[name] = module

    assert twice == []


def test_what_an_area_needs_of_the_others_is_there() -> None:
    needed = {
        name
        for kind in kinds().values()
        for name, member in vars(kind).items()
        if getattr(member, "__isabstractmethod__", False)
    }

    for name in sorted(needed - vars(Reads).keys()):
        assert areas.member(name) is not None, name


def test_what_nobody_has_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no area of the store has frobnicate"):
        areas.member("frobnicate")


@pytest.mark.parametrize("name", sorted(keys._KEY_OF))
def test_a_kind_of_record_is_named_after_its_class(name: str) -> None:
    """Not after a module that imports it: `key_of` knows a record by where its class stands."""
    kind = keys._class_of(name)

    assert keys._name_of(kind) == name
