"""The sandbox payment provider as a process of its own, and the secret it signs what it tells with.

It is reached over HTTP like a real one, and tells the API of changes as one does, where a payment's
reference asks for that (tools/sandbox/behaviours.py): nothing else is told, so that nobody waits.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import time
from typing import Any

import urllib3

from tools.stack.emulator import last_line, shown
from tools.stack.errors import StackError
from tools.stack.places import ROOT, Place
from tools.stack.processes import HOST, Running, answers, start

NAME = "sandbox"
_READY_S = 20.0
_TIMEOUT_S = 10.0
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


def secret(ssm: Any, stage: str) -> str:
    """What it signs with, made up at the first deployment. Safe to repeat."""
    name = f"/tuiku-{stage}-payments/{NAME}-webhook"
    try:
        known = ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
    except ssm.exceptions.ParameterNotFound:
        known = secrets.token_hex(32)
        ssm.put_parameter(Name=name, Value=known, Type="SecureString")
    return str(known)


def tell(provider_url: str, api_url: str, signing: str) -> None:
    """From now on it tells this API. Safe to repeat."""
    body = {
        "url": f"{api_url}/v1/payment-events/{NAME}",
        "secret": signing,
        "telling": "untold",
    }
    try:
        answer = urllib3.request(
            "POST",
            f"{provider_url}/_sandbox/listener",
            body=json.dumps(body).encode(),
            timeout=_TIMEOUT_S,
            retries=False,
        )
    except urllib3.exceptions.HTTPError as exc:
        raise StackError(f"The sandbox payment provider does not answer: {exc}") from exc
    if answer.status != 200:
        raise StackError(f"The sandbox payment provider does not listen: {answer.status}.")
