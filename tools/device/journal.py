"""The scans of a device on its own disk: written before anything is sent, and never changed.

Two files of lines of JSON, only ever appended to: what was scanned, and what became of it. What a
power cut left half written at the end of a file was never acknowledged to anybody and is dropped.
When nothing waits and the files are long, they begin anew with the number that the next scan gets.
"""

import fcntl
import json
import os
import weakref
from collections.abc import Iterable
from pathlib import Path
from typing import Any

COMPACTED_FROM = 10_000
_SCANS = "scans.jsonl"
_ANSWERS = "answers.jsonl"
_LOCK = "lock"
Scan = dict[str, Any]
"""As it is sent. Any: JSON."""


class Journal:
    """Of one folder. A second process on the same folder is refused: its numbers would collide."""

    def __init__(self, folder: Path, compacted_from: int = COMPACTED_FROM) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._compacted_from = compacted_from
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(lock)
            raise RuntimeError(f"Another process uses {folder}.") from error
        self._unlock = weakref.finalize(self, os.close, lock)
        self._next = 1
        self._waiting: dict[str, Scan] = {}
        self._refused: dict[str, list[Any]] = {}
        self._lines = 0
        self._read()

    @property
    def next_seq(self) -> int:
        return self._next

    def waiting(self) -> list[Scan]:
        """What nobody has acknowledged yet, in the order in which it was scanned."""
        return list(self._waiting.values())

    def refused(self) -> dict[str, list[Any]]:
        """By id, why a scan was not accepted: somebody has to look at it."""
        return dict(self._refused)

    def add(self, scan: Scan) -> None:
        """On disk when this returns."""
        assert scan["seq"] == self._next, "numbers are taken in their order"
        self._append(_SCANS, [scan])
        self._remember(scan)

    def go_on_from(self, seq: int) -> None:
        """The next scan gets this number, or a higher one where there is one already."""
        self._append(_SCANS, [{"next_seq": seq}])
        self._next = max(self._next, seq)

    def settle(self, answers: Iterable[tuple[str, list[Any] | None]]) -> None:
        """Per id None where it was accepted, else why not."""
        told = [{"scan_id": scan_id, "errors": errors} for scan_id, errors in answers]
        self._append(_ANSWERS, told)
        for answer in told:
            self._settled(answer)
        if not self._waiting and self._lines >= self._compacted_from:
            self._begin_anew()

    def close(self) -> None:
        """Closing it lets another process in."""
        self._unlock()

    def _read(self) -> None:
        for scan in self._read_lines(_SCANS):
            if "scan_id" in scan:
                self._remember(scan)
            else:
                self._next = max(self._next, scan["next_seq"])
        for answer in self._read_lines(_ANSWERS):
            self._settled(answer)

    def _remember(self, scan: Scan) -> None:
        self._next = max(self._next, scan["seq"] + 1)
        self._waiting[scan["scan_id"]] = scan

    def _settled(self, answer: dict[str, Any]) -> None:
        scan_id, errors = answer["scan_id"], answer["errors"]
        self._waiting.pop(scan_id, None)
        if errors is not None:
            self._refused[scan_id] = errors

    def _append(self, name: str, entries: Iterable[dict[str, Any]]) -> None:
        lines = [json.dumps(entry, separators=(",", ":")) + "\n" for entry in entries]
        with (self._folder / name).open("a", encoding="utf-8") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
        self._lines += len(lines)

    def _read_lines(self, name: str) -> list[dict[str, Any]]:
        """Whole lines; the file is cut where the last one is not."""
        path = self._folder / name
        if not path.exists():
            return []
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.truncate(path, whole)
        entries = [json.loads(line) for line in content[:whole].splitlines()]
        self._lines += len(entries)
        return entries

    def _begin_anew(self) -> None:
        """Answers last: what they answer to is gone by then, and answers to nothing do no harm."""
        kept = [{"scan_id": one, "errors": errors} for one, errors in self._refused.items()]
        for name, entries in ((_SCANS, [{"next_seq": self._next}]), (_ANSWERS, kept)):
            fresh = self._folder / f"{name}.new"
            fresh.write_text("".join(json.dumps(entry) + "\n" for entry in entries), "utf-8")
            with fresh.open("rb") as file:
                os.fsync(file.fileno())
            fresh.replace(self._folder / name)
        self._lines = 1 + len(kept)
