"""A stock in memory."""

import pytest

from tests.builders import NOW
from tests.fakes import FakeStore
from tests.inventory.stock import Stock


@pytest.fixture
def stock() -> Stock:
    return Stock(FakeStore(clock=lambda: NOW))
