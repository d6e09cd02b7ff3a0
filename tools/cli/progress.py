"""Progress of long work, to standard error: a live bar on a terminal, a plain line now and then
elsewhere, nothing where JSON is printed."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

_PLAIN_EVERY_S = 10.0


@dataclass(slots=True)
class Step:
    """One piece of work. `total` may be unknown, or a guess that is passed."""

    text: str
    tell: Callable[["Step"], None]
    total: int | None = None
    done: int = 0
    began: float = field(default_factory=time.monotonic)

    def advance(self, number: int = 1) -> None:
        self.set(self.done + number, self.total)

    def set(self, done: int, total: int | None = None) -> None:
        self.done, self.total = done, total or self.total
        self.tell(self)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    @property
    def rate(self) -> float:
        """How many a second so far."""
        return self.done / max(self.seconds, 0.001)


class Screen:
    """Where commands tell how far they are."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.console = Console(stderr=True, highlight=False, soft_wrap=True, quiet=quiet)

    def say(self, text: str) -> None:
        self.console.print(escape(text))

    @contextmanager
    def step(self, text: str, total: int | None = None) -> Iterator[Step]:
        """Work that goes on while the context lasts; told as done only where it did not fail."""
        if self.console.is_terminal:
            with self._live(text, total) as step:
                yield step
        else:
            self.say(f"{text} ...")
            step = Step(text, self._plainly(), total)
            yield step
        counted = f"{step.done:,}, {step.rate:,.0f}/s, " if step.done else ""
        self.console.print(
            f"[green]✓[/green] {escape(text)} [dim]{counted}{step.seconds:.1f} s[/dim]"
        )

    @contextmanager
    def _live(self, text: str, total: int | None) -> Iterator[Step]:
        columns = (
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
            TimeElapsedColumn(),
        )  # fmt: skip
        with Progress(*columns, console=self.console, transient=True) as progress:
            task = progress.add_task(escape(text), total=total)

            def tell(step: Step) -> None:
                passed = step.total is not None and step.done > step.total
                progress.update(task, completed=step.done, total=None if passed else step.total)

            yield Step(text, tell, total)

    def _plainly(self) -> Callable[[Step], None]:
        told_at = time.monotonic()

        def tell(step: Step) -> None:
            nonlocal told_at
            if time.monotonic() - told_at >= _PLAIN_EVERY_S:
                told_at = time.monotonic()
                of = f" of about {step.total:,}" if step.total else ""
                counted = f"{step.done:,}{of}, {step.rate:,.0f}/s, " if step.done else ""
                self.say(f"  {step.text}: {counted}{step.seconds:.0f} s")

        return tell
