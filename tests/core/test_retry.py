"""retry(): what is repeated, how long it waits, and when it gives up. Time and chance are fakes."""

import contextlib
import itertools
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.retry import TOKENS_MAX, RetryTokens, retry


class Collision(Exception):
    """What the store would raise when two writers met."""


class Time:
    """A clock that moves only by sleeping, and by what each call is said to take."""

    def __init__(self) -> None:
        self.now_s = 1_000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, wait_s: float) -> None:
        self.slept.append(wait_s)
        self.now_s += wait_s


class Calls:
    """Fails a number of times, then answers; each call may take a while."""

    def __init__(self, failures: int, *, time: Time | None = None, takes_s: float = 0.0) -> None:
        self.failures = failures
        self.made = 0
        self._time = time
        self._takes_s = takes_s

    def __call__(self) -> str:
        self.made += 1
        if self._time is not None:
            self._time.now_s += self._takes_s
        if self.made <= self.failures:
            raise Collision(f"call {self.made}")
        return f"answer of call {self.made}"


def always(value: float) -> Callable[[], float]:
    return lambda: value


def test_an_answer_is_returned_at_once_without_waiting() -> None:
    time, calls = Time(), Calls(0)

    answer = retry(
        calls,
        retry_on=(Collision,),
        budget_s=1,
        sleep=time.sleep,
        random=always(0.5),
        monotonic=time.monotonic,
    )

    assert answer == "answer of call 1"
    assert time.slept == []


def test_a_passing_failure_is_repeated_until_it_answers() -> None:
    time, calls = Time(), Calls(3)

    answer = retry(
        calls,
        retry_on=(Collision,),
        budget_s=10,
        sleep=time.sleep,
        random=always(0.5),
        monotonic=time.monotonic,
    )

    assert answer == "answer of call 4"
    assert time.slept == [0.01, 0.02, 0.04]


def test_waits_stop_growing_at_the_cap() -> None:
    time, calls = Time(), Calls(5)

    retry(
        calls,
        retry_on=(Collision,),
        budget_s=10,
        base_s=0.1,
        cap_s=0.4,
        sleep=time.sleep,
        random=always(1.0),
        monotonic=time.monotonic,
    )

    assert time.slept == [0.1, 0.2, 0.4, 0.4, 0.4]


def test_the_last_failure_is_raised_when_the_attempts_are_used_up() -> None:
    time, calls = Time(), Calls(99)

    with pytest.raises(Collision, match="call 4"):
        retry(
            calls,
            retry_on=(Collision,),
            budget_s=100,
            attempts_max=4,
            sleep=time.sleep,
            random=always(0.5),
            monotonic=time.monotonic,
        )

    assert calls.made == 4


def test_another_failure_is_raised_at_once() -> None:
    time = Time()
    calls = itertools.count(1)

    def refuse() -> str:
        raise ValueError(f"call {next(calls)}")

    with pytest.raises(ValueError, match="call 1"):
        retry(
            refuse,
            retry_on=(Collision,),
            budget_s=1,
            sleep=time.sleep,
            random=always(0.5),
            monotonic=time.monotonic,
        )

    assert time.slept == []


def test_slow_calls_use_up_the_budget_too() -> None:
    time = Time()
    calls = Calls(99, time=time, takes_s=0.4)

    with pytest.raises(Collision, match="call 3"):
        retry(
            calls,
            retry_on=(Collision,),
            budget_s=1,
            sleep=time.sleep,
            random=always(0.0),
            monotonic=time.monotonic,
        )


def test_no_budget_still_allows_the_first_call() -> None:
    time, calls = Time(), Calls(0)

    answer = retry(
        calls,
        retry_on=(Collision,),
        budget_s=0,
        sleep=time.sleep,
        random=always(0.0),
        monotonic=time.monotonic,
    )

    assert answer == "answer of call 1"


@given(
    failures=st.integers(0, 20),
    attempts_max=st.integers(1, 12),
    budget_s=st.floats(0, 5),
    base_s=st.floats(0.001, 0.5),
    chances=st.lists(st.floats(0, 1, exclude_max=True), min_size=1),
)
def test_it_never_sleeps_past_the_budget_nor_calls_too_often(
    failures: int, attempts_max: int, budget_s: float, base_s: float, chances: list[float]
) -> None:
    time, calls = Time(), Calls(failures)
    chance: Iterator[float] = itertools.cycle(chances)

    with contextlib.suppress(Collision):
        retry(
            calls,
            retry_on=(Collision,),
            budget_s=budget_s,
            base_s=base_s,
            cap_s=0.5,
            attempts_max=attempts_max,
            sleep=time.sleep,
            random=lambda: next(chance),
            monotonic=time.monotonic,
        )

    assert calls.made <= attempts_max
    assert len(time.slept) == calls.made - 1
    assert time.now_s <= 1_000.0 + budget_s
    for attempt, wait_s in enumerate(time.slept):
        assert wait_s <= min(0.5, base_s * 2**attempt)


def test_tokens_run_out_when_nothing_succeeds_and_come_back_with_success() -> None:
    tokens = RetryTokens()

    taken = sum(tokens.take() for _ in range(2 * TOKENS_MAX))
    tokens.give_back()

    assert taken == TOKENS_MAX
    assert [tokens.take(), tokens.take()] == [True, False]


def test_what_may_not_be_retried_is_told_at_once() -> None:
    calls = []

    def fail() -> None:
        calls.append(1)
        raise ConnectionError

    with pytest.raises(ConnectionError):
        retry(
            fail,
            retry_on=(ConnectionError,),
            budget_s=10,
            may_retry=lambda _: len(calls) < 2,
            sleep=lambda _: None,
            random=lambda: 0.0,
            monotonic=lambda: 0.0,
        )

    assert len(calls) == 2
