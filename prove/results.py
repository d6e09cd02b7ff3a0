"""What trying a promise brings: a figure beside its goal, and how it was come by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

SMALL, FULL = "small", "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How large a trial is, and the seed of whatever is chosen by chance on our side."""

    scale: str = FULL
    seed: int = 1

    def size(self, *, small: int, full: int) -> int:
        return full if self.scale == FULL else small


@dataclass(slots=True)
class Trial:
    """Collects what was counted. Each check is a sentence with the figure that decides it."""

    figures: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def figure(self, text: str) -> None:
        """A number worth telling, whatever it is."""
        self.figures.append(text)

    def check(self, holds: bool, text: str) -> None:
        """`text` is the figure; where it does not hold, the promise is broken."""
        self.figures.append(text)
        if not holds:
            self.faults.append(text)

    @property
    def is_kept(self) -> bool:
        return bool(self.figures) and not self.faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One promise and the function that tries it."""

    number: int
    claim: str
    goal: str
    how: str
    attempt: Callable[[Asked, Trial], None]
