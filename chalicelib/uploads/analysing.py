"""A machine that looks at a clean photo and proposes defects: a port, and off by default.

A proposal is shown beside the photo, marked as the machine's. Nothing follows from it by itself:
the inspector says what is broken.
"""

from dataclasses import dataclass
from typing import Protocol

PROPOSALS_MAX = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Where in the picture, in thousandths of its width and height, from its upper left corner."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedDefect:
    """`confidence` in percent, as the machine says. `box` None: somewhere in the picture."""

    code: str
    confidence: int
    box: Box | None = None
    proposed_by: str = "machine"


class ImageAnalyst(Protocol):
    """Looks at one picture. It never fails: what it cannot tell, it does not propose."""

    def propose(self, jpeg: bytes) -> tuple[ProposedDefect, ...]: ...
