"""A store in memory for credit, which refuses what a table would, and a clock that moves."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from chalicelib.core.commands import Decided
from chalicelib.core.events import Actor, Context, Event
from chalicelib.credits.model import CreditAccount, CreditEntry, CreditOf
from chalicelib.credits.ports import CreditReader
from tests.builders import NOW

T = TypeVar("T")


@dataclass
class Books:
    """Accounts and entries, written only where the version before is stored."""

    now: datetime = NOW
    accounts: dict[str, CreditAccount] = field(default_factory=dict)
    entries: dict[str, CreditEntry] = field(default_factory=dict)
    links: list[CreditOf] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    commands: int = 0

    def credit(
        self, account_id: str, entry_id: str
    ) -> tuple[CreditAccount | None, CreditEntry | None]:
        return self.accounts.get(account_id), self.entries.get(entry_id)

    def credit_entry(self, entry_id: str) -> CreditEntry | None:
        return self.entries.get(entry_id)

    def do(
        self, decide: Callable[[CreditReader, Context], Decided[T]], command_id: str | None = None
    ) -> T:
        """Decide and write; the same command id again is the same command."""
        self.commands += 1
        context = self.context(command_id or f"cmd-{self.commands}")
        decided = decide(self, context)
        for record in decided.changes.records:
            if isinstance(record, CreditAccount):
                known = self.accounts.get(record.account_id)
                assert record.version == (known.version if known else 0) + 1
                self.accounts[record.account_id] = record
            elif isinstance(record, CreditOf):
                assert record not in self.links
                self.links.append(record)
            else:
                assert isinstance(record, CreditEntry)
                assert record.entry_id not in self.entries
                self.entries[record.entry_id] = record
        self.events += decided.changes.events
        return decided.result

    def context(self, command_id: str, version: int | None = None) -> Context:
        return Context(
            actor=Actor(id="fin-1", role="finance"),
            now=self.now,
            command_id=command_id,
            correlation_id="story",
            expected_version=version,
        )

    def later(self, **by: int) -> None:
        self.now += timedelta(**by)
