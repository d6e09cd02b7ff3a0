"""Which of a device's scans are here: the numbers that were taken, and the gaps between them.

Pure. A device numbers its scans from 1 without gaps, so a number that is missing is a scan that is
still on the device, or lost. Adding numbers twice or in any order ends in the same state.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.core import runs
from chalicelib.core.runs import Run, Runs
from chalicelib.returns.refused_scans import MALFORMED
from chalicelib.returns.scanning import ScanOutcome

RUNS_MAX = 2_000
"""Kept of one device. A device that leaves out more than that is broken, and its oldest gaps are
not watched any more: `watched_from` says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the outcomes of one device say, in any number; nothing where no number could be read."""

    device_id: str
    numbers: frozenset[int]
    captured_at: datetime | None
    processed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """All that was seen of one device. `captured_at` is by its own clock, which may be wrong."""

    device_id: str
    taken: Runs = ()
    watched_from: int = 1
    captured_at: datetime | None = None
    processed_at: datetime | None = None

    @property
    def highest(self) -> int:
        """0: none yet."""
        return self.taken[-1].last if self.taken else 0

    @property
    def missing(self) -> Runs:
        """The numbers below the highest that are not here."""
        if self.highest < self.watched_from:
            return ()
        all_of_them = Run(self.watched_from, self.highest - self.watched_from + 1)
        return runs.minus([all_of_them], self.taken)

    def holds(self, seen: Seen) -> bool:
        """Whether it says all of this already."""
        return self.after(seen) == self

    def after(self, seen: Seen) -> "Sequence":
        new = runs.of_ordinals(n for n in seen.numbers if n >= self.watched_from)
        taken = runs.merged([*self.taken, *runs.minus(new, self.taken)])
        watched_from = self.watched_from
        if len(taken) > RUNS_MAX:
            taken = taken[-RUNS_MAX:]
            watched_from = taken[0].first
        return replace(
            self,
            taken=taken,
            watched_from=watched_from,
            captured_at=_later(self.captured_at, seen.captured_at),
            processed_at=_later(self.processed_at, seen.processed_at),
        )


def seen_of(outcomes: Iterable[ScanOutcome]) -> list[Seen]:
    """By device. A scan that could not be read counts where its number could: it is here."""
    by_device: dict[str, list[ScanOutcome]] = {}
    for outcome in outcomes:
        by_device.setdefault(outcome.device_id, []).append(outcome)
    return [
        Seen(
            device_id=device_id,
            numbers=frozenset(one.seq for one in own if one.seq >= 1),
            captured_at=max(
                (one.captured_at for one in own if one.state != MALFORMED), default=None
            ),
            processed_at=max(one.processed_at for one in own),
        )
        for device_id, own in sorted(by_device.items())
    ]


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((moment for moment in (one, other) if moment is not None), default=None)
