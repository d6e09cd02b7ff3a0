"""A scan that goes back waits in the row of its warehouse, though it lost its group on the way."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.stage import Stage
from tools import redrive
from tools.redrive import DeadLetter, ToQueue, group_of

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


def letter(body: str, *, queue: str = "scans", group: str | None = None) -> DeadLetter:
    return DeadLetter(
        queue=queue,
        message_id="m",
        receipt="r",
        body=body,
        reason="malformed",
        source=None,
        failed_at=None,
        sent_at=datetime(2026, 11, 21, tzinfo=UTC),
        receives=1,
        group=group,
        attributes={},
    )


@pytest.mark.parametrize(
    ("body", "group", "expected"),
    [
        ('{"warehouse":"WH1"}', None, "WH1"),
        ('{"warehouse":"WH2"}', "WH1", "WH2"),
        ('{"warehouse":"W 1"}', "WH1", "WH1"),
        ('{"warehouse":7}', None, None),
        ("[]", None, None),
        ("{", "WH1", "WH1"),
        ("", None, None),
    ],
)
def test_the_group_of_a_scan_is_its_warehouse_as_it_now_says(
    body: str, group: str | None, expected: str | None
) -> None:
    assert group_of(letter(body, group=group)) == expected


def test_other_queues_keep_the_group_that_they_had() -> None:
    assert group_of(letter('{"warehouse":"WH1"}', queue="jobs")) is None


def test_a_mended_scan_is_sent_in_the_group_of_its_warehouse(stage: Stage) -> None:
    sqs: SQSClient = stage.sqs
    url, dlq = stage.queue_urls["scans"], stage.queue_urls["scans-dlq"]
    sqs.send_message(QueueUrl=dlq, MessageBody='{"warehouse":"WH1","quantity":0}')
    (dead,) = redrive.collect(sqs, "scans", dlq, limit=10)
    mended = dead.with_body(json.dumps({"warehouse": "WH1", "quantity": 1}))

    redrive.give_back(sqs, dlq, [mended], ToQueue(sqs=sqs, url=url))

    (back,) = redrive.collect(sqs, "scans", url, limit=10)
    assert (back.group, back.body) == ("WH1", mended.body)
    assert redrive.collect(sqs, "scans", dlq, limit=10) == []
