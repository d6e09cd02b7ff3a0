"""An emulated AWS for tests of tools that need real queues: started once a run."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tools.stack import emulator, processes
from tools.stack.client import aws_client
from tools.stack.places import Place


@pytest.fixture(scope="session")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Any]]:
    """Makes a boto3 client of the emulated AWS for a service."""
    place = Place(name="tests", base=tmp_path_factory.mktemp("stack"))
    place.folder.mkdir()
    running = emulator.launch(place, processes.free_port())
    try:
        emulator.wait_until_ready(place, running)
        yield lambda service: aws_client(
            service,
            endpoint=emulator.endpoint(running.port),
            region=emulator.REGION,
            access_key=emulator.ROOT_KEY,
            secret_key=emulator.ROOT_KEY,
        )
    finally:
        processes.stop(running)
