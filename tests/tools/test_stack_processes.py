"""Processes of a stack end with all their children, and a stranger's process is never touched."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.stack import processes
from tools.stack.errors import StackError
from tools.stack.processes import HOST, Running

# A leader that starts a child of its own, writes the child's pid, and waits.
_PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def family(tmp_path: Path) -> Iterator[tuple[Running, int]]:
    """A started process with a child; both are gone at the end whatever the test does."""
    log = tmp_path / "log"
    running = processes.start(
        [sys.executable, "-c", _PARENT, "tuiku-test-mark"],
        env=dict(os.environ),
        log=log,
        cwd=tmp_path,
        port=0,
        mark="tuiku-test-mark",
    )
    child = int(_first_line(log))
    yield running, child
    processes.stop(running)


def _first_line(log: Path) -> str:
    ends = time.monotonic() + 10
    while not (text := log.read_text()):
        assert time.monotonic() < ends, "the process wrote nothing"
        time.sleep(0.01)
    return text.splitlines()[0]


def test_stopping_ends_the_children_too(family: tuple[Running, int]) -> None:
    running, child = family
    assert running.is_alive()

    processes.stop(running)

    assert not running.group_lives()
    assert processes.command_line(child) is None


def test_children_are_ended_after_the_leader_died(family: tuple[Running, int]) -> None:
    running, child = family
    os.kill(running.pid, signal.SIGKILL)
    _wait_until_dead(running)
    assert processes.command_line(child) is not None

    processes.stop(running)

    assert processes.command_line(child) is None


def _wait_until_dead(running: Running) -> None:
    ends = time.monotonic() + 10
    while running.is_alive():
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_a_pid_that_now_belongs_to_a_stranger_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True
    ) as stranger:
        remembered = Running(pid=stranger.pid, port=0, mark="tuiku-test-mark")

        processes.stop(remembered)

        assert not remembered.is_alive()
        assert stranger.poll() is None
        stranger.communicate(b"\n")


def test_stopping_twice_is_harmless(family: tuple[Running, int]) -> None:
    running, _ = family

    processes.stop(running)
    processes.stop(running)

    assert not running.group_lives()


def test_a_taken_port_is_refused_with_what_to_do() -> None:
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]

        with pytest.raises(StackError, match=f"Port {port} is in use .* PORT=<number>"):
            processes.free_port(port)


def test_a_taken_port_is_passed_over_when_none_was_asked_for() -> None:
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]

        assert processes.free_port(first=port) != port


@pytest.mark.parametrize("port", [0, 80, 65_536])
def test_a_port_that_cannot_be_used_is_refused(port: int) -> None:
    with pytest.raises(StackError, match="1024 to 65535"):
        processes.free_port(port)
