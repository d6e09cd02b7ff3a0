"""The sandbox payment provider as a process of its own, reached over HTTP like a real one."""

from __future__ import annotations

import os
import sys
import time

from tools.stack.emulator import last_line, shown
from tools.stack.errors import StackError
from tools.stack.places import ROOT, Place
from tools.stack.processes import HOST, Running, answers, start

_READY_S = 20.0
_MODULE = "tools.sandbox_provider"


def url(port: int) -> str:
    return f"http://{HOST}:{port}"


def launch(place: Place, port: int) -> Running:
    """Its memory is beside the emulator's data: both are kept or both are forgotten."""
    place.kept.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable,
        "-m",
        _MODULE,
        "--port",
        str(port),
        "--state",
        str(place.kept / "provider.sqlite"),
    ]
    return start(
        command, env=dict(os.environ), log=place.provider_log, cwd=ROOT, port=port, mark=_MODULE
    )


def wait_until_ready(place: Place, running: Running) -> None:
    ends = time.monotonic() + _READY_S
    while not answers(running.port):
        if not running.is_alive():
            raise StackError(
                "The sandbox payment provider stopped (its last line: "
                f"{last_line(place.provider_log)}): read {shown(place.provider_log)}."
            )
        if time.monotonic() > ends:
            raise StackError(
                f"The sandbox payment provider did not start: read {shown(place.provider_log)}."
            )
        time.sleep(0.1)
