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

_LINE_EVERY_S = 2.0


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
    def bar(self, text: str, total: int, *, is_told: bool = False) -> Iterator[Bar]:
        """`is_told`: the work itself says lines that stay, so only a terminal shows a bar."""
        began = time.monotonic()
        if self.console.is_terminal:
            with Progress(
                TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
                TimeRemainingColumn(), console=self.console, transient=True,
            ) as progress:  # fmt: skip
                yield _LiveBar(progress, text, total)
        else:
            self.say(f"{text} ...")
            yield NO_BAR if is_told else _PlainBar(self, text, total)
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
    """Tells of long work only, in at most ten lines a bar, so that a log stays readable."""

    def __init__(self, screen: Screen, text: str, total: int) -> None:
        self._screen = screen
        self._text = text
        self._total = total
        self._done = 0
        self._told = 0
        self._told_at = time.monotonic()
        self._lock = threading.Lock()

    def set(self, done: int, total: int | None = None) -> None:
        with self._lock:
            self._done, self._total = done, total or self._total
            tell = self._is_worth_a_line()
        if tell:
            self._screen.say(f"  {self._text}: {self._done}/{self._total}")

    def advance(self) -> None:
        self.set(self._done + 1)

    def _is_worth_a_line(self) -> bool:
        """A tenth more than the last line told, some time after it, and not the end."""
        tenth = 10 * self._done // self._total if self._total else 0
        now = time.monotonic()
        if not self._told < tenth < 10 or now - self._told_at < _LINE_EVERY_S:
            return False
        self._told, self._told_at = tenth, now
        return True


class _NoBar:
    def set(self, done: int, total: int | None = None) -> None: ...

    def advance(self) -> None: ...


NO_BAR = _NoBar()


def die(message: str) -> int:
    """An error as one sentence on standard error; the exit code."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"[red]✗[/red] {escape(message)}")
    sys.stdout.flush()
    return 1
