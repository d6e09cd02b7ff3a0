"""Call again after a passing failure: full jitter, within a budget of time and of attempts.

Pure: sleeping, chance and the clock are arguments. Only for calls that are harmless to repeat.
"""

from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")


def retry(
    call: Callable[[], Answer],
    *,
    retry_on: tuple[type[Exception], ...],
    budget_s: float,
    base_s: float = 0.02,
    cap_s: float = 0.4,
    attempts_max: int = 6,
    sleep: Callable[[float], object],
    random: Callable[[], float],
    monotonic: Callable[[], float],
) -> Answer:
    """The first answer of `call`, or its last failure once the budget or the attempts are used up.

    `random` answers in [0, 1). A wait that would end after the budget is not begun: the caller
    gets the failure while it still has time to answer. One running call is never cut short.
    """
    assert attempts_max >= 1, "at least one attempt"
    assert 0 <= base_s <= cap_s, "the first wait is the smallest"
    deadline = monotonic() + budget_s
    for attempt in range(1, attempts_max + 1):
        try:
            return call()
        except retry_on:
            if attempt == attempts_max:
                raise
            # Full jitter (AWS Architecture Blog, "Exponential backoff and jitter"): writers who
            # collided once are spread over the whole interval, so they do not collide again.
            wait_s = random() * min(cap_s, base_s * 2 ** (attempt - 1))
            if monotonic() + wait_s >= deadline:
                raise
            sleep(wait_s)
    raise AssertionError("unreachable: the last attempt returns or raises")
