"""Promise 4: of many who do the same thing to the same return at once, one does it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from prove import faults, shop
from prove.bench import Bench
from prove.books import books_of
from prove.results import Asked, Trial
from prove.shop import Shop
from prove.worker import HttpReply
from prove.workers import Workers, together

RUNNERS = 16
CONFLICTS = 0.1
"""The emulator does one transaction after the other; DynamoDB would let some of these collide."""


@dataclass(slots=True)
class Races:
    """How the races of one kind ended."""

    name: str
    rounds: int = 0
    right: int = 0
    statuses: Counter[int] = field(default_factory=Counter)

    def run(self, replies: list[HttpReply]) -> HttpReply:
        """The winner's answer."""
        won = [reply for reply in replies if reply.status < 300]
        lost = [reply for reply in replies if reply.status in (409, 412)]
        self.rounds += 1
        self.right += len(won) == 1 and len(won) + len(lost) == len(replies)
        self.statuses.update(reply.status for reply in replies)
        if not won:
            raise shop.Unexpected(f"nobody won: {replies[0].status} {replies[0].raw[:300]}")
        return won[0]

    def told(self) -> str:
        counted = ", ".join(f"{n}×{status}" for status, n in sorted(self.statuses.items()))
        return f"{self.name} {self.right}/{self.rounds} rounds with one winner ({counted})"


def attempt(bench: Bench, asked: Asked, trial: Trial) -> None:
    tables = bench.tables()
    rounds = asked.size(small=2, full=200)
    races = [Races(name) for name in ("approvals", "receipts", "settlements")]
    with (
        tables.workers(1, through_proxy=False) as direct,
        tables.workers(RUNNERS, through_proxy=True) as runners,
    ):
        story = Shop(direct, "race")
        story.stocks()
        with bench.proxy.with_rules(*faults.conflicts(CONFLICTS)):
            for number in range(rounds):
                _round(story, runners, number, races)
    for race in races:
        trial.check(race.right == rounds, race.told())
    books = books_of(tables)
    trial.check(books.kinds["RECEIPT"] == rounds, f"{books.kinds['RECEIPT']} receipts booked")
    paid = [bench.refunds_of(story.payment_id(number)) for number in range(rounds)]
    once = sum([refund["amount"] for refund in refunds] == [5000] for refunds in paid)
    trial.check(once == rounds, f"{once} refunded once and in full")
    trial.check(not books.faults(), f"{len(books.faults())} faults in the books")
    tables.drop()


def _round(story: Shop, runners: Workers, number: int, races: list[Races]) -> None:
    """One return, raced for three times. Everybody looked at the same version and has an own key;
    of those who pay, a half is machines, which say no version."""
    approvals, receipts, settlements = races
    story.sells(number)
    ret = story.asks(number)

    def race(kind: Races, roles: tuple[str, ...], command: str, what: Any) -> Any:
        def act(runner: int) -> HttpReply:
            role = roles[runner % len(roles)]
            return runners.http(
                role,
                "POST",
                f"/v1/returns/{ret['id']}/{command}",
                what,
                key=f"{command}-{number}-{runner}",
                version=None if role == "machine" else ret["version"],
            )

        return shop.body(kind.run(together(act, RUNNERS)))

    ret = race(approvals, ("reviewer",), "approve", {})
    ret = race(receipts, ("warehouse",), "receipts", shop.receipt(number))
    ret = story.inspects(ret)
    race(settlements, ("finance", "machine"), "settlements", {"mode": "execute"})
