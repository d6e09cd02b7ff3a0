"""The emulated AWS (ministack) as a process: its start, its readiness, and why it died."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import urllib3

from tools.stack.errors import StackError
from tools.stack.places import ROOT, Place
from tools.stack.processes import HOST, Running, start

REGION = "us-east-1"
ACCOUNT = "000000000000"
ROOT_KEY = "test"  # both halves of the emulator's documented root key; it guards nothing
VENV = ROOT / ".venv-stack"
_READY_S = 60.0
# What a child needs of our environment. Nothing of AWS, no proxies and none of our settings: the
# emulator hands its whole environment on to the functions.
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT")


def interpreter(venv: Path = VENV) -> Path:
    """The Python of the emulator's own environment, or a refusal that tells how to make it."""
    python = venv / "bin" / "python"
    if not python.exists():
        raise StackError(
            "The local AWS is not installed (.venv-stack is missing): run `make setup`."
        )
    code = (
        "import sys, importlib.util as u; "
        "print('%d.%d' % sys.version_info[:2], bool(u.find_spec('ministack')))"
    )
    try:
        told = subprocess.run(
            [python, "-c", code], capture_output=True, text=True, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError) as exc:
        raise StackError(
            "The Python in .venv-stack does not run: delete .venv-stack and run `make setup`."
        ) from exc
    version, has_ministack = told.stdout.split()
    ours = "{}.{}".format(*sys.version_info[:2])
    if has_ministack != "True":
        raise StackError(
            "There is no local AWS in .venv-stack: delete .venv-stack and run `make setup`."
        )
    if version != ours:
        raise StackError(
            f".venv-stack runs Python {version} but .venv runs {ours}: delete both and run "
            "`make setup`, because the package holds compiled parts for one version."
        )
    return python


def launch(place: Place, port: int) -> Running:
    """Start it on that port, for this machine only, with IAM on."""
    python = interpreter()
    for folder in (place.temporary, place.kept):
        folder.mkdir(parents=True, exist_ok=True)
    env = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    env |= {
        "AUTH": "true",
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LAMBDA_EXECUTOR": "local",
        "MINISTACK_HOST": HOST,
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "PERSIST_STATE": "1",
        "STATE_DIR": str(place.kept / "aws"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(place.kept / "s3"),
        "TMPDIR": str(place.temporary),
        "NO_PROXY": "*",
        "PYTHONUNBUFFERED": "1",
    }
    command = [str(python), "-m", "ministack"]
    return start(
        command, env=env, log=place.emulator_log, cwd=place.folder, port=port, mark="ministack"
    )


def endpoint(port: int) -> str:
    return f"http://{HOST}:{port}"


def is_ready(port: int) -> bool:
    try:
        answer = urllib3.request(
            "GET", f"{endpoint(port)}/_ministack/ready", timeout=5, retries=False
        )
    except urllib3.exceptions.HTTPError:
        return False
    return answer.status == 200


def wait_until_ready(place: Place, running: Running) -> None:
    ends = time.monotonic() + _READY_S
    while not is_ready(running.port):
        if not running.is_alive():
            raise died(place)
        if time.monotonic() > ends:
            raise StackError(
                f"The local AWS did not answer within {_READY_S:.0f} s: "
                f"look into {shown(place.emulator_log)}."
            )
        time.sleep(0.1)


def died(place: Place) -> StackError:
    return StackError(
        f"The local AWS stopped (its last line: {last_line(place.emulator_log)}): "
        f"read {shown(place.emulator_log)}, then run `make down` and `make up`."
    )


def last_line(log: Path) -> str:
    try:
        lines = [
            line for line in log.read_text("utf-8", errors="replace").splitlines() if line.strip()
        ]
    except OSError:
        return "none"
    return lines[-1].strip()[:300] if lines else "none"


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
