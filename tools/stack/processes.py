"""Processes of a stack: started as a group, recognised later, stopped with all their children."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tools.stack.errors import StackError

HOST = "127.0.0.1"
_STOP_S = 10.0
# Our own children, kept so that they can be collected when they end.
_STARTED: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """`mark` is a word of its command line: a pid alone may by now be a stranger's."""

    pid: int
    port: int
    mark: str

    def is_alive(self) -> bool:
        return self._is_ours(command_line(self.pid))

    def _is_ours(self, line: str | None) -> bool:
        """A process that is only just starting has no command line yet."""
        return line is not None and (not line or self.mark in line)

    def group_lives(self) -> bool:
        """Whether it, or a child that outlived it, still runs."""
        leader = command_line(self.pid)
        if leader is not None and not self._is_ours(leader):
            return False
        return bool(_group_members(self.pid))


def start(
    command: Sequence[str], *, env: Mapping[str, str], log: Path, cwd: Path, port: int, mark: str
) -> Running:
    """In a session of its own: Ctrl-C here does not reach it, and its children end with it."""
    with log.open("ab") as sink:
        process = subprocess.Popen(
            list(command),
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _STARTED[process.pid] = process
    return Running(pid=process.pid, port=port, mark=mark)


def stop(running: Running, *, gently_s: float = 0.0) -> None:
    """Give the leader `gently_s` to save and leave (0: none), then end the whole group."""
    if gently_s and running.is_alive():
        os.kill(running.pid, signal.SIGTERM)
        _wait(lambda: not running.is_alive(), gently_s)
    if running.group_lives():
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
    ended = _wait(lambda: not running.group_lives(), _STOP_S)
    child = _STARTED.pop(running.pid, None)
    if child is not None and ended:
        child.wait(_STOP_S)
    if not ended:
        raise StackError(
            f"Process {running.pid} does not end: stop it by hand with `kill -9 -{running.pid}`."
        )


def _wait(met: Callable[[], bool], seconds: float) -> bool:
    ends = time.monotonic() + seconds
    while not met():
        if time.monotonic() > ends:
            return False
        time.sleep(0.05)
    return True


def command_line(pid: int) -> str | None:
    """None for a process that is gone or a zombie."""
    if not _has_proc():
        listed = _listed("-p", str(pid))
        return next((command for _, stat, command in listed if not stat.startswith("Z")), None)
    folder = Path(f"/proc/{pid}")
    if _stat(folder)[1] in ("Z", "X", ""):
        return None
    try:
        raw = (folder / "cmdline").read_bytes()
    except OSError:
        return None
    return raw.replace(b"\0", b" ").decode(errors="replace").strip()


def _group_members(group: int) -> list[int]:
    """The processes of a group that still run; zombies hold nothing and do not count."""
    if _has_proc():
        stats = (_stat(folder) for folder in Path("/proc").iterdir() if folder.name.isdigit())
        return [pid for pid, state, of in stats if of == group and state not in ("Z", "X", "")]
    return [pid for pid, stat, _ in _listed("-g", str(group)) if not stat.startswith("Z")]


def _has_proc() -> bool:
    return Path("/proc/self/stat").exists()


def _stat(folder: Path) -> tuple[int, str, int]:
    """Pid, state and group from /proc/<pid>/stat; the name in brackets may hold anything."""
    try:
        after_name = (
            (folder / "stat").read_text("utf-8", errors="replace").rpartition(")")[2].split()
        )
    except OSError:
        return int(folder.name), "", 0
    return int(folder.name), after_name[0], int(after_name[2])


def _listed(*which: str) -> list[tuple[int, str, str]]:
    """Pid, state and command where there is no /proc (macOS)."""
    told = subprocess.run(
        ["/bin/ps", "-o", "pid=,stat=,command=", *which],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    rows = (line.split(None, 2) for line in told.splitlines())
    return [(int(row[0]), row[1], row[2] if len(row) > 2 else "") for row in rows if len(row) > 1]


def is_taken(port: int) -> bool:
    """Whether something listens there, or the system keeps us from listening."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return answers(port)


def answers(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((HOST, port)) == 0


def free_port(wanted: int | None = None, *, first: int = 0) -> int:
    """The wanted port or a refusal; else the first free one from `first`; else any."""
    if wanted is not None:
        if not 1024 <= wanted <= 65535:
            raise StackError(f"Port {wanted} cannot be used: choose one from 1024 to 65535.")
        if is_taken(wanted):
            raise StackError(
                f"Port {wanted} is in use by another program: stop it, "
                "or choose another with PORT=<number>."
            )
        return wanted
    for port in range(first, first + 50) if first else ():
        if not is_taken(port):
            return port
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
