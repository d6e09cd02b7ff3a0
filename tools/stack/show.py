"""What a person sees while the stack works: live lines on a terminal, plain ones elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.markup import escape
from rich.status import Status

from tools.stack.errors import StackError


class Show:
    """Progress goes to standard error when standard output carries JSON."""

    def __init__(self, *, to_stderr: bool = False) -> None:
        self.console = Console(stderr=to_stderr, highlight=False, soft_wrap=True)
        self._live: Status | None = None
        self._text = ""

    def say(self, text: str) -> None:
        self.console.print(escape(text))

    def detail(self, text: str) -> None:
        """What the step is at: shown beside it on a terminal, nowhere else."""
        if self._live is not None:
            shown = " ".join(text.split())
            self._live.update(f"{escape(self._text)} ... [dim]{escape(shown)}[/dim]")

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """`text ...` while it lasts, `✓ text 3.2 s` when done; the caller tells of failures."""
        began = time.monotonic()
        self._text = text
        if self.console.is_terminal:
            with self.console.status(f"{escape(text)} ...") as self._live:
                yield
        else:
            self.console.print(f"{escape(text)} ...")
            yield
        self._live = None
        took = time.monotonic() - began
        self.console.print(f"[green]✓[/green] {escape(text)} [dim]{took:.1f} s[/dim]")


def run(app: Callable[[], object]) -> None:
    """Run a command line; what goes wrong is one sentence and exit code 1, not a traceback."""
    try:
        app()
    except StackError as exc:
        fail(str(exc))
    except (BotoCoreError, ClientError) as exc:
        fail(f"AWS did not do what was asked ({exc}): `make status` tells whether the stack is up.")
    except KeyboardInterrupt:
        fail("Interrupted.")
    else:
        return
    raise SystemExit(1)


def fail(message: str) -> None:
    """An error as one sentence, to standard error."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"[red]✗[/red] {escape(message)}")
    sys.stdout.flush()
