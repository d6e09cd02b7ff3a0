"""Importing stock counts: a batch is one command with an id of its own, posted once for good."""

from dataclasses import dataclass

from chalicelib.imports import counts
from chalicelib.imports.counts import CountBatch
from chalicelib.imports.sheet import RowError
from chalicelib.imports.tally import Tally
from chalicelib.imports.work import Work
from chalicelib.inventory.counting import CountStock, StockCount, count_stock
from chalicelib.inventory.model import MovementKind

_KINDS = {"opening": MovementKind.OPENING_COUNT, "cycle": MovementKind.COUNT}


@dataclass(slots=True)
class CountImport(Work):
    batches: tuple[CountBatch, ...] = ()
    bad: tuple[RowError, ...] = ()

    def restore(self) -> None:
        Work.restore(self)
        read = counts.read_counts(self.sheet)
        self.batches, self.bad = read.batches, read.errors

    def check(self) -> None:
        """Counts meet no refusal of the store: what the file says is all there is to check."""
        self.tally = Tally()
        if not self.is_dry:
            return
        reads = self.commands.reads()
        for batch in self.batches:
            context = self.context(f"batch/{batch.number}")
            self._count(count_stock(reads, self._command(batch), context).result)
            self.held()

    def write(self) -> bool:
        for batch in self.batches[self.tally.place :]:
            if self.run.time_is_up:
                self.save()
                return False
            self._count(self._counted(batch))
            self.tally.place = batch.number
            self.progress()
        return True

    def faults(self) -> list[RowError]:
        return list(self.bad)

    def rejected(self) -> dict[int, list[RowError]]:
        found: dict[int, list[RowError]] = {}
        for error in self.bad:
            found.setdefault(error.row, []).append(error)
        return found

    def _counted(self, batch: CountBatch) -> StockCount:
        context = self.context(f"batch/{batch.number}")
        return self.commands.run(
            lambda reads: count_stock(reads, self._command(batch), context), context=context
        )

    def _command(self, batch: CountBatch) -> CountStock:
        kind = self.job.parameters.get("count_kind", "cycle")
        return CountStock(warehouse=batch.warehouse, items=batch.items, kind=_KINDS[str(kind)])

    def _count(self, count: StockCount) -> None:
        changed = sum(d.counted != d.booked for d in count.differences)
        self.tally.accepted += changed
        self.tally.unchanged += len(count.differences) - changed
        self.tally.done += len(count.differences)
