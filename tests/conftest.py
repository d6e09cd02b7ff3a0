"""What every ring of tests may ask for."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.builders import NOW, Shop
from tests.fakes import FakeProvider, FakeStore
from tests.stage import Stage, stage_in_memory

# How long an example takes is no matter of these tests: on a busy machine any may be slow.
settings.register_profile(
    "patient",
    parent=settings.get_profile(settings.get_current_profile_name()),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("patient")


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """Tables, bucket and queues of one stage on moto, and wiring that uses them."""
    with stage_in_memory(monkeypatch) as made:
        yield made


@pytest.fixture
def provider() -> FakeProvider:
    """Pays everything, unless its script says otherwise."""
    return FakeProvider()


@pytest.fixture
def shop(provider: FakeProvider) -> Shop:
    """A shop on a store in memory, with an empty shelf."""
    return Shop(FakeStore(clock=lambda: NOW), providers={provider.name: provider})
