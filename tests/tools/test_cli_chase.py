"""`tuiku chase` runs the function until nothing is left, and no longer than it gets on."""

import io
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from chalice.app import CloudWatchEvent

from tools.cli.chase import SECONDS_A_RUN, chased, event_of, run_once
from tools.cli.progress import Step
from tools.stack.errors import StackError
from tools.targets import Identity, Target


def counts(
    *,
    reminded: int = 0,
    expired: int = 0,
    overdue: int = 0,
    unchanged: int = 0,
    failed: int = 0,
    remaining: int = 0,
) -> dict[str, int]:
    return {
        "reminded": reminded,
        "expired": expired,
        "overdue": overdue,
        "unchanged": unchanged,
        "failed": failed,
        "remaining": remaining,
    }


def step() -> Step:
    return Step("Chasing", lambda _: None)


@dataclass(slots=True)
class FakeLambda:
    """Answers every invocation with the next of these."""

    answers: Iterator[dict[str, Any]]
    asked: list[dict[str, Any]] = field(default_factory=list)

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        self.asked.append({"name": FunctionName, "event": json.loads(Payload)})
        return next(self.answers)


def answer(told: Any, **more: str) -> dict[str, Any]:
    return {"Payload": io.BytesIO(json.dumps(told).encode()), **more}


def target(functions: FakeLambda, **names: str) -> Target:
    return Target(
        shown="the stage 'x'",
        stage="x",
        region="eu-central-1",
        api_url="",
        bucket="",
        queues={},
        tables={},
        functions=names,
        identity=Identity(pool_id="", client_id="", token_url=""),
        client=lambda service: functions,
    )


def test_it_runs_again_as_long_as_something_is_left() -> None:
    runs = iter([counts(reminded=2, expired=1, remaining=4), counts(expired=4, overdue=1)])

    assert chased(lambda: next(runs), step()) == counts(reminded=2, expired=5, overdue=1)


def test_a_run_that_gets_nowhere_is_the_last_one() -> None:
    runs = iter([counts(reminded=1, failed=2, remaining=3), counts(failed=2, remaining=3)])

    assert chased(lambda: next(runs), step()) == counts(reminded=1, failed=2, remaining=3)


def test_the_function_is_told_how_long_it_may_take() -> None:
    functions = FakeLambda(iter([answer(counts(reminded=1))]))

    told = run_once(target(functions, chase_deadlines="tuiku-x-chase_deadlines"))

    (asked,) = functions.asked
    assert told == counts(reminded=1)
    assert asked["name"] == "tuiku-x-chase_deadlines"
    assert asked["event"]["detail"] == {"seconds": SECONDS_A_RUN}


def test_the_event_is_one_that_the_function_reads() -> None:
    event = event_of(target(FakeLambda(iter([]))), time.gmtime(0))

    assert CloudWatchEvent(event, None).time == "1970-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("functions", "names", "said"),
    [
        (FakeLambda(iter([])), {}, "deploy this version first"),
        (
            FakeLambda(
                iter([answer({"errorMessage": "out of memory"}, FunctionError="Unhandled")])
            ),
            {"chase_deadlines": "f"},
            "out of memory",
        ),
        (FakeLambda(iter([answer(None)])), {"chase_deadlines": "f"}, "failed: null"),
    ],
    ids=["not deployed", "failed", "silent"],
)
def test_what_cannot_be_done_is_one_sentence(
    functions: FakeLambda, names: dict[str, str], said: str
) -> None:
    with pytest.raises(StackError, match=said):
        run_once(target(functions, **names))
