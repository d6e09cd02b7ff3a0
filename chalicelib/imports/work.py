"""What all imports share: the job they run in, the file, the tally, and how each is noted."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from chalicelib.core.commands import Decided
from chalicelib.core.events import Actor, Context, Event, Json
from chalicelib.core.ids import derived_id
from chalicelib.exchanges.ports import PromiseReader
from chalicelib.imports.forecast import ForecastReader
from chalicelib.imports.sheet import RowError, Sheet
from chalicelib.imports.tally import Tally
from chalicelib.inventory.counting import BalanceReader
from chalicelib.jobs.model import Job
from chalicelib.jobs.running import Run
from chalicelib.returns.ports import ReturnReader

T = TypeVar("T")


class ImportReader(ForecastReader, BalanceReader, ReturnReader, PromiseReader, Protocol):
    """Reads what imports decide on, consistently."""

    def events(self, subject: str, *, after: int = 0, limit: int | None = None) -> list[Event]: ...


class ImportRunner(Protocol):
    """Runs one decision as one transaction; reads for what is only asked."""

    def run(self, decide: Callable[[ImportReader], Decided[T]], *, context: Context) -> T: ...

    def reads(self) -> ImportReader: ...


@dataclass(slots=True)
class Work(ABC):
    """What all kinds of import share."""

    commands: ImportRunner
    run: Run
    sheet: Sheet
    digest: str
    tally: Tally = field(default_factory=Tally)

    @property
    def job(self) -> Job:
        return self.run.job

    @property
    def is_dry(self) -> bool:
        return self.job.parameters.get("dry_run") is True

    @property
    def is_strict(self) -> bool:
        """All or nothing. A dry run only says what would be."""
        return self.job.parameters.get("mode") == "all_or_nothing" and not self.is_dry

    def restore(self) -> None:
        """Go on from the checkpoint."""
        self.tally = Tally.of(self.job.checkpoint)

    @abstractmethod
    def check(self) -> None:
        """Find every fault without writing anything."""

    @abstractmethod
    def write(self) -> bool:
        """Do the work; False where time ran out before the end."""

    @abstractmethod
    def faults(self) -> list[RowError]:
        """Every fault found so far, in order of rows."""

    @abstractmethod
    def rejected(self) -> dict[int, list[RowError]]:
        """The rows that are left out, with why."""

    def save(self) -> None:
        self.run.save(self.tally.done, len(self.sheet.rows), self._checkpoint())

    def progress(self) -> None:
        self.run.progress(self.tally.done, len(self.sheet.rows), self._checkpoint)

    def held(self) -> None:
        """Hold the job during a check, whose state is not worth keeping."""
        self.run.progress(
            self.tally.done if self.is_dry else 0,
            len(self.sheet.rows),
            lambda: {"file": self.digest},
        )

    def context(self, occasion: str) -> Context:
        """A command of this job, in the name of who asked for it; the same for the same row key."""
        return Context(
            actor=Actor(id=self.job.created_by, role=self.job.created_role),
            now=self.run.clock(),
            command_id=derived_id("cmd", self.job.job_id, occasion),
            correlation_id=self.job.correlation_id,
        )

    def _checkpoint(self) -> dict[str, Json]:
        return {**self.tally.as_json(), "file": self.digest, "checked": True}
