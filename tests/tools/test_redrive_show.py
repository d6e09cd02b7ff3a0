"""`tuiku redrive --show`: a dead letter whole, as `--edit` takes it, and nothing is changed."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import pytest

from tests.stage import Stage
from tools import redrive
from tools.cli.redrive import _show
from tools.stack.errors import StackError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from tools.targets import Target


@dataclass(frozen=True, slots=True)
class Place:
    """What is used of a target."""

    sqs: "SQSClient"
    url: str

    def dead_letters_of(self, _: str) -> str:
        return self.url


@pytest.fixture
def place(stage: Stage) -> Place:
    return Place(stage.sqs, stage.queue_urls["scans-dlq"])


def put(place: Place, body: str) -> str:
    return place.sqs.send_message(
        QueueUrl=place.url,
        MessageBody=body,
        MessageAttributes={"reason": {"DataType": "String", "StringValue": "malformed: quantity"}},
    )["MessageId"]


def show(place: Place, message: str, *, as_json: bool = False) -> None:
    _show(cast("Target", place), "scans", message, 1000, as_json=as_json)


def test_the_body_alone_is_printed_and_the_reason_beside_it(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    scan = {"scan_id": "s-1", "quantity": 0, "sku": "Tasse, weiß"}
    message = put(place, json.dumps(scan))
    put(place, "{}")

    show(place, message)

    printed = capsys.readouterr()
    assert json.loads(printed.out) == scan
    assert "Tasse, weiß" in printed.out
    assert "malformed: quantity" in printed.err
    assert len(redrive.collect(place.sqs, "scans", place.url, limit=10)) == 2


def test_a_body_that_is_no_json_is_printed_as_it_is(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    message = put(place, "{ torn")

    show(place, message)
    assert capsys.readouterr().out == "{ torn\n"

    show(place, message, as_json=True)
    assert json.loads(capsys.readouterr().out)["body"] == "{ torn"


def test_a_message_that_is_not_there_is_told(place: Place) -> None:
    with pytest.raises(StackError, match="no message nowhere"):
        show(place, "nowhere")
