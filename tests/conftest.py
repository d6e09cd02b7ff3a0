"""What every ring of tests may ask for."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

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

_ONE_STACK = ("tests/e2e/", "tests/prove/")


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # xdist tells no types of its schedulers
    """Tests of a file stay in one process, and all those that share the local stack do.

    Marks of groups would say the same, but pytest keeps the names by which pytest-xdist 3.8 knows
    groups out of its sight, so that every process brought a stack of its own up.
    """

    def _split_scope(self, nodeid: str) -> str:
        return _ONE_STACK[0] if nodeid.startswith(_ONE_STACK) else nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    return ByFile(config, log)


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
