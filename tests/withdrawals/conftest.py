"""A shop that takes withdrawals."""

import pytest

from tests.builders import Shop
from tests.withdrawals.buyers import Counter


@pytest.fixture
def counter(shop: Shop) -> Counter:
    return Counter(shop)
