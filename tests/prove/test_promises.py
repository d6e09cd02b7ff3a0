"""Each promise at small scale: the trials themselves work, and what they promise holds."""

import pytest

from prove.__main__ import run, shown
from prove.promises import Ground, promises
from prove.results import SMALL, Asked, Promise, Trial

# All in one process, which is also that of the stack: they share the bench.
pytestmark = [pytest.mark.e2e, pytest.mark.slow]
NUMBERS = (1, 2, 3, 4, 5, 6, 7, 9, 12, 13, 18, 24, 25, 26)


@pytest.mark.parametrize("number", NUMBERS)
def test_the_promise_is_kept(ground: Ground, number: int) -> None:
    promise = next(p for p in promises(ground) if p.number == number)

    row = run(promise, Asked(scale=SMALL))

    assert row["pass"], shown(row)


def test_every_promise_is_tried(ground: Ground) -> None:
    assert tuple(promise.number for promise in promises(ground)) == NUMBERS


def test_a_trial_that_breaks_off_breaks_the_promise() -> None:
    def attempt(asked: Asked, trial: Trial) -> None:
        trial.check(True, "5/5 good")
        raise RuntimeError("no more")

    row = run(Promise(number=0, claim="", goal="", how="", attempt=attempt), Asked(scale=SMALL))

    assert row["pass"] is False
    assert shown(row).startswith("promise 0 | 5/5 good; broke off: RuntimeError: no more | FAIL")


def test_a_figure_that_does_not_hold_is_told() -> None:
    trial = Trial()
    trial.check(True, "3 done")
    trial.check(False, "1 lost")

    assert (trial.is_kept, trial.faults) == (False, ["1 lost"])
