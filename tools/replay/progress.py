"""Progress of long work: a live bar on a terminal, a line a tenth elsewhere; on standard error."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class Bar(Protocol):
    def set(self, done: int, total: int | None = None) -> None: ...
    def advance(self) -> None: ...


class Screen:
    """Where a run tells what it does. `say` is for lines that stay."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.console = Console(stderr=True, highlight=False, soft_wrap=True, quiet=quiet)

    def say(self, text: str, style: str | None = None) -> None:
        self.console.print(escape(text), style=style)

    @contextmanager
    def bar(self, text: str, total: int) -> Iterator[Bar]:
        began = time.monotonic()
        if self.console.is_terminal:
            with Progress(
                TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
                TimeRemainingColumn(), console=self.console, transient=True,
            ) as progress:  # fmt: skip
                yield _LiveBar(progress, text, total)
        else:
            self.say(f"{text} ...")
            yield _PlainBar(self, text, total)
        self.console.print(
            f"[green]✓[/green] {escape(text)} [dim]{time.monotonic() - began:.1f} s[/dim]"
        )


class _LiveBar:
    def __init__(self, progress: Progress, text: str, total: int) -> None:
        self._progress = progress
        self._task = progress.add_task(escape(text), total=total)

    def set(self, done: int, total: int | None = None) -> None:
        self._progress.update(self._task, completed=done, total=total)

    def advance(self) -> None:
        self._progress.advance(self._task)


class _PlainBar:
    """At most ten lines a bar, so that a log stays readable."""

    def __init__(self, screen: Screen, text: str, total: int) -> None:
        self._screen = screen
        self._text = text
        self._total = total
        self._done = 0
        self._told = 0
        self._lock = threading.Lock()

    def set(self, done: int, total: int | None = None) -> None:
        with self._lock:
            self._done, self._total = done, total or self._total
            tenth = 10 * self._done // self._total if self._total else 0
            tell, self._told = tenth > self._told, max(tenth, self._told)
        if tell:
            self._screen.say(f"  {self._text}: {self._done}/{self._total}")

    def advance(self) -> None:
        self.set(self._done + 1)


class _NoBar:
    def set(self, done: int, total: int | None = None) -> None: ...

    def advance(self) -> None: ...


NO_BAR = _NoBar()


def die(message: str) -> int:
    """An error as one sentence on standard error; the exit code."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"[red]✗[/red] {escape(message)}")
    sys.stdout.flush()
    return 1
