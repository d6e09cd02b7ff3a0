"""The whole application on a stage in memory."""

import pytest

from app import app
from tests.api.door import Door
from tests.stage import Stage


@pytest.fixture
def door(stage: Stage) -> Door:
    """The application with empty tables. Fit for flows; not for races or limits (moto has none)."""
    assert stage.queue_urls, "the stage is there before anyone asks"
    return Door(app)
