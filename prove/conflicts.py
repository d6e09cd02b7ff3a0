"""Promise 3 while others act: of those who want what only one can have, one gets it, all are told.

Four kinds of conflict on the deployed handlers: the last unit of a line, approval against
rejection, one unit that is received twice, and cancelling against the scan of the goods.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chalicelib.orders.model import Order
from chalicelib.returns.model import Return
from prove import shop
from prove.batches import sqs_event
from prove.bench import Bench
from prove.books import Books, books_of
from prove.results import Trial
from prove.shop import Shop
from prove.worker import FunctionReply, HttpReply
from prove.workers import Workers, together

RUNNERS = 16
REFUSED = (409, 412)


@dataclass(slots=True)
class Conflict:
    """How the rounds of one kind ended. `late`: what came too late and was kept as an exception."""

    name: str
    rounds: int = 0
    right: int = 0
    refused: int = 0
    late: int = 0
    odd: Counter[str] = field(default_factory=Counter)

    def judge(self, replies: list[HttpReply], *, booked: int = 0, late: int = 0) -> None:
        """`booked` scans got what the others wanted; `late` ones found it gone."""
        won = sum(reply.status < 300 for reply in replies)
        refused = sum(reply.status in REFUSED for reply in replies)
        self.rounds += 1
        self.refused += refused
        self.late += late
        is_right = won + booked == 1 and won + refused == len(replies)
        self.right += is_right
        if not is_right:
            self.odd.update(f"{reply.status} {reply.raw[:80]}" for reply in replies)

    def told(self) -> str:
        late = f", {self.late} kept as exceptions" if self.late else ""
        odd = f": {self.odd.most_common(3)}" if self.odd else ""
        rounds = f"{self.right}/{self.rounds} rounds with one winner"
        return f"{self.name} {rounds} ({self.refused} got 409 or 412{late}){odd}"


@dataclass(frozen=True, slots=True)
class Field:
    """Where the rounds take place: `direct` prepares them, the `runners` meet."""

    story: Shop
    direct: Workers
    runners: Workers

    def wants_the_last(self, number: int, kind: Conflict) -> None:
        """Sixteen requests for the only unit of a line."""
        self.story.sells(number, units=1)
        wish = shop.wish(self.story.order_no(number), units=1)
        replies = together(
            lambda runner: self.runners.http(
                "machine", "POST", "/v1/returns", wish, key=f"last-{number}-{runner}"
            ),
            RUNNERS,
        )
        kind.judge(replies)

    def decides(self, number: int, kind: Conflict) -> None:
        """Eight approve and eight reject what all have seen at the same version."""
        ret = self._asked(number)

        def act(runner: int) -> HttpReply:
            command, what = ("approve", {}) if runner % 2 else ("reject", {"code": "NOT_ELIGIBLE"})
            return self._command(self.runners, ret, command, what, f"{number}-{runner}")

        kind.judge(together(act, RUNNERS))

    def receives(self, number: int, kind: Conflict) -> None:
        """One unit is awaited; eight people book it and eight scanners see it."""
        ret = self.story.approves(self._asked(number))
        receipt = shop.receipt(number, units=1)
        self._against_scans(ret, number, kind, "receipts", receipt, "warehouse")

    def cancels(self, number: int, kind: Conflict) -> None:
        """Eight cancel what eight scanners see arrive."""
        ret = self.story.approves(self._asked(number))
        self._against_scans(ret, number, kind, "cancel", {"reason": "KEEPS_IT"}, "support")

    def _asked(self, number: int) -> Any:
        self.story.sells(number, units=1)
        return self.story.asks(number, units=1)

    def _command(
        self, workers: Workers, ret: Any, command: str, what: Any, key: str, role: str = "reviewer"
    ) -> HttpReply:
        return workers.http(
            role,
            "POST",
            f"/v1/returns/{ret['id']}/{command}",
            what,
            key=f"{command}-{key}",
            version=ret["version"],
        )

    def _against_scans(
        self, ret: Any, number: int, kind: Conflict, command: str, what: Any, role: str
    ) -> None:
        def act(runner: int) -> HttpReply | FunctionReply:
            if runner % 2:
                return self._command(self.runners, ret, command, what, f"{number}-{runner}", role)
            return self.runners.function("ingest_scans", _scanned(ret, number, runner))

        replies = together(act, RUNNERS)
        scans = [reply for reply in replies if isinstance(reply, FunctionReply)]
        failed = [str(s.error or s.result) for s in scans if s.error or s.result != _ALL_DONE]
        kind.odd.update(failed)
        late = shop.body(self.direct.http("support", "GET", f"/v1/returns/{ret['id']}"))
        exceptions = late["open_exceptions"]
        kind.judge(
            [reply for reply in replies if isinstance(reply, HttpReply)],
            booked=len(scans) - exceptions,
            late=exceptions,
        )


_ALL_DONE: dict[str, list[Any]] = {"batchItemFailures": []}


def _scanned(ret: Any, number: int, runner: int) -> dict[str, Any]:
    scan = {
        "scan_id": f"conflict-{number}-{runner}",
        "device_id": "dev-1",
        "seq": runner,
        "captured_at": "2026-11-21T08:00:00Z",
        "warehouse": shop.WAREHOUSE,
        "return_number": ret["number"],
        "sku": shop.sku_of(number),
    }
    return sqs_event([("m0", json.dumps(scan))])


def attempt(bench: Bench, rounds: int, trial: Trial) -> None:
    """So many rounds of each kind, and the books afterwards."""
    tables = bench.tables()
    with (
        tables.workers(1, through_proxy=False) as direct,
        tables.workers(RUNNERS, through_proxy=False) as runners,
    ):
        story = Shop(direct, "conflict")
        story.stocks()
        field_ = Field(story, direct, runners)
        kinds: list[tuple[str, Callable[[int, Conflict], None]]] = [
            ("the last unit", field_.wants_the_last),
            ("approve against reject", field_.decides),
            ("received twice", field_.receives),
            ("cancel against scan", field_.cancels),
        ]
        for place, (name, play) in enumerate(kinds):
            kind = Conflict(name)
            for number in range(place * rounds, (place + 1) * rounds):
                play(number, kind)
            trial.check(kind.right == rounds and not kind.odd, kind.told())
    books = books_of(tables)
    trial.check(not books.faults(), f"{len(books.faults())} faults in the books")
    wrong = unbalanced(books)
    trial.check(not wrong, f"{len(wrong)} of {len(books.orders)} orders out of balance")
    tables.drop()


def unbalanced(books: Books) -> list[str]:
    """Orders of which more units are held, or other ones, than their returns stand for."""
    return [
        order.order_no
        for order in books.orders.values()
        if _held(order) != _stood_for(books.returns_of(order.order_no))
    ]


def _held(order: Order) -> Counter[tuple[str, int]]:
    return Counter(
        (line.line_no, ordinal)
        for line in order.lines
        for reservation in line.reservations
        for run in reservation.units
        for ordinal in range(run.first, run.last + 1)
    )


def _stood_for(returns: list[Return]) -> Counter[tuple[str, int]]:
    return Counter(
        (str(line.order_line_no), ordinal)
        for ret in returns
        for line in ret.lines
        for group in line.groups
        if group.authorization.value not in ("DRAFT", "REJECTED", "CANCELLED", "EXPIRED")
        for run in group.units
        for ordinal in range(run.first, run.last + 1)
    )
