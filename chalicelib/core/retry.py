"""Call again after a passing failure: full jitter, within a budget of time and of attempts.

Pure: sleeping, chance and the clock are arguments. Only for calls that are harmless to repeat.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

Answer = TypeVar("Answer")
TOKENS_MAX = 20


@dataclass(slots=True)
class RetryTokens:
    """How many repetitions a process may still add to the load of a service that is in trouble.

    Each repetition takes one, each success gives one back: passing failures are ridden out, but
    when nothing succeeds any more, calls are soon made once (the retry quota of AWS's SDKs).
    """

    left: int = TOKENS_MAX

    def take(self) -> bool:
        """Whether one more repetition is allowed."""
        if self.left <= 0:
            return False
        self.left -= 1
        return True

    def give_back(self) -> None:
        self.left = min(TOKENS_MAX, self.left + 1)


def _always(_: Exception) -> bool:
    return True


def retry(
    call: Callable[[], Answer],
    *,
    retry_on: tuple[type[Exception], ...],
    budget_s: float,
    base_s: float = 0.02,
    cap_s: float = 0.4,
    attempts_max: int = 6,
    may_retry: Callable[[Exception], bool] = _always,
    sleep: Callable[[float], object],
    random: Callable[[], float],
    monotonic: Callable[[], float],
) -> Answer:
    """The first answer of `call`, or its last failure once the budget or the attempts are used up.

    `random` answers in [0, 1). A wait that would end after the budget is not begun: the caller
    gets the failure while it still has time to answer. One running call is never cut short.
    `may_retry` is asked about each failure before it is waited for.
    """
    assert attempts_max >= 1, "at least one attempt"
    assert 0 <= base_s <= cap_s, "the first wait is the smallest"
    deadline = monotonic() + budget_s
    for attempt in range(1, attempts_max + 1):
        try:
            return call()
        except retry_on as exc:
            if attempt == attempts_max:
                raise
            # Full jitter (AWS Architecture Blog, "Exponential backoff and jitter"): writers who
            # collided once are spread over the whole interval, so they do not collide again.
            wait_s = random() * min(cap_s, base_s * 2 ** (attempt - 1))
            if monotonic() + wait_s >= deadline or not may_retry(exc):
                raise
            sleep(wait_s)
    raise AssertionError("unreachable: the last attempt returns or raises")
