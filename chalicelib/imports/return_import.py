"""Importing returns: one command each, named by its key in the other system and its order.

So a return is made once, however often a worker dies or a file is sent; one that is there already
counts as unchanged, and one that says something else now is refused.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from chalicelib.core.commands import Decided
from chalicelib.core.errors import Conflict, DomainError, Invalid, NotFound, TransientError
from chalicelib.core.events import Context
from chalicelib.core.ids import derived_id
from chalicelib.exchanges.ports import ApprovalReader
from chalicelib.imports import returns
from chalicelib.imports.rejects import spread
from chalicelib.imports.return_forecast import ReturnForecast
from chalicelib.imports.returns import ReadReturn, Reasons, ReturnRows
from chalicelib.imports.sheet import Row, RowError
from chalicelib.imports.tally import Tally
from chalicelib.imports.work import ImportReader, Work
from chalicelib.orders.model import Order
from chalicelib.reasons.systems import system_of
from chalicelib.returns import requesting
from chalicelib.returns.kit_wishes import wished
from chalicelib.returns.model import Return
from chalicelib.returns.ports import ReturnReader
from chalicelib.returns.wishes import RequestedLine, RequestReturn, merged

_COLUMN_OF = {
    "order_not_found": "order_no",
    "order_line_not_found": "order_line_no",
    "not_returnable_quantity": "quantity",
    "serial_not_shipped": "serials",
    "serial_already_returned": "serials",
    "outside_window": "requested_at",
    "blind_draft": "submit",
}
"""The column that states what is refused; else the return as a whole is meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """The return, and whether this command made it."""

    ret: Return
    changed: bool


def import_return(
    reads: ApprovalReader, request: RequestReturn, context: Context
) -> Decided[Imported]:
    """Make the return, unless it is there. The command id fixes its id."""
    order = _order_of(reads, request)
    request = returns.with_lines(request, order) if order is not None else request
    known = reads.return_(derived_id("ret", context.command_id))
    if known is None:
        decided = requesting.create(reads, request, context)
        return Decided(result=Imported(ret=decided.result, changed=True), changes=decided.changes)
    if _asked(order, request.lines) != _kept(known):
        raise Conflict(
            "return_differs",
            f"Return {known.number} has this key, and asks for something else.",
            return_id=known.return_id,
        )
    return Decided(result=Imported(ret=known, changed=False))


def _order_of(reads: ReturnReader, request: RequestReturn) -> Order | None:
    if request.order_no is None:
        return None
    order = reads.order(request.order_no)
    if order is None:
        raise NotFound("order_not_found", f"There is no order {request.order_no}.")
    return order


def _asked(order: Order | None, lines: tuple[RequestedLine, ...]) -> Counter[str]:
    """Units by what they are of, as a return would keep them."""
    asked: Counter[str] = Counter()
    for line in wished(order, lines) if order is not None else merged(lines):
        asked[line.order_line_no or f"sku:{line.sku}"] += line.quantity
    return asked


def _kept(ret: Return) -> Counter[str]:
    kept: Counter[str] = Counter()
    for line in ret.lines:
        kept[line.order_line_no or f"sku:{line.sku}"] += line.requested
    return kept


@dataclass(slots=True)
class ReturnImport(Work):
    base_currency: str = "EUR"
    groups: list[ReturnRows] = field(default_factory=list)
    torn: frozenset[str] = frozenset()
    bad: dict[int, tuple[RowError, ...]] = field(default_factory=dict)
    is_in_doubt: bool = False

    def restore(self) -> None:
        Work.restore(self)
        self.groups = list(returns.grouped(self.sheet))
        self.torn = returns.torn_apart(self.groups)
        # A worker before us may have written more than its last checkpoint says.
        self.is_in_doubt = self.job.lease_token > 1

    def check(self) -> None:
        self.tally = Tally()
        forecast = ReturnForecast(self.commands.reads())
        for place, read in self._read_from(0):
            if read.request is not None:
                self._count(place, self._foreseen(forecast, place, read))
            self._step(place)
            self.held()

    def write(self) -> bool:
        passed = self.tally.place
        for place, read in self._read_from(passed):
            if self.run.time_is_up:
                self.save()
                return False
            if read.request is not None:
                self._count(place, self._imported(place, read))
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
        together: dict[int, list[RowError]] = {place: [*own] for place, own in self.bad.items()}
        for place, error in self.tally.refused:
            together.setdefault(place, []).append(error)
        found: dict[int, list[RowError]] = {}
        for place, errors in together.items():
            found.update(spread(self.groups[place].rows, errors, whole="return"))
        return found

    def _read_from(self, start: int) -> Iterator[tuple[int, ReadReturn]]:
        reasons = self._reasons()
        for place in range(start, len(self.groups)):
            read = returns.read_return(
                self.sheet,
                self.groups[place],
                torn=self.torn,
                currency=self.base_currency,
                reasons=reasons,
            )
            if read.errors:
                self.bad[place] = read.errors
            yield place, read

    def _reasons(self) -> Reasons:
        name = self.job.parameters.get("reason_system")
        return Reasons(
            catalogue=self.commands.reads().reason_catalogue(),
            system=system_of(name) if isinstance(name, str) else None,
        )

    def _reread_before(self, end: int) -> None:
        """The faults of rows that an earlier run passed: the file has them still."""
        for place, _ in self._read_from(0):
            if place + 1 >= end:
                return

    def _imported(self, place: int, read: ReadReturn) -> Imported | None:
        request, context = _request_of(read), self._context_of(read)

        def decide(reads: ImportReader) -> Decided[Imported]:
            decided = import_return(reads, request, context)
            if self.is_in_doubt and self._is_ours(reads, decided.result):
                return Decided(result=replace(decided.result, changed=True))
            self.is_in_doubt = self.is_in_doubt and not decided.result.changed
            return decided

        try:
            return self.commands.run(decide, context=context)
        except TransientError:
            raise
        except DomainError as error:
            self._refuse(place, read, error)
            return None

    def _foreseen(self, forecast: ReturnForecast, place: int, read: ReadReturn) -> Imported | None:
        request, context = _request_of(read), self._context_of(read)
        try:
            return forecast.take(import_return(forecast, request, context))
        except TransientError:
            raise
        except DomainError as error:
            self._refuse(place, read, error)
            return None

    def _context_of(self, read: ReadReturn) -> Context:
        """The same command for the same return, whichever file and job brings it."""
        order_no = _request_of(read).order_no or ""
        return replace(
            self.context("return"),
            command_id=derived_id("cmd", "imported_return", order_no, read.external_ref),
        )

    def _is_ours(self, reads: ImportReader, found: Imported) -> bool:
        """Whether a return that is there already was made by this very job."""
        if found.changed:
            return False
        first = reads.events(found.ret.subject, limit=1)
        return bool(first) and (
            first[0].correlation_id == self.job.correlation_id
            and first[0].time >= self.job.created_at
        )

    def _refuse(self, place: int, read: ReadReturn, error: DomainError) -> None:
        rows = self.groups[place].rows
        for fault in _row_errors(error, self._resolved(_request_of(read)), rows):
            self.tally.refused.append((place, fault))

    def _resolved(self, request: RequestReturn) -> RequestReturn:
        """The request with the lines that a refusal may name, where the order has them."""
        order = self.commands.reads().order(request.order_no) if request.order_no else None
        try:
            return returns.with_lines(request, order) if order is not None else request
        except Invalid:
            return request

    def _count(self, place: int, done: Imported | None) -> None:
        if done is None:
            return
        if done.changed:
            self.tally.accepted += len(self.groups[place].rows)
        else:
            self.tally.unchanged += len(self.groups[place].rows)

    def _step(self, place: int) -> None:
        self.tally.place = place + 1
        self.tally.done += len(self.groups[place].rows)


def _request_of(read: ReadReturn) -> RequestReturn:
    assert read.request is not None, "only what could be read is asked for"
    return read.request


def _row_errors(
    error: DomainError, request: RequestReturn, rows: tuple[Row, ...]
) -> Iterator[RowError]:
    """A refusal as the faults of the rows that it names, with the codes of the rules."""
    if isinstance(error, Invalid) and error.errors:
        yield from returns.translated(error.errors, rows)
        return
    for line in _named_lines(error):
        code = str(line.get("code", error.code))
        row = _row_of(line.get("line_no", line.get("order_line_no")), line, request, rows)
        column = _COLUMN_OF.get(code, returns.EXTERNAL_REF)
        yield RowError(row=row, column=column, code=code, message=error.message)


def _named_lines(error: DomainError) -> list[dict[str, object]]:
    """The lines that a policy refused, or what else the error says of a line."""
    refused = error.details.get("lines")
    lines = refused if isinstance(refused, list) else []
    return [line for line in lines if isinstance(line, dict)] or [error.details]


def _row_of(
    line_no: object, details: dict[str, object], request: RequestReturn, rows: tuple[Row, ...]
) -> int:
    """The row of a line of the order, or of the kit that the line is part of; else the first."""
    kit = details.get("kit_of") or str(line_no).rpartition(".")[0]
    for wanted in (line_no, kit):
        for wish, row in zip(request.lines, rows, strict=True):
            if wanted and wish.order_line_no == wanted:
                return row.number
    return rows[0].number
