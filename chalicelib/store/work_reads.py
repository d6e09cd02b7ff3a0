"""Reads about what becomes of goods: dispositions, write-offs and work orders.

A part of `Reads`, which knows how items are fetched.
"""

from abc import ABC, abstractmethod
from datetime import date
from typing import TypeVar

from chalicelib.returns.disposition_records import DispositionRecord
from chalicelib.returns.model import Return
from chalicelib.returns.scrap_proposals import ScrapProposal
from chalicelib.returns.scrapping import WriteOffDay
from chalicelib.store import keys
from chalicelib.store.codec import body_of, decode
from chalicelib.store.key import Key
from chalicelib.store.table import Item
from chalicelib.tasks.model import Task, TaskKind, task_id_for
from chalicelib.workorders.model import WorkOrder

T = TypeVar("T")


class WorkReads(ABC):
    @abstractmethod
    def _items(self, *wanted: Key) -> list[Item | None]: ...

    @abstractmethod
    def return_(self, return_id: str) -> Return | None: ...

    def disposition(self, return_id: str, disposition_id: str) -> DispositionRecord | None:
        (item,) = self._items(keys.disposition(return_id, disposition_id))
        return _read(item, DispositionRecord)

    def write_off_day(self, person: str, day: date) -> WriteOffDay:
        (item,) = self._items(keys.write_off_day(person, day))
        return _read(item, WriteOffDay) or WriteOffDay(person=person, day=day)

    def return_and_write_off_day(
        self, return_id: str, person: str, day: date
    ) -> tuple[Return | None, WriteOffDay]:
        """In one read."""
        ret, stored = self._items(keys.return_(return_id), keys.write_off_day(person, day))
        known = _read(stored, WriteOffDay) or WriteOffDay(person=person, day=day)
        return _read(ret, Return), known

    def scrap_proposal(
        self, proposal_id: str
    ) -> tuple[ScrapProposal | None, Return | None, Task | None]:
        """A proposal, its return and its task; who writes them finds out if they changed since."""
        task_id = task_id_for(TaskKind.SCRAP_APPROVAL, f"scrap/{proposal_id}", "proposed")
        found, task = self._items(keys.scrap_proposal(proposal_id), keys.task(task_id))
        proposal = _read(found, ScrapProposal)
        ret = self.return_(proposal.return_id) if proposal is not None else None
        return proposal, ret, _read(task, Task)

    def work_order(self, work_order_id: str) -> tuple[WorkOrder | None, Task | None]:
        """A work order, and the task that is due when it should be back."""
        task_id = task_id_for(TaskKind.WORK_ORDER, f"workorder/{work_order_id}", "sent")
        found, task = self._items(keys.work_order(work_order_id), keys.task(task_id))
        return _read(found, WorkOrder), _read(task, Task)


def _read(item: Item | None, kind: type[T]) -> T | None:
    body = None if item is None else body_of(item)
    return None if body is None else decode(body, kind)
