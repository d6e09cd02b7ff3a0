"""One thing that somebody does, said so plainly that it can be printed and done again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
AS_CREDIT, TO_REPAIR = "as credit", "to repair"
"""What a wish may name in place of goods that are wanted."""


@dataclass(frozen=True, slots=True)
class Step:
    """`target` is the id of the step that made what this one is about.

    `who` does it. `version`: which version they looked at: "any" (said none), "now", or "stale".
    `again`: sent twice at once, under the same "key" of the caller or the same "command" id.
    """

    id: str
    command: str
    target: str = ""
    given: dict[str, Any] = field(default_factory=dict)  # Any: the arguments of the command
    who: str = "ann"
    version: str = "any"
    again: str = ""

    def __repr__(self) -> str:
        """As a test would write it."""
        parts = [repr(self.id), repr(self.command), repr(self.target)]
        parts += [f"given={self.given!r}"] if self.given else []
        parts += [f"who={self.who!r}"] if self.who != "ann" else []
        parts += [f"version={self.version!r}"] if self.version != "any" else []
        parts += [f"again={self.again!r}"] if self.again else []
        return f"Step({', '.join(parts)})"


class Choices(Protocol):
    """Where chance comes from: a seeded generator, or Hypothesis, which makes it smaller."""

    def upto(self, highest: int) -> int:
        """A number from 0 to `highest`."""


class Seeded:
    """Chance by a seed that can be told."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def upto(self, highest: int) -> int:
        return int(self._random.random() * (highest + 1))


def pick(choices: Choices, options: Sequence[T]) -> T:
    return options[choices.upto(len(options) - 1)]


def is_lucky(choices: Choices, percent: int) -> bool:
    """True so often; False is the plainer case, to which shrinking leads."""
    return choices.upto(99) >= 100 - percent
