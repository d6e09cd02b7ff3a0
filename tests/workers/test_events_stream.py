"""The stream's function: lists kept, events passed on, and no record that holds up its shard."""

import json
import random
from collections.abc import Sequence
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.core.errors import TransientError
from chalicelib.gateways.queues import QueueMessage, Sent
from chalicelib.store.views import ReturnFilters
from chalicelib.workers.events_stream import project_events
from chalicelib.workers.messages import DeliveryMessage
from tests.stage import Stage, run_stream_worker
from tests.story import Story


@pytest.fixture
def told(stage: Stage) -> list[dict[str, Any]]:
    """The records of a short story."""
    story = Story(stage)
    story.stock("S1", "S2")
    story.order("O1")
    story.approve(story.return_("O1").return_id)
    return stage.changes


def events_sent(stage: Stage) -> list[dict[str, Any]]:
    bodies = [json.loads(message["body"]) for message in stage.messages("deliveries")]
    return [body["event"] for body in bodies if "event" in body]


def statuses() -> list[str]:
    return [row.status.value for row in wiring.views().returns(ReturnFilters()).items]


def test_what_a_command_changed_shows_in_the_lists(
    stage: Stage, told: list[dict[str, Any]]
) -> None:
    assert run_stream_worker(project_events, told) == []

    assert statuses() == ["APPROVED"]
    assert len(wiring.views().stock("W1").items) == 6
    assert stage.messages("events-dlq") == []


def test_each_event_is_passed_on_as_a_cloudevent_with_its_correlation_id(
    stage: Stage, told: list[dict[str, Any]]
) -> None:
    run_stream_worker(project_events, told)

    messages = stage.messages("deliveries")
    for message in messages:
        DeliveryMessage.model_validate_json(message["body"])
    bodies = [json.loads(message["body"]) for message in messages]
    events = [body["event"] for body in bodies if "event" in body]
    stored = [c for c in told if c["dynamodb"].get("NewImage", {}).get("type") == {"S": "EVENT"}]
    assert len(events) == len(stored) > 4
    assert {event["source"] for event in events} == {"tuiku/test"}
    assert {event["correlationid"] for event in events} == {"corr-1"}
    assert {event["specversion"] for event in events} == {"1.0"}
    assert {"return.approved", "order.registered"} <= {event["type"] for event in events}


def test_each_passed_on_event_is_a_line_in_the_log_with_its_correlation_id(
    stage: Stage, told: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    run_stream_worker(project_events, told)

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    published = [line for line in lines if line["message"] == "event published"]
    assert {line["correlation_id"] for line in published} == {"corr-1"}
    assert len(published) == len(events_sent(stage))


def test_the_whole_stream_told_again_in_any_order_changes_nothing(
    stage: Stage, told: list[dict[str, Any]]
) -> None:
    run_stream_worker(project_events, told)
    expected, ids = stage.rows(), {event["id"] for event in events_sent(stage)}

    for seed in range(3):
        again = list(told)
        random.Random(seed).shuffle(again)
        run_stream_worker(project_events, again)

    assert stage.rows() == expected
    assert {event["id"] for event in events_sent(stage)} == ids


def test_a_changed_event_item_is_not_passed_on_again(
    stage: Stage, told: list[dict[str, Any]]
) -> None:
    events = [c for c in told if c["dynamodb"]["NewImage"].get("type") == {"S": "EVENT"}]

    run_stream_worker(project_events, [{**c, "eventName": "MODIFY"} for c in events])

    assert events_sent(stage) == []


def _changed(record: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    poisoned: dict[str, Any] = json.loads(json.dumps(record))
    poisoned["dynamodb"]["NewImage"].update(attributes)
    return poisoned


def _without(record: dict[str, Any], attribute: str) -> dict[str, Any]:
    poisoned: dict[str, Any] = json.loads(json.dumps(record))
    del poisoned["dynamodb"]["NewImage"][attribute]
    return poisoned


POISONS: dict[str, Any] = {
    "body is no JSON": lambda record: _changed(record, body={"S": "{"}),
    "body of another kind": lambda record: _changed(record, body={"S": '{"a":1}'}),
    "no body": lambda record: _without(record, "body"),
    "no version": lambda record: _without(record, "v"),
    "a version that is no number": lambda record: _changed(record, v={"N": "x"}),
    "no key": lambda record: _without(record, "pk"),
    "no image": lambda record: {**record, "dynamodb": {}},
    "no change": lambda record: {"eventName": "INSERT"},
    "no name": lambda record: {"dynamodb": record["dynamodb"]},
    "nothing": lambda record: {},
    "no record": lambda record: "poison",
}


@pytest.mark.parametrize("poison", POISONS.values(), ids=POISONS)
def test_a_poisonous_record_goes_to_the_dead_letters_and_holds_nothing_up(
    stage: Stage, told: list[dict[str, Any]], poison: Any
) -> None:
    tasks = [c for c in told if c["dynamodb"]["NewImage"].get("type") == {"S": "TASK"}]
    poisoned = poison(tasks[-1])
    others = [change for change in told if change is not tasks[-1]]

    assert run_stream_worker(project_events, [poisoned, *others]) == []

    (letter,) = stage.messages("events-dlq")
    assert json.loads(letter["body"]) == _without_old_image(poisoned)
    assert (letter["source"], bool(letter["reason"])) == ("project_events", True)
    assert statuses() == ["APPROVED"]


def _without_old_image(record: Any) -> Any:
    if isinstance(record, dict) and "NewImage" in record.get("dynamodb", {}):
        record["dynamodb"].pop("OldImage", None)
    return record


def test_a_poisonous_event_is_given_up_on_alone(stage: Stage, told: list[dict[str, Any]]) -> None:
    events = [c for c in told if c["dynamodb"]["NewImage"].get("type") == {"S": "EVENT"}]

    run_stream_worker(project_events, [_changed(events[0], body={"S": "[]"}), *events[1:]])

    assert len(stage.messages("events-dlq")) == 1
    assert len(events_sent(stage)) == len(events) - 1


def test_a_dead_letter_handed_back_is_done_once_it_can_be(
    stage: Stage, told: list[dict[str, Any]]
) -> None:
    returns = [c for c in told if c["dynamodb"]["NewImage"].get("type") == {"S": "RETURN"}]
    run_stream_worker(project_events, [_changed(returns[-1], body={"S": "{"})])
    (letter,) = stage.messages("events-dlq")
    mended = json.loads(letter["body"])
    mended["dynamodb"]["NewImage"]["body"] = returns[-1]["dynamodb"]["NewImage"]["body"]

    assert run_stream_worker(project_events, [mended]) == []

    assert statuses() == ["APPROVED"]


class _Broken:
    """A queue service that is not there."""

    def send_many(self, queue_url: str, messages: Sequence[QueueMessage]) -> list[Sent]:
        return [Sent(is_accepted=False, code="ServiceUnavailable") for _ in messages]

    def send_dead(self, *_: object, **__: object) -> None:
        raise TransientError("queue_unavailable", "SQS did not take it")


def test_what_may_pass_fails_the_batch_so_that_it_is_repeated(
    stage: Stage, told: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(wiring, "queues", _Broken)
        with pytest.raises(TransientError):
            run_stream_worker(project_events, told)
        with pytest.raises(TransientError):
            run_stream_worker(project_events, [{}])

    run_stream_worker(project_events, told)
    assert statuses() == ["APPROVED"]
    assert len(events_sent(stage)) > 4


def test_stock_that_moved_is_to_be_looked_at_once_for_each_sku_of_a_warehouse(
    stage: Stage, told: list[dict[str, Any]]
) -> None:
    run_stream_worker(project_events, told)

    bodies = [json.loads(message["body"]) for message in stage.messages("deliveries")]
    moved = [body["stock"] for body in bodies if "stock" in body]
    assert moved
    assert {one["warehouse"] for one in moved} == {"W1"}
    assert len(moved) == len({one["sku"] for one in moved})


def test_an_empty_batch_is_nothing(stage: Stage) -> None:
    assert run_stream_worker(project_events, []) == []
