"""The real table on moto, with every call counted and failures injected at chosen transactions."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pynamodb.connection import Connection

from chalicelib.core.errors import TransientError
from chalicelib.store.key import Key
from chalicelib.store.table import Cancelled, Item, Table
from tests.fakes import Killed, busy


class WatchedTable(Table):
    """`script` says what happens to the next transactions, in order; without it they go well.

    `busy`: throttled; `conflict`: refused for contention; `lost`: done, but the answer is lost;
    `dies before`, `dies after`: the process ends there. Tokens are honoured as DynamoDB does and
    moto does not: a transaction that was done is not done again under its token.
    """

    def __init__(self, name: str, link: Connection) -> None:
        super().__init__(name, link)
        self.calls: Counter[str] = Counter()
        self.script: list[str] = []
        self.interference: list[Callable[[], object]] = []
        self.during_reads: list[Callable[[], object]] = []
        self._done: set[str] = set()
        self._until = 0
        self._act: Callable[[], object] = lambda: None

    def at(self, transaction: int, act: Callable[[], object]) -> None:
        """Somebody else acts right before this one of the next transactions, counted from 1."""
        self._until, self._act = transaction, act

    def get(self, keys: Sequence[Key]) -> list[Item | None]:
        """Several keys as BatchGetItem may answer: others write between one item and the next."""
        self.calls["read"] += 1
        if len(keys) == 1:
            return super().get(keys)
        found = []
        for key in keys:
            found += super().get([key])
            self._others_act()
        return found

    def snapshot(self, keys: Sequence[Key]) -> list[Item | None]:
        self.calls["read"] += 1
        found = super().snapshot(keys)
        self._others_act()
        return found

    def _others_act(self) -> None:
        while self.during_reads:
            self.during_reads.pop(0)()

    def transact(self, actions: Sequence[Mapping[str, Any]], token: str) -> None:
        self.calls["transaction"] += 1
        self._until -= 1
        if self._until == 0:
            self._act()
        while self.interference:
            self.interference.pop(0)()
        step = self.script.pop(0) if self.script else "well"
        if step == "busy":
            raise busy()
        if step == "conflict":
            raise Cancelled(["TransactionConflict"] * len(actions))
        if step == "dies before":
            raise Killed(step)
        if token not in self._done:
            super().transact(actions, token)
            self._done.add(token)
        if step == "lost":
            raise TransientError("store_unreachable", "The store did not answer.")
        if step == "dies after":
            raise Killed(step)
