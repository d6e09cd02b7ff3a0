"""Promise 1: a request that is sent again, at once or later, has one effect and one answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from prove import faults, shop
from prove.bench import Bench
from prove.books import books_of
from prove.results import Asked, Trial
from prove.shop import Shop
from prove.worker import HttpReply
from prove.workers import Workers, at_once, together

PARALLEL = 3
LATE = 2
LOST = 0.2
_SHOWN = ("etag", "location", "content-type")


@dataclass(slots=True)
class Tally:
    """What became of each request that was sent five times."""

    unlike: int = 0
    not_done: int = 0
    originals: Counter[int] = field(default_factory=Counter)
    other_bodies_refused: int = 0


def attempt(bench: Bench, asked: Asked, trial: Trial) -> None:
    tables = bench.tables()
    size = asked.size(small=12, full=1000)
    with (
        tables.workers(4, through_proxy=False) as direct,
        tables.workers(2 * PARALLEL, through_proxy=True) as lossy,
    ):
        story = Shop(direct, "retried")
        story.stocks()
        at_once(story.sells, range(size), 4)
        before = bench.proxy.seen()
        with bench.proxy.with_rules(faults.lost_answers(LOST)):
            creates = at_once(lambda n: _create(lossy, story, n), range(size), 2)
        _report(trial, "creates", [replies for replies, _ in creates], creates)
        rets = at_once(lambda told: _settleable(story, told), enumerate(creates), 4)
        with bench.proxy.with_rules(faults.lost_answers(LOST)):
            refunds = at_once(lambda ret: _refund(lossy, ret), rets, 2)
        _report(trial, "refunds", [replies for replies, _ in refunds], refunds)
        seen = bench.proxy.seen().since(before)
    books = books_of(tables)
    made = sum(len(books.returns_of(story.order_no(n))) == 1 for n in range(size))
    trial.check(made == size == len(books.returns), f"{len(books.returns)} returns of {size}")
    paid = [bench.refunds_of(story.payment_id(n)) for n in range(size)]
    right = sum([refund["amount"] for refund in refunds] == [5000] for refunds in paid)
    count = sum(len(refunds) for refunds in paid)
    trial.check(right == size == count, f"{count} refunds of {size} at the provider")
    trial.check(not books.faults(), f"{len(books.faults())} faults in the books")
    trial.figure(f"{seen.faulted} answers lost after the write")
    tables.drop()


Told = tuple[list[HttpReply], HttpReply]
"""The answers to the same request, and to another one under its key."""


def _create(workers: Workers, story: Shop, number: int) -> Told:
    def send(wish: Any) -> HttpReply:
        key = f"create-{number}"
        return workers.http("machine", "POST", "/v1/returns", wish, key=key)

    wish = shop.wish(story.order_no(number))
    other = shop.wish(story.order_no(number), units=1)
    replies = together(lambda _: send(wish), PARALLEL) + [send(wish) for _ in range(LATE)]
    return replies, send(other)


def _settleable(story: Shop, told: tuple[int, Told]) -> Any:
    """The created return, goods back and accepted, so that it may be paid."""
    number, (replies, _) = told
    ret = shop.body(replies[0], 201)
    return story.inspects(story.receives(story.approves(ret), number))


def _refund(workers: Workers, ret: Any) -> Told:
    def send(mode: str) -> HttpReply:
        path, key = f"/v1/returns/{ret['id']}/settlements", f"pay-{ret['id']}"
        return workers.http(
            "finance", "POST", path, {"mode": mode}, key=key, version=ret["version"]
        )

    replies = together(lambda _: send("execute"), PARALLEL)
    replies += [send("execute") for _ in range(LATE)]
    return replies, send("plan")


def _report(
    trial: Trial, what: str, all_replies: Sequence[list[HttpReply]], told: Sequence[Told]
) -> None:
    size = len(all_replies)
    done = sum(all(reply.status == 201 for reply in replies) for replies in all_replies)
    alike = sum(len({_face(reply) for reply in replies}) == 1 for replies in all_replies)
    firsts = sum(
        sum("idempotency-replayed" not in reply.headers for reply in replies) <= 1
        for replies in all_replies
    )
    refused = sum(
        other.status == 422 and "idempotency_key_reused" in other.raw for _, other in told
    )
    trial.check(done == size, f"{done}/{size} {what} answered 201 five times")
    trial.check(alike == size, f"{alike}/{size} byte-equal")
    trial.check(firsts == size, f"{firsts}/{size} with at most one original")
    trial.check(refused == size, f"{refused}/{size} other bodies 422")


def _face(reply: HttpReply) -> tuple[Any, ...]:
    """What a caller keeps of an answer."""
    return (reply.status, reply.raw, *(reply.headers.get(name) for name in _SHOWN))
