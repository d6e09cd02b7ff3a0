"""The promises that are tried here, in the words of docs/promises.md."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from prove import (
    acknowledged,
    amounts,
    balance,
    batches,
    contention,
    hostile_files,
    photos,
    poison,
    races,
    recordings,
    refunds,
    retried,
    scans,
    slowness,
)
from prove.bench import Bench, bench
from prove.results import Asked, Promise, Trial
from tools.stack import bringup
from tools.stack.client import Stack
from tools.stack.places import Place
from tools.stack.show import Show


class Ground:
    """What trials run on, made when the first one asks: most need the bench, one a whole stack."""

    def __init__(
        self,
        closing: ExitStack,
        *,
        bench_of: Callable[[ExitStack], Bench] | None = None,
        stack_of: Callable[[ExitStack], Stack] | None = None,
    ) -> None:
        self._closing = closing
        self._bench_of = bench_of or _own_bench
        self._stack_of = stack_of or _own_stack
        self._bench: Bench | None = None
        self._stack: Stack | None = None

    def bench(self) -> Bench:
        if self._bench is None:
            self._bench = self._bench_of(self._closing)
        return self._bench

    def stack(self) -> Stack:
        if self._stack is None:
            self._stack = self._stack_of(self._closing)
        return self._stack


def _own_bench(closing: ExitStack) -> Bench:
    return closing.enter_context(bench())


def _own_stack(closing: ExitStack) -> Stack:
    place, show = Place(name="prove"), Show(to_stderr=True)
    closing.callback(bringup.down, place, show)
    bringup.up(place, show)
    return Stack.load(place.name)


_WORDS = {
    1: (
        "A retried request has one effect",
        "1,000 creates, 1,000 refunds, each sent 5 times: one effect, equal bytes, other body 422",
        "three at once and two late, 20 % of DynamoDB's answers cut off after the write",
    ),
    2: (
        "Nothing acknowledged is lost",
        "10,000 acknowledged writes all there; unsure ones done once or not at all",
        "30 % throttles, 5 % connection resets, 5 SIGKILLs of processes at work",
    ),
    3: (
        "Money and stock balance always",
        "20 seeds of 20,000 random steps agree with the model; 200 rounds of 4 conflicts: one wins",
        "an independent model beside the use cases; then 16 processes that want the same thing",
    ),
    4: (
        "No double approval, receipt or refund",
        "200 rounds of 16 at once: one wins, 15 get 409 or 412",
        "16 processes, each with an own key, 10 % of transactions in conflict",
    ),
    5: (
        "Duplicate or out-of-order scans are harmless",
        "10,000 scans end as the model says; dead letters are exactly the malformed; none lost",
        "30 % doubled, fully shuffled, 1 % malformed, 4 % surprises, 20 SIGKILLs of workers",
    ),
    6: (
        "One bad record does not spoil a batch",
        "all 256 failing subsets of 8: the good done once, the bad reported and retried",
        "DynamoDB refuses what names a bad scan; also late, killed, and without ids",
    ),
    7: (
        "Poison goes to the dead-letter queue and can be redriven",
        "500 bad messages: all there with a reason, mended, given back, done once",
        "a whole local stack; tools.redrive takes them out and gives them back",
    ),
    9: (
        "Photos whose S3 events are late, lost or repeated are all decided, once",
        "2,000 uploads: the sweep finds all, none attached twice, none uploaded for 15 minutes",
        "10 % of events dropped, 10 % doubled, 20 % reversed, 10 SIGKILLs, a sweep left out",
    ),
    12: (
        "Conflicts and throttles are ridden out without a storm",
        "99.9 % after recovery, 3 attempts a call on average, no call beyond 10 s",
        "40 % of transactions in conflict, then everything throttled for 30 s, then 40 %",
    ),
    13: (
        "A slow store does not eat the caller's time",
        "every answer within 10 s, a 503 problem with Retry-After; nothing half-done",
        "10 s of latency on every call to DynamoDB; then each write sent twice more",
    ),
    18: (
        "Hostile files are refused",
        "at least 40 kinds: the right verdict, below 512 MB and 10 s each",
        "bombs, polyglots, broken and lying files made in code, each in a process of its own",
    ),
    24: (
        "Old data and clients keep working",
        "every recorded record reads the same, every request is answered alike",
        "recordings of each release, never changed, played to the present code",
    ),
    25: (
        "Money back is exact to the minor unit",
        "200,000 orders of every kind, back in parts: never above paid, all back is all paid",
        "a generator of its own: discounts, taxes, shipping, promotions, kits, 0 to 4 digits",
    ),
    26: (
        "A refund is paid exactly once",
        "1,000 refunds: each once by the provider's list, the money ledger balances",
        "20 % lost answers, 10 % declines, callbacks twice, backwards and late, 60 SIGKILLs",
    ),
}
"""By number: the claim, the goal, and how it is tried."""
_ON_BENCH: dict[int, Callable[[Bench, Asked, Trial], None]] = {
    1: retried.attempt,
    2: acknowledged.attempt,
    3: balance.attempt,
    4: races.attempt,
    5: scans.attempt,
    6: batches.attempt,
    9: photos.attempt,
    12: contention.attempt,
    13: slowness.attempt,
    24: recordings.attempt,
    26: refunds.attempt,
}


_ALONE: dict[int, Callable[[Asked, Trial], None]] = {
    18: hostile_files.attempt,
    25: amounts.attempt,
}
"""They are tried on nothing but the code."""


def promises(ground: Ground) -> tuple[Promise, ...]:
    """In the order of their numbers."""

    def attempt_of(number: int) -> Callable[[Asked, Trial], None]:
        if number in _ON_BENCH:
            return lambda asked, trial: _ON_BENCH[number](ground.bench(), asked, trial)
        if number in _ALONE:
            return _ALONE[number]
        return lambda asked, trial: poison.attempt(ground.stack(), asked, trial)

    return tuple(
        Promise(number=number, claim=claim, goal=goal, how=how, attempt=attempt_of(number))
        for number, (claim, goal, how) in _WORDS.items()
    )
