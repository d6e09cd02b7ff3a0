"""How the store in memory answers what is asked about dispositions, write-offs and work orders."""

from abc import ABC, abstractmethod
from datetime import date
from typing import Protocol, TypeVar

from chalicelib.returns.disposing import DisposingReader
from chalicelib.returns.disposition_records import DispositionRecord
from chalicelib.returns.model import Return
from chalicelib.returns.reversing import ReversalReader
from chalicelib.returns.scrap_proposals import ProposalReader, ScrapProposal
from chalicelib.returns.scrapping import WriteOffDay
from chalicelib.store import keys
from chalicelib.store.key import Key
from chalicelib.tasks.model import Task, TaskKind, task_id_for
from chalicelib.workorders.model import WorkOrder
from chalicelib.workorders.taking_back import BackReader

T = TypeVar("T")


class WorkingReader(ReversalReader, DisposingReader, ProposalReader, BackReader, Protocol):
    """What those read who decide what becomes of goods."""


class FakeWorkReads(ABC):
    """A part of FakeReads."""

    __slots__ = ()

    @abstractmethod
    def _one(self, key: Key, kind: type[T]) -> T | None: ...

    @abstractmethod
    def return_(self, return_id: str) -> Return | None: ...

    @abstractmethod
    def task(self, task_id: str) -> Task | None: ...

    def disposition(self, return_id: str, disposition_id: str) -> DispositionRecord | None:
        return self._one(keys.disposition(return_id, disposition_id), DispositionRecord)

    def write_off_day(self, person: str, day: date) -> WriteOffDay:
        stored = self._one(keys.write_off_day(person, day), WriteOffDay)
        return stored or WriteOffDay(person=person, day=day)

    def return_and_write_off_day(
        self, return_id: str, person: str, day: date
    ) -> tuple[Return | None, WriteOffDay]:
        return self._one(keys.return_(return_id), Return), self.write_off_day(person, day)

    def scrap_proposal(
        self, proposal_id: str
    ) -> tuple[ScrapProposal | None, Return | None, Task | None]:
        proposal = self._one(keys.scrap_proposal(proposal_id), ScrapProposal)
        task_id = task_id_for(TaskKind.SCRAP_APPROVAL, f"scrap/{proposal_id}", "proposed")
        ret = self.return_(proposal.return_id) if proposal is not None else None
        return proposal, ret, self.task(task_id)

    def work_order(self, work_order_id: str) -> tuple[WorkOrder | None, Task | None]:
        task_id = task_id_for(TaskKind.WORK_ORDER, f"workorder/{work_order_id}", "sent")
        return self._one(keys.work_order(work_order_id), WorkOrder), self.task(task_id)
