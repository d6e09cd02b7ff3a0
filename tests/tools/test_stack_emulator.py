"""The emulated AWS as a process: it keeps what it is told to keep, and leaves nothing behind."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.stack import emulator, processes
from tools.stack.client import aws_client
from tools.stack.errors import StackError
from tools.stack.places import Place
from tools.stack.processes import Running

_SOCKETS = Path("/proc/net/tcp")
_LISTENING = "0A"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(name="dev", base=tmp_path)


def _started(place: Place, port: int) -> Running:
    place.folder.mkdir(exist_ok=True)
    running = emulator.launch(place, port)
    try:
        emulator.wait_until_ready(place, running)
    except StackError:
        processes.stop(running)
        raise
    return running


@pytest.fixture
def running(place: Place) -> Iterator[Running]:
    running = _started(place, processes.free_port())
    yield running
    processes.stop(running)


def test_data_is_kept_over_a_gentle_stop(place: Place, running: Running) -> None:
    key = emulator.ROOT_KEY
    where = {
        "endpoint": emulator.endpoint(running.port),
        "region": emulator.REGION,
        "access_key": key,
        "secret_key": key,
    }
    url = aws_client("sqs", **where).create_queue(QueueName="kept")["QueueUrl"]
    aws_client("sqs", **where).send_message(QueueUrl=url, MessageBody="hello")

    processes.stop(running, gently_s=30)
    assert not processes.answers(running.port)
    again = _started(place, running.port)

    try:
        message = aws_client("sqs", **where).receive_message(QueueUrl=url)["Messages"][0]
        assert message["Body"] == "hello"
    finally:
        processes.stop(again)


@pytest.mark.skipif(not _SOCKETS.exists(), reason="this system does not list its sockets there")
def test_it_listens_on_this_machine_only(running: Running) -> None:
    rows = [row.split() for row in _SOCKETS.read_text().splitlines()[1:]]

    port = f"{running.port:04X}"
    listening = [row[1] for row in rows if row[3] == _LISTENING and row[1].endswith(f":{port}")]

    assert listening == [f"0100007F:{port}"]


def test_an_emulator_that_dies_while_starting_is_told(place: Place, running: Running) -> None:
    second = Place(name="second", base=place.base)
    second.folder.mkdir()
    rival = emulator.launch(second, running.port)
    _wait_for_death(rival)

    assert "stopped (its last line:" in str(emulator.died(second))
    assert "already in use" in second.emulator_log.read_text()
    processes.stop(rival)


def _wait_for_death(rival: Running) -> None:
    ends = time.monotonic() + 20
    while rival.is_alive():
        assert time.monotonic() < ends
        time.sleep(0.05)
