"""What cannot be worked on waits in a dead-letter queue, is mended there, and then counts once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.merchant import Json, Merchant, eventually
from tools.demo.desk import Case
from tools.demo.floor import picture
from tools.demo.sale import Sale
from tools.stack.places import ROOT

SALE = Sale(name="e2e-dead", units=3)
PHOTO = picture("late")


def tuiku(merchant: Merchant, *arguments: str) -> str:
    """What the operator's command prints."""
    done = _run(merchant, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _run(merchant: Merchant, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.cli", *arguments, "--name", merchant.stack.state.name]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )


def letters(merchant: Merchant, queue: str, word: str) -> list[Json]:
    """The dead letters of a queue that hold a word of ours."""
    listed = json.loads(tuiku(merchant, "redrive", queue, "--json"))
    return [letter for letter in listed if word in letter["body"]]


def waiting(merchant: Merchant, queue: str, word: str) -> list[Json]:
    """Our dead letters, once they are there."""
    return eventually(lambda: letters(merchant, queue, word))


def put(merchant: Merchant, queue: str, body: str) -> None:
    stack = merchant.stack
    stack.boto("sqs").send_message(QueueUrl=stack.state.queues[queue], MessageBody=body)


def redriven(merchant: Merchant, queue: str, letter: Json, *more: str) -> Json:
    arguments = ("redrive", queue, "--message", letter["message_id"], *more, "--json")
    told: Json = json.loads(tuiku(merchant, *arguments))
    return told


@pytest.fixture(scope="module", autouse=True)
def early(merchant: Merchant) -> Json:
    """Word of a photo that is not there yet, in one batch with word of nonsense.

    Sent first, because it takes its time: it is tried again until the queue gives up.
    """
    case = merchant.asked(Sale(name="e2e-dead-photo", units=1), 1, role="customer")
    asked = {"content_type": "image/jpeg", "size": len(PHOTO)}
    form: Json = merchant.send("customer", "POST", f"/returns/{case.id}/photos", asked).body
    stack = merchant.stack
    notices = [_notice(stack.state.bucket, form["fields"]["key"]), '{"Records": "nonsense"}']
    stack.boto("sqs").send_message_batch(
        QueueUrl=stack.state.queues["uploads"],
        Entries=[{"Id": str(n), "MessageBody": notice} for n, notice in enumerate(notices)],
    )
    return {**form, "return_id": case.id}


def _notice(bucket: str, key: str) -> str:
    """What S3 writes when a file arrives."""
    stored = {"bucket": {"name": bucket}, "object": {"key": key, "size": len(PHOTO)}}
    return json.dumps({"Records": [{"eventName": "ObjectCreated:Post", "s3": stored}]})


def test_a_mended_scan_is_sent_back_and_booked_once(merchant: Merchant, tmp_path: Path) -> None:
    case = merchant.approved(SALE, 2)
    scan = merchant.scan("dead", 1, return_number=case.number, sku=SALE.sku)
    put(merchant, "scans", json.dumps({**scan, "quantity": "one"}))
    (letter,) = waiting(merchant, "scans", scan["scan_id"])

    assert "quantity" in letter["reason"]
    assert letter["source"] == "ingest_scans"
    assert letter["failed_at"]
    assert merchant.outcome_of(scan["scan_id"])["state"] == "malformed"

    mended = tmp_path / "mended.json"
    mended.write_text(json.dumps(scan))
    told = redriven(merchant, "scans", letter, "--edit", str(mended))
    put(merchant, "scans", json.dumps(scan))

    assert told == {"queue": "scans", "sent_back": 1, "stayed": []}
    outcome = eventually(
        lambda: merchant.send("warehouse", "GET", f"/scans/{scan['scan_id']}").expect(200),
        lambda seen: seen["state"] == "done",
    )
    assert outcome["outcome"]["return_id"] == case.id
    assert letters(merchant, "scans", scan["scan_id"]) == []
    _drained(merchant, "scans")
    case.must_be(status="PARTLY_RECEIVED", received=1, awaiting=1)


def _drained(merchant: Merchant, queue: str) -> None:
    """Nothing of the queue waits or is being worked on."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    url = merchant.stack.state.queues[queue]
    sqs = merchant.stack.boto("sqs")

    def depth() -> int:
        answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)
        return sum(int(answer["Attributes"][name]) for name in names)

    eventually(depth, lambda waiting: waiting == 0)


def test_what_is_sent_back_as_it_was_comes_back_to_the_dead_letters(merchant: Merchant) -> None:
    scan = merchant.scan("again", 1, sku="X", quantity=0)
    put(merchant, "scans", json.dumps(scan))
    (first,) = waiting(merchant, "scans", scan["scan_id"])

    redriven(merchant, "scans", first)

    (second,) = waiting(merchant, "scans", scan["scan_id"])
    assert second["message_id"] != first["message_id"]
    assert (second["body"], second["reason"]) == (first["body"], first["reason"])
    told = redriven(merchant, "scans", second, "--drop", "--yes")
    assert told == {"queue": "scans", "dropped": 1, "stayed": []}
    assert letters(merchant, "scans", scan["scan_id"]) == []


@pytest.mark.parametrize(
    ("queue", "body", "reason", "source"),
    [
        ("scans", '{"note": "MARK"}', "scan_id: missing", "ingest_scans"),
        ("uploads", '{"Records": "MARK"}', "malformed", "index_uploads"),
        ("deliveries", '{"event": {"id": "MARK"}}', "An event has an id and a time.",
         "deliver_messages"),
        ("jobs", '{"job": "MARK"}', "malformed", "run_job"),
    ],
    ids=["scans", "uploads", "deliveries", "jobs"],
)  # fmt: skip
def test_every_queue_keeps_what_it_cannot_read_with_the_reason(
    merchant: Merchant, queue: str, body: str, reason: str, source: str
) -> None:
    mark = merchant.key(queue)
    marked = body.replace("MARK", mark)
    put(merchant, queue, marked)

    (letter,) = waiting(merchant, queue, mark)

    assert reason in letter["reason"]
    assert letter["source"] == source
    assert letter["body"] == marked
    redriven(merchant, queue, letter, "--drop", "--yes")


def test_a_message_that_is_no_json_is_kept_as_it_came(merchant: Merchant) -> None:
    mark = merchant.key("text")
    put(merchant, "scans", f"<scan>{mark}</scan>")

    (letter,) = waiting(merchant, "scans", mark)

    assert letter["body"] == f"<scan>{mark}</scan>"
    assert letter["reason"].startswith("malformed")
    redriven(merchant, "scans", letter, "--drop", "--yes")


def test_an_event_that_could_not_be_passed_on_is_handed_to_the_worker_again(
    merchant: Merchant,
) -> None:
    """As project_events leaves it: the stream's record, which another run of it can read."""
    case = merchant.approved(Sale(name="e2e-dead-event", units=1), 1)
    record = _stream_record(merchant, case)
    put(merchant, "events-dlq", json.dumps(record))
    (letter,) = waiting(merchant, "events", case.id)

    told = redriven(merchant, "events", letter)

    assert told == {"queue": "events", "sent_back": 1, "stayed": []}
    assert letters(merchant, "events", case.id) == []
    rows = merchant.send("auditor", "GET", f"/returns?order_no={case.now()['order_no']}")
    assert [row["id"] for row in rows.expect(200)["items"]] == [case.id]


def _stream_record(merchant: Merchant, case: Case) -> Json:
    item = merchant.stack.boto("dynamodb").get_item(
        TableName=merchant.stack.state.tables["core"],
        Key={"pk": {"S": f"RETURN#{case.id}"}, "sk": {"S": "RETURN"}},
    )["Item"]
    keys = {name: item[name] for name in ("pk", "sk")}
    change = {"Keys": keys, "NewImage": item, "SequenceNumber": "1"}
    return {"eventID": "1", "eventName": "MODIFY", "dynamodb": change}


def test_an_operator_is_told_what_to_do_about_a_message_that_is_not_there(
    merchant: Merchant,
) -> None:
    done = _run(merchant, "redrive", "scans", "--message", "no-such-message")

    assert done.returncode != 0
    assert done.stdout == ""
    assert "tuiku redrive scans" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_fails_again_and_again_ends_with_the_dead_letters_and_can_be_done_later(
    merchant: Merchant, early: Json
) -> None:
    (letter,) = waiting(merchant, "uploads", early["photo_id"])
    merchant.stack.upload(early["url"], early["fields"], PHOTO).expect(200, 201, 204)

    told = redriven(merchant, "uploads", letter)

    assert letter["reason"] == "given up after repeated failures"
    assert letter["receives"] > 5
    assert told["sent_back"] == 1
    path = f"/returns/{early['return_id']}/photos"
    photos = eventually(
        lambda: merchant.send("customer", "GET", path).expect(200)["items"],
        lambda items: items[0]["state"] == "clean",
    )
    assert [photo["photo_id"] for photo in photos] == [early["photo_id"]]
    _drained(merchant, "uploads")
    assert letters(merchant, "uploads", early["photo_id"]) == []
    timeline = merchant.send("auditor", "GET", f"/returns/{early['return_id']}/timeline").body
    types = [entry["type"] for entry in timeline["items"]]
    assert types.count("photo.accepted") == 1
