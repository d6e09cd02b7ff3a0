"""What the tests of shipping share."""

import pytest

from tests.builders import Shop
from tests.shipping.counter import Desk


@pytest.fixture
def desk(shop: Shop) -> Desk:
    return Desk(shop)
