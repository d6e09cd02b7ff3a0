"""Importing orders: one command each, known by its number, so sending one twice is harmless."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from chalicelib.core.commands import Decided
from chalicelib.core.errors import DomainError, TransientError
from chalicelib.core.events import Context
from chalicelib.imports import orders
from chalicelib.imports.forecast import Forecast
from chalicelib.imports.orders import OrderRows, ReadOrder
from chalicelib.imports.rejects import spread
from chalicelib.imports.sheet import RowError
from chalicelib.imports.tally import Tally, refusal
from chalicelib.imports.work import ImportReader, Work
from chalicelib.orders.registration import Registered, RegisterOrder, register


@dataclass(slots=True)
class OrderImport(Work):
    groups: list[OrderRows] = field(default_factory=list)
    torn: frozenset[str] = frozenset()
    bad: dict[int, tuple[RowError, ...]] = field(default_factory=dict)
    is_in_doubt: bool = False

    def restore(self) -> None:
        Work.restore(self)
        self.groups = list(orders.grouped(self.sheet))
        self.torn = orders.torn_apart(self.groups)
        # A worker before us may have written more than its last checkpoint says.
        self.is_in_doubt = self.job.lease_token > 1

    def check(self) -> None:
        self.tally = Tally()
        forecast = Forecast(self.commands.reads())
        for place, read in self._read_from(0):
            if read.command is not None:
                context = self.context(f"order/{read.command.order.order_no}")
                self._count(place, read.command, self._foreseen(forecast, place, read, context))
            self._step(place)
            self.held()

    def write(self) -> bool:
        passed = self.tally.place
        for place, read in self._read_from(passed):
            if self.run.time_is_up:
                self.save()
                return False
            if read.command is not None:
                self._count(place, read.command, self._registered(place, read.command))
                if self.is_strict and self.tally.refused:
                    return True
            self._step(place)
            self.progress()
        if passed:
            self._reread_before(passed)
        return True

    def faults(self) -> list[RowError]:
        own = [error for errors in self.bad.values() for error in errors]
        return own + [error for _, error in self.tally.refused]

    def rejected(self) -> dict[int, list[RowError]]:
        refused = {place: (error,) for place, error in self.tally.refused}
        found: dict[int, list[RowError]] = {}
        for place, errors in {**self.bad, **refused}.items():
            found.update(spread(self.groups[place].rows, errors))
        return found

    def _read_from(self, start: int) -> Iterator[tuple[int, ReadOrder]]:
        now = self.run.clock()
        for place in range(start, len(self.groups)):
            group = self.groups[place]
            read = orders.read_order(self.sheet, group, torn=self.torn, now=now)
            if read.errors:
                self.bad[place] = read.errors
            yield place, read

    def _reread_before(self, end: int) -> None:
        """The faults of rows that an earlier run passed: the file has them still."""
        for place, _ in self._read_from(0):
            if place + 1 >= end:
                return

    def _registered(self, place: int, command: RegisterOrder) -> Registered | None:
        context = self.context(f"order/{command.order.order_no}")

        def decide(reads: ImportReader) -> Decided[Registered]:
            decided = register(reads, command, context)
            if self.is_in_doubt and _is_ours(reads, decided.result, context):
                return Decided(result=replace(decided.result, changed=True))
            self.is_in_doubt = self.is_in_doubt and not decided.result.changed
            return decided

        try:
            return self.commands.run(decide, context=context)
        except TransientError:
            raise
        except DomainError as error:
            self._refuse(place, command, error)
            return None

    def _foreseen(
        self, forecast: Forecast, place: int, read: ReadOrder, context: Context
    ) -> Registered | None:
        assert read.command is not None, "only what could be read is asked about"
        try:
            return forecast.register(read.command, context)
        except TransientError:
            raise
        except DomainError as error:
            self._refuse(place, read.command, error)
            return None

    def _refuse(self, place: int, command: RegisterOrder, error: DomainError) -> None:
        rows = self.groups[place].rows
        of_sku: dict[str, int] = {}
        for line, row in zip(command.order.lines, rows, strict=True):
            of_sku |= dict.fromkeys((line.sku, *(part.sku for part in line.kit)), row.number)
        self.tally.refused.append((place, refusal(error, rows[0].number, of_sku)))

    def _count(self, place: int, command: RegisterOrder, done: Registered | None) -> None:
        if done is None:
            return
        if done.changed:
            self.tally.accepted += len(command.order.lines)
        else:
            self.tally.unchanged += len(command.order.lines)

    def _step(self, place: int) -> None:
        self.tally.place = place + 1
        self.tally.done += len(self.groups[place].rows)


def _is_ours(reads: ImportReader, known: Registered, context: Context) -> bool:
    """Whether an order that needs no change was brought to where it is by this very job."""
    if known.changed:
        return False
    last = reads.events(known.order.subject, after=known.order.chain.seq - 1, limit=1)
    return bool(last) and last[-1].command_id == context.command_id
