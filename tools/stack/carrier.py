"""The sandbox carrier as a process of its own, and the secret it signs its messages with."""

from __future__ import annotations

import os
import secrets
import sys
import time
from typing import Any

from tools.stack.emulator import last_line, shown
from tools.stack.errors import StackError
from tools.stack.places import ROOT, Place
from tools.stack.processes import HOST, Running, answers, start

NAME = "sandbox"
_READY_S = 20.0
_MODULE = "tools.sandbox_carrier"


def url(port: int) -> str:
    return f"http://{HOST}:{port}"


def launch(place: Place, port: int) -> Running:
    """It remembers nothing when it ends: the same parcel gets the same number again."""
    command = [sys.executable, "-m", _MODULE, "--port", str(port)]
    return start(
        command, env=dict(os.environ), log=place.carrier_log, cwd=ROOT, port=port, mark=_MODULE
    )


def wait_until_ready(place: Place, running: Running) -> None:
    ends = time.monotonic() + _READY_S
    while not answers(running.port):
        if not running.is_alive():
            raise StackError(
                "The sandbox carrier stopped (its last line: "
                f"{last_line(place.carrier_log)}): read {shown(place.carrier_log)}."
            )
        if time.monotonic() > ends:
            raise StackError(f"The sandbox carrier did not start: read {shown(place.carrier_log)}.")
        time.sleep(0.1)


def secret(ssm: Any, stage: str) -> str:
    """What it signs with, made up at the first deployment. Safe to repeat."""
    name = f"/tuiku-{stage}-carriers/{NAME}"
    try:
        known = ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
    except ssm.exceptions.ParameterNotFound:
        known = secrets.token_hex(32)
        ssm.put_parameter(Name=name, Value=known, Type="SecureString")
    return str(known)
