"""The whole application on a stage in memory."""

import boto3
import pytest

from app import app
from chalicelib.api import meta
from tests.api.door import Door
from tests.stage import Stage


@pytest.fixture
def door(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Door:
    """The application with empty tables. Fit for flows; not for races or limits (moto has none)."""
    assert stage.queue_urls, "the stage is there before anyone asks"
    secret = boto3.client("secretsmanager").create_secret(Name="cursors", SecretString="s" * 64)
    monkeypatch.setenv("CURSOR_KEY", secret["ARN"])
    devices = boto3.client("secretsmanager").create_secret(Name="devices", SecretString="d" * 64)
    monkeypatch.setenv("DEVICE_KEY", devices["ARN"])
    meta.checkup.cache_clear()
    return Door(app)
