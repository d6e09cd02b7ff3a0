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
GAP_MAX = 100_000
"""What a device may leave out before it is no gap but a number it made up: far more than one can
scan in the days for which it keeps them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the outcomes of one device say, in any number."""

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
        """What the device goes on from: of the numbers that it counts in. 0: none yet."""
        return self._stretch[-1].last if self._stretch else 0

    @property
    def missing(self) -> Runs:
        """The numbers below the highest that are not here."""
        own = self._stretch
        if not own:
            return ()
        first = own[0].first
        if first - self.watched_from <= GAP_MAX:
            first = min(first, self.watched_from)
        return runs.minus([Run(first, self.highest - first + 1)], own)

    @property
    def apart(self) -> Runs:
        """Numbers that are here, too far from the others for the device to have counted there."""
        return runs.minus(self.taken, self._stretch)

    @property
    def _stretch(self) -> Runs:
        """The numbers that the device counts in: of the stretches between which there is more than
        a gap, the one with the most numbers; of two with as many, the lower one.
        """
        stretches: list[list[Run]] = []
        for run in self.taken:
            if stretches and run.first - stretches[-1][-1].last - 1 <= GAP_MAX:
                stretches[-1].append(run)
            else:
                stretches.append([run])
        return tuple(max(stretches, key=runs.size, default=[]))

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
    """By device. A scan that could not be read counts where its number could: it is here.

    Whoever gives no numbers (events of EPCIS, people who count by hand) has no gaps, and all of
    them together would keep one row busy.
    """
    by_device: dict[str, list[ScanOutcome]] = {}
    for outcome in outcomes:
        if outcome.seq >= 1:
            by_device.setdefault(outcome.device_id, []).append(outcome)
    return [
        Seen(
            device_id=device_id,
            numbers=frozenset(one.seq for one in own),
            captured_at=max(
                (one.captured_at for one in own if one.state != MALFORMED), default=None
            ),
            processed_at=max(one.processed_at for one in own),
        )
        for device_id, own in sorted(by_device.items())
    ]


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((moment for moment in (one, other) if moment is not None), default=None)
