"""Trying a version of a policy on past returns: the job behind a simulation.

First what fits is counted, so that progress has an end and a sample is exact; then each return is
replayed. Returns are found by the lists and read from the truth, page by page: memory does not grow
with their number. What was counted and how far it is stand in one checkpoint, so a worker that goes
on after another one's death counts nothing twice.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chalicelib.core.clock import from_rfc3339, rfc3339
from chalicelib.core.events import Json
from chalicelib.jobs.running import Failed, Outcome, Run, Succeeded, Unfinished
from chalicelib.policy.evaluation import CompiledPolicy
from chalicelib.policy.simulating import tried, unknown_facts
from chalicelib.policy.simulation_asked import known_version, prefix_of
from chalicelib.policy.simulation_figures import Tally
from chalicelib.policy.simulation_lists import CSV, JSON_LINES, Differences, ReportFiles, part_key
from chalicelib.policy.simulation_past import past_of
from chalicelib.policy.simulation_sample import Sampling
from chalicelib.policy.versions import PolicyReader
from chalicelib.returns.model import Return

KEEP_EVERY_S = 10.0
"""How much is done again at most after a worker died."""
AT_ONCE = 100
"""How many returns are held in memory."""
UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Some past returns, and where to go on; None at the end."""

    return_ids: tuple[str, ...]
    cursor: str | None


class PastReturns(Protocol):
    """All returns that were submitted, by the time of their request."""

    def listed(
        self, *, since: datetime | None, until: datetime, region: str | None, cursor: str | None
    ) -> Listed:
        """Those that were asked for in [since, until), the oldest first; drafts are none."""
        ...

    def read(self, return_ids: Sequence[str]) -> list[Return | None]:
        """The returns as they stand now; None where one cannot be read."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """Handler of simulation jobs."""

    reads: Callable[[], PolicyReader]
    past: PastReturns
    files: ReportFiles
    keep_every_s: float = KEEP_EVERY_S

    def __call__(self, run: Run) -> Outcome:
        version_id = str(run.job.parameters["version_id"])
        known = known_version(self.reads(), version_id)
        if known.digest != run.job.parameters["digest"]:
            message = f"Version {version_id} was changed since the simulation was asked for."
            return Failed(code="policy_changed", message=message, result={})
        work = _Work(run, CompiledPolicy(known.document), self)
        if not (work.count() and work.replay()):
            return Unfinished()
        return Succeeded(result=work.report())


class _Work:
    """One walk through the past, from where an earlier one noted that it was."""

    def __init__(self, run: Run, policy: CompiledPolicy, simulation: Simulation) -> None:
        self.run, self.policy = run, policy
        self.past, self.keep_every_s = simulation.past, simulation.keep_every_s
        self.files = simulation.files
        told = run.job.checkpoint
        self.sampling = Sampling.of(told.get("sampling"), run.job.parameters)
        self.is_counted = bool(told.get("is_counted"))
        self.is_over = bool(told.get("is_over"))
        self.found = _int(told.get("found"))
        self.total = _int(told.get("total"))
        self.done = _int(told.get("done"))
        self.cursor = _text(told.get("cursor"))
        self.tally = Tally.of(told.get("tally"))
        self.differences = Differences(
            files=self.files, prefix=prefix_of(run.job), part=_int(told.get("part")) or 1
        )
        self._kept: dict[str, Json] = dict(told)
        self._kept_at = run.monotonic()

    def count(self) -> bool:
        """How many returns there are, and which of them a sample takes; False: time is up."""
        while not self.is_counted:
            page = self._page()
            for return_id in page.return_ids:
                self.sampling.see(return_id)
            self.found += len(page.return_ids)
            self.cursor = page.cursor
            if page.cursor is None:
                self.sampling.choose()
                self.total = self.sampling.chosen(self.found)
                self.is_counted = True
                self._keep()
            elif not self._goes_on():
                return False
        return True

    def replay(self) -> bool:
        """Every return that was chosen, once; False: time is up."""
        while not self.is_over:
            page = self._page()
            wanted = [one for one in page.return_ids if self.sampling.takes(one)]
            for first in range(0, len(wanted), AT_ONCE):
                for ret in self.past.read(wanted[first : first + AT_ONCE]):
                    self._take(ret)
            self.cursor, self.is_over = page.cursor, page.cursor is None
            if self.is_over:
                self._keep()
            elif not self._goes_on():
                return False
        return True

    def report(self) -> dict[str, Json]:
        """What came of it; the whole report goes to a file."""
        head: dict[str, Json] = {
            **self.run.job.parameters,
            "found": self.found,
            "simulated": self.done,
            "parts": self.differences.parts,
        }
        prefix = prefix_of(self.run.job)
        key = f"{prefix}-report.json"
        whole = {
            "job_id": self.run.job.job_id,
            "asked_at": rfc3339(self.run.job.created_at),
            "ended_at": rfc3339(self.run.clock()),
            **head,
            **self.tally.as_json(),
        }
        content = json.dumps(whole, ensure_ascii=False, indent=1).encode()
        self.files.write(key, content, content_type="application/json")
        links: dict[str, Json] = {"report_key": key}
        if self.differences.parts:
            links["csv_key"] = part_key(prefix, 1, CSV)
            links["jsonl_key"] = part_key(prefix, 1, JSON_LINES)
        return {**head, **self.tally.summary(), **links}

    def _page(self) -> Listed:
        since, until = self.run.job.parameters["from"], self.run.job.parameters["to"]
        return self.past.listed(
            since=None if since is None else from_rfc3339(str(since)),
            until=from_rfc3339(str(until)),
            region=_text(self.run.job.parameters["region"]),
            cursor=self.cursor,
        )

    def _take(self, ret: Return | None) -> None:
        self.done += 1
        past = UNREADABLE if ret is None else past_of(ret)
        if isinstance(past, str):
            self.tally.leave_out(past)
            return
        compared = tried(self.policy, past)
        unknown = unknown_facts(self.policy, past.decision)
        self.tally.take(compared, unknown)
        if compared.is_different:
            self.differences.add(compared, sorted(unknown))

    def _goes_on(self) -> bool:
        """Note how far it is, now and then; False where the worker's time is up."""
        is_due = self.run.monotonic() - self._kept_at >= self.keep_every_s
        if self.run.time_is_up or is_due or self.differences.is_full:
            self._keep()
        else:
            self.run.progress(self._shown, max(self.total, self.done), lambda: self._kept)
        return not self.run.time_is_up

    @property
    def _shown(self) -> int:
        return self.done if self.is_counted else self.found

    def _keep(self) -> None:
        """First the part, then the note that it is written: in this order nothing is lost."""
        self.differences.close()
        self._kept = {
            "sampling": self.sampling.kept(),
            "is_counted": self.is_counted,
            "is_over": self.is_over,
            "found": self.found,
            "total": self.total,
            "done": self.done,
            "cursor": self.cursor,
            "part": self.differences.part,
            "tally": self.tally.kept() if self.done else None,
        }
        self.run.save(self._shown, max(self.total, self.done), self._kept)
        self._kept_at = self.run.monotonic()


def _int(told: Json) -> int:
    return told if isinstance(told, int) else 0


def _text(told: Json) -> str | None:
    return told if isinstance(told, str) else None
