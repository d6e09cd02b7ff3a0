"""Deliveries: every event is in the archive once, under the hour in which it happened."""

import json
from typing import Any

import pytest

from chalicelib.workers.deliveries_queue import deliver_messages
from tests.stage import Stage, run_queue_worker

KEY = "events/date=2026-11-21/hour=09/evt_1.json"


def event(**changes: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "evt_1",
        "type": "return.approved",
        "time": "2026-11-21T09:00:01.000Z",
        "correlationid": "corr-1",
        "data": {"return_id": "ret_1", "note": "退库"},
        **changes,
    }


def message(**changes: Any) -> str:
    return json.dumps({"event": event(**changes)})


def test_an_event_is_archived_once_however_often_it_comes(stage: Stage) -> None:
    assert run_queue_worker(deliver_messages, message(), message()) == []
    assert run_queue_worker(deliver_messages, message()) == []

    (archived,) = stage.objects().items()
    assert archived[0] == KEY
    assert json.loads(archived[1]) == event()


def test_the_log_follows_the_event_by_its_correlation_id(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    run_queue_worker(deliver_messages, message())

    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (line["correlation_id"], line["event_id"]) == ("corr-1", "evt_1")


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "../../files/evil"},
        {"id": ""},
        {"id": 7},
        {"id": "e" * 65},
        {"time": None},
        {"time": "yesterday"},
        {"time": "2026-11-21T09:00:01"},
    ],
    ids=str,
)
def test_what_is_no_event_goes_to_the_dead_letters(stage: Stage, changes: dict[str, Any]) -> None:
    assert run_queue_worker(deliver_messages, message(**changes), message(id="evt_2")) == []

    (letter,) = stage.messages("deliveries-dlq")
    assert letter["reason"].startswith("malformed_event")
    assert list(stage.objects()) == [KEY.replace("evt_1", "evt_2")]


def test_a_malformed_message_goes_to_the_dead_letters(stage: Stage) -> None:
    assert run_queue_worker(deliver_messages, "{", '{"evnet":{}}') == []

    assert len(stage.messages("deliveries-dlq")) == 2
    assert stage.objects() == {}


def test_an_archive_that_cannot_be_reached_is_tried_again(stage: Stage) -> None:
    stage.s3.delete_bucket(Bucket="tuiku-test-files")

    assert run_queue_worker(deliver_messages, message()) == ["m0"]
    assert stage.messages("deliveries-dlq") == []
