"""The carrier of a local stack: it starts, it is remembered, and it has one secret for good."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chalicelib.gateways.carrier_secrets import CarrierSecrets
from chalicelib.settings import Settings
from tools.stack import carrier, processes
from tools.stack.places import Place
from tools.stack.processes import Running
from tools.stack.roster import Processes, processes_of, remember

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


def test_its_secret_is_made_up_once_and_found_where_the_functions_look(
    emulated: Callable[[str], Any],
) -> None:
    ssm = emulated("ssm")

    made = carrier.secret(ssm, "trial")

    assert re.fullmatch("[0-9a-f]{64}", made)
    assert carrier.secret(ssm, "trial") == made
    path = Settings(lambda: {"STAGE": "trial"}).carrier_secrets_path
    secrets = CarrierSecrets(ssm, path=path, carriers=[carrier.NAME], monotonic=lambda: 0.0)
    known = secrets.known()
    assert known == {carrier.NAME: (made.encode(),)}


def test_it_runs_until_it_is_stopped(tmp_path: Path) -> None:
    place = Place(name="trial", base=tmp_path)
    place.folder.mkdir()

    running = carrier.launch(place, processes.free_port())
    try:
        carrier.wait_until_ready(place, running)
        assert running.is_alive()
    finally:
        processes.stop(running)

    assert not running.is_alive()


def test_a_stack_of_an_earlier_version_has_no_carrier_yet(tmp_path: Path) -> None:
    place = Place(name="trial", base=tmp_path)
    place.folder.mkdir()
    gone = Running(pid=2**22 - 1, port=1, mark="tuiku-test-mark")
    remember(place, Processes(emulator=gone, provider=gone))

    assert processes_of(place) == Processes(emulator=gone, provider=gone, carrier=None)
