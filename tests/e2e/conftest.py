"""The deployed application: a local stack of the run's own, taken down when the run ends.

TUIKU_E2E_STACK=<name> uses a stack that is already up instead, and leaves it up.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.merchant import Merchant
from tools.stack import bringup
from tools.stack.client import Stack
from tools.stack.places import Place, all_places
from tools.stack.processes import command_line
from tools.stack.show import Show

_HERE = Path(__file__).parent
_LAST = "test_books_at_the_end"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All need the stack; the books are looked at when the others are through with it."""
    own = [item for item in items if item.path.is_relative_to(_HERE)]
    for item in own:
        item.add_marker(pytest.mark.e2e)
    places = [number for number, item in enumerate(items) if item.path.is_relative_to(_HERE)]
    in_order = sorted(own, key=lambda item: item.path.stem == _LAST)
    for number, item in zip(places, in_order, strict=True):
        items[number] = item


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    present = os.environ.get("TUIKU_E2E_STACK")
    if present:
        yield Stack.load(present)
        return
    show = Show(to_stderr=True)
    _remove_orphans(show)
    place = Place(name=f"e2e-{os.getpid()}")
    try:
        bringup.up(place, show)
        yield Stack.load(place.name)
    finally:
        bringup.down(place, show)


@pytest.fixture(scope="session")
def merchant(stack: Stack) -> Merchant:
    """A merchant of this run on the stack, with nothing sold yet."""
    return Merchant.of(stack)


def _remove_orphans(show: Show) -> None:
    """Stacks of runs that were killed before they could take them down."""
    for place in all_places():
        pid = place.name.removeprefix("e2e-")
        if pid.isdigit() and command_line(int(pid)) is None:
            bringup.down(place, show)
