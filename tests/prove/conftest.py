"""The ground for trials at small scale: one bench a run, and the stack of the end-to-end tests."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from prove.bench import bench
from prove.promises import Ground
from tests.e2e.conftest import stack
from tools.stack.client import Stack

__all__ = ["stack"]


@pytest.fixture(scope="session")
def ground(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Ground]:
    def running(_: ExitStack) -> Stack:
        found: Stack = request.getfixturevalue("stack")
        return found

    with ExitStack() as closing:
        folder = tmp_path_factory.mktemp("prove")
        yield Ground(
            closing,
            bench_of=lambda stack: stack.enter_context(bench(folder)),
            stack_of=running,
        )
