"""Messages reach SQS once asked for, each with its own result; what fails is said, not hidden."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from chalicelib.core.errors import Invalid, TransientError
from chalicelib.gateways.aws import Aws
from chalicelib.gateways.queues import MESSAGE_BYTES_MAX, QueueMessage, Queues, Sent

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

ACCEPTED = Sent(is_accepted=True)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield Aws(region="eu-central-1")


@pytest.fixture
def queue_url(aws: Aws) -> str:
    return aws.sqs.create_queue(QueueName="tuiku-test-scans")["QueueUrl"]


def received(aws: Aws, queue_url: str) -> list[Any]:
    messages: list[Any] = []
    while True:
        page = aws.sqs.receive_message(
            QueueUrl=queue_url,
            MaxNumberOfMessages=10,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages", [])
        if not page:
            return messages
        messages += page


class FakeSqs:
    """Takes what it is told to take: `verdicts` holds, per call, the failures by entry id."""

    def __init__(self, *verdicts: dict[str, tuple[str, bool]]) -> None:
        self.verdicts = list(verdicts)
        self.calls: list[list[str]] = []

    def send_message_batch(self, *, QueueUrl: str, Entries: list[Any]) -> dict[str, Any]:  # noqa: N803
        verdict = self.verdicts.pop(0) if self.verdicts else {}
        ids = [entry["Id"] for entry in Entries]
        assert len(ids) <= 10
        assert sum(len(entry["MessageBody"].encode()) for entry in Entries) <= MESSAGE_BYTES_MAX
        self.calls.append([entry["MessageBody"] for entry in Entries])
        failed = [
            {"Id": id_, "Code": verdict[id_][0], "SenderFault": verdict[id_][1]}
            for id_ in ids
            if id_ in verdict
        ]
        taken = [{"Id": id_} for id_ in ids if id_ not in verdict]
        return {"Successful": taken, "Failed": failed} if failed else {"Successful": taken}


def queues_over(fake: FakeSqs) -> Queues:
    return Queues(
        cast("SQSClient", fake),
        sleep=lambda wait_s: None,
        chance=lambda: 0.5,
        monotonic=lambda: 0.0,
    )


def bodies(*texts: str) -> list[QueueMessage]:
    return [QueueMessage(body=text) for text in texts]


def test_a_message_arrives_with_its_group_and_attributes(aws: Aws, queue_url: str) -> None:
    Queues(aws.sqs).send(queue_url, '{"a":1}', group="PAR1", attributes={"kind": "scan"})

    [message] = received(aws, queue_url)
    assert message["Body"] == '{"a":1}'
    assert message["Attributes"]["MessageGroupId"] == "PAR1"
    assert message["MessageAttributes"]["kind"]["StringValue"] == "scan"


def test_many_messages_arrive_each_with_a_result(aws: Aws, queue_url: str) -> None:
    messages = [QueueMessage(body=f"{number}", group="PAR1") for number in range(25)]

    results = Queues(aws.sqs).send_many(queue_url, messages)

    assert results == [ACCEPTED] * 25
    arrived = received(aws, queue_url)
    assert sorted(int(message["Body"]) for message in arrived) == list(range(25))


def test_a_dead_message_says_why_whence_and_when(aws: Aws, queue_url: str) -> None:
    failed_at = datetime(2026, 11, 21, 9, 28, tzinfo=UTC)

    Queues(aws.sqs).send_dead(
        queue_url, "{bad", reason="malformed", source="tuiku-test-scans", failed_at=failed_at
    )

    [message] = received(aws, queue_url)
    said = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert message["Body"] == "{bad"
    assert said == {
        "reason": "malformed",
        "source": "tuiku-test-scans",
        "failed_at": "2026-11-21T09:28:00.000Z",
    }


@pytest.mark.parametrize(
    ("reason", "kept"),
    [("", "-"), ("a\x00b\ud800", "a?b?"), ("é" * 600, "é" * 500), ("行 3", "行 3")],
    ids=["empty", "control", "long", "chinese"],
)
def test_any_reason_can_be_told(aws: Aws, queue_url: str, reason: str, kept: str) -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)

    Queues(aws.sqs).send_dead(queue_url, "x", reason=reason, source="scans", failed_at=now)

    [message] = received(aws, queue_url)
    assert message["MessageAttributes"]["reason"]["StringValue"] == kept


@pytest.mark.parametrize("group", ["", "Paris Nord", "巴黎", "x" * 129])
def test_a_group_that_sqs_refuses_is_left_out(aws: Aws, queue_url: str, group: str) -> None:
    Queues(aws.sqs).send(queue_url, "x", group=group)

    [message] = received(aws, queue_url)
    assert "MessageGroupId" not in message["Attributes"]


def test_entries_that_failed_on_the_side_of_sqs_are_sent_again_alone() -> None:
    fake = FakeSqs({"1": ("InternalError", False)}, {"1": ("InternalError", False)})

    results = queues_over(fake).send_many("q", bodies("a", "b", "c"))

    assert results == [ACCEPTED] * 3
    assert fake.calls == [["a", "b", "c"], ["b"], ["b"]]


def test_an_entry_that_is_our_fault_is_not_sent_again() -> None:
    fake = FakeSqs({"0": ("InvalidMessageContents", True), "2": ("InternalError", False)})

    results = queues_over(fake).send_many("q", bodies("a", "b", "c"))

    assert results == [
        Sent(is_accepted=False, code="InvalidMessageContents"),
        ACCEPTED,
        ACCEPTED,
    ]
    assert fake.calls == [["a", "b", "c"], ["c"]]


def test_an_entry_that_keeps_failing_is_given_up_with_its_code() -> None:
    always = {"1": ("InternalError", False)}
    fake = FakeSqs(always, always, always, always, always)

    results = queues_over(fake).send_many("q", bodies("a", "b"))

    assert results == [ACCEPTED, Sent(is_accepted=False, code="InternalError")]
    assert len(fake.calls) == 4


def test_one_bad_batch_does_not_stop_the_next() -> None:
    refused = {str(number): ("InvalidMessageContents", True) for number in range(10)}
    fake = FakeSqs(refused)

    results = queues_over(fake).send_many("q", bodies(*"abcdefghijkl"))

    assert [sent.is_accepted for sent in results] == [False] * 10 + [True] * 2


def test_a_message_above_the_limit_is_refused_alone() -> None:
    fake = FakeSqs()

    results = queues_over(fake).send_many("q", bodies("a", "x" * (MESSAGE_BYTES_MAX + 1), "c"))

    assert results == [ACCEPTED, Sent(is_accepted=False, code="message_too_large"), ACCEPTED]
    with pytest.raises(Invalid, match="message_too_large"):
        queues_over(fake).send("q", "é" * (MESSAGE_BYTES_MAX // 2 + 1))


def test_a_send_that_was_not_taken_is_transient() -> None:
    always = {"0": ("InternalError", False)}

    with pytest.raises(TransientError, match="queue_unavailable") as caught:
        queues_over(FakeSqs(always, always, always, always)).send("q", "a")

    assert caught.value.details["aws_code"] == "InternalError"


def test_a_missing_queue_is_told_by_its_code(aws: Aws) -> None:
    url = "https://sqs.eu-central-1.amazonaws.com/123456789012/none"

    [sent] = Queues(aws.sqs).send_many(url, bodies("a"))

    assert not sent.is_accepted
    assert "NonExistentQueue" in str(sent.code) or "QueueDoesNotExist" in str(sent.code)


def test_nothing_to_send_is_no_call() -> None:
    fake = FakeSqs()

    assert queues_over(fake).send_many("q", []) == []
    assert fake.calls == []


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_an_unreachable_sqs_is_told_for_each_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    queues = Queues(Aws(region="eu-central-1", endpoint_url="http://127.0.0.1:9").sqs)

    results = queues.send_many("http://127.0.0.1:9/0/q", bodies("a", "b"))

    assert results == [Sent(is_accepted=False, code="EndpointConnectionError")] * 2


@given(st.lists(st.integers(0, MESSAGE_BYTES_MAX + 2), max_size=30))
def test_batches_keep_the_limits_the_order_and_every_message(sizes: list[int]) -> None:
    fake = FakeSqs()
    messages = [QueueMessage(body="x" * size) for size in sizes]

    results = queues_over(fake).send_many("q", messages)

    expected = [size <= MESSAGE_BYTES_MAX for size in sizes]
    assert [sent.is_accepted for sent in results] == expected
    sent_sizes = [len(body) for call in fake.calls for body in call]
    assert sent_sizes == [size for size in sizes if size <= MESSAGE_BYTES_MAX]
