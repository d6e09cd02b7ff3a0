"""Scans: each is booked once, whatever the queue does, and a bad one can be asked about."""

import json
import random
from bisect import bisect_left
from datetime import datetime
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.core.clock import utc_now
from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Invalid
from chalicelib.inventory.count_sessions import CountLine, CountSession, OpenCounts, SessionState
from chalicelib.inventory.model import Account
from chalicelib.returns.model import Return
from chalicelib.returns.standing import Status, status_of
from chalicelib.store.codec import body_attribute
from chalicelib.workers.scans_queue import ingest_scans
from tests.stage import NOW, Stage, run_queue_worker
from tests.story import Story


@pytest.fixture
def expected(stage: Stage) -> Return:
    """A return of three units that is expected in W1."""
    story = Story(stage)
    story.stock("S1", "S2")
    story.order("O1")
    return story.approve(story.return_("O1", quantity=3).return_id)


def scan(scan_id: str = "scan-1", **changes: Any) -> dict[str, Any]:
    return {
        "scan_id": scan_id,
        "device_id": "dev-1",
        "seq": 1,
        "captured_at": "2026-11-21T08:59:00Z",
        "warehouse": "W1",
        "sku": "S1",
        "quantity": 1,
        **changes,
    }


def sent(*scans: dict[str, Any]) -> list[str]:
    return run_queue_worker(ingest_scans, *(json.dumps(one) for one in scans))


def in_account(account: Account) -> int:
    balances = wiring.reads().balances("W1", ["S1"])
    return sum(balance.quantity for balance in balances if balance.account is account)


def test_scans_in_any_order_and_number_book_each_unit_once(stage: Stage, expected: Return) -> None:
    scans = [scan(f"scan-{n}", seq=n, return_number=expected.number) for n in range(3)]
    chance = random.Random(7)
    told = scans * 3
    chance.shuffle(told)

    for start in range(0, len(told), 4):
        assert sent(*told[start : start + 4]) == []

    ret = wiring.reads().return_(expected.return_id)
    assert ret is not None
    assert status_of(ret) is Status.RECEIVED
    assert (in_account(Account.RECEIVING), in_account(Account.QUARANTINE)) == (3, 0)
    assert stage.messages("scans-dlq") == []


def test_a_surplus_and_a_stranger_become_exceptions_in_quarantine(
    stage: Stage, expected: Return
) -> None:
    surplus = scan("scan-a", return_number=expected.number, quantity=4)

    assert sent(surplus, scan("scan-b"), scan("scan-c", return_number="R26NOTTHERE1")) == []

    outcomes = [wiring.reads().scan_outcome(f"scan-{name}") for name in "abc"]
    assert [len(outcome.exception_ids) for outcome in outcomes if outcome] == [1, 1, 1]
    assert (in_account(Account.RECEIVING), in_account(Account.QUARANTINE)) == (3, 3)


def test_the_events_of_a_scan_carry_its_device_and_correlation_id(
    stage: Stage, expected: Return
) -> None:
    sent(scan(return_number=expected.number, correlation_id="from-device"))

    last = wiring.reads().events(expected.subject)[-1]
    assert (last.type, last.actor.id, last.actor.role) == ("return.received", "dev-1", "device")
    assert last.correlation_id == "from-device"


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"quantity": 0}, "quantity: greater_than_equal"),
        ({"quantity": "1"}, "quantity: int_type"),
        ({"colour": "red"}, "colour: extra_forbidden"),
        ({"captured_at": "yesterday"}, "captured_at: rfc3339"),
        ({"warehouse": "W 1"}, "warehouse: string_pattern_mismatch"),
        ({"gtin": "12345678"}, "sku_or_gtin"),
        ({"device_id": None}, "device_id: string_type"),
    ],
    ids=str,
)
def test_a_malformed_scan_goes_to_the_dead_letters_and_can_be_asked_about(
    stage: Stage, expected: Return, changes: dict[str, Any], fault: str
) -> None:
    assert sent(scan(**changes), scan("scan-2")) == []

    (letter,) = stage.messages("scans-dlq")
    assert json.loads(letter["body"]) == scan(**changes)
    assert fault in letter["reason"]
    outcome = wiring.reads().scan_outcome("scan-1")
    assert outcome is not None
    assert (outcome.state, outcome.receipt_id) == ("malformed", None)
    assert fault in (outcome.reason or "")
    good = wiring.reads().scan_outcome("scan-2")
    assert good is not None
    assert good.state == "done"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        "7",
        "{}",
        '{"scan_id":7}',
        '{"scan_id":"a b"}',
        '{"scan_id":"\\ud800"}',
    ],
)
def test_what_has_no_readable_id_only_goes_to_the_dead_letters(stage: Stage, body: str) -> None:
    assert run_queue_worker(ingest_scans, body) == []

    assert [letter["body"] for letter in stage.messages("scans-dlq")] == [body]
    assert stage.dynamodb.scan(TableName="core")["Count"] == 0


def test_a_mended_scan_is_booked_though_it_was_refused_before(
    stage: Stage, expected: Return
) -> None:
    good = scan(return_number=expected.number)
    sent({**good, "quantity": 0})

    assert sent(good, good) == []

    outcome = wiring.reads().scan_outcome("scan-1")
    assert outcome is not None
    assert (outcome.state, outcome.return_id) == ("done", expected.return_id)
    assert in_account(Account.RECEIVING) == 1


def full_session() -> CountSession:
    """So long that a few serials more are too many."""
    chance = random.Random(7)
    others = tuple(f"{chance.getrandbits(240):060x}" for _ in range(12_000))

    def of(count: int) -> CountSession:
        line = CountLine(
            sku="S1", lot=None, counted=1, booked_first=0, booked=0, counted_at=NOW,
        )  # fmt: skip
        return CountSession(
            session_id="count-1", warehouse="W1", skus=("S1",), zone=None, is_blind=True,
            state=SessionState.OPEN, opened_at=NOW, opened_by="kim", lines=(line,),
            not_here=others[:count],
        )  # fmt: skip

    def is_too_long(count: int) -> bool:
        try:
            body_attribute(of(count))
        except Invalid:
            return True
        return False

    return of(bisect_left(range(len(others)), True, key=is_too_long) - 1)


def test_a_scan_that_no_retry_can_book_can_be_asked_about(stage: Stage) -> None:
    session = full_session()
    counts = OpenCounts(warehouse="W1", sessions=((session.session_id, session.skus),), version=1)
    context = stage.context("warehouse")
    stored = Decided(result=None, changes=Changes(records=(session, counts)))
    wiring.commands().run(lambda _: stored, context=context)
    chance = random.Random(8)
    scans = [
        scan(f"scan-{n}", seq=n, step="counting", serial=f"{chance.getrandbits(240):060x}")
        for n in range(1, 5)
    ]

    assert sent(*scans) == []

    letter = stage.messages("scans-dlq")[-1]
    assert json.loads(letter["body"]) == scans[-1]
    outcome = wiring.reads().scan_outcome("scan-4")
    assert outcome is not None
    assert (outcome.state, outcome.seq, outcome.reason) == ("malformed", 4, "record_too_large")


@pytest.mark.parametrize("other", [{"device_id": "dev-2"}, {"seq": 2}, {"sku": "S2"}], ids=str)
def test_another_scan_under_a_known_id_is_no_repeat_and_is_not_lost(
    stage: Stage, expected: Return, other: dict[str, Any]
) -> None:
    first = scan(return_number=expected.number)
    second = {**first, "captured_at": "2026-11-21T08:59:30Z", **other}
    sent(first)

    assert sent(second, first) == []

    (letter,) = stage.messages("scans-dlq")
    assert json.loads(letter["body"]) == second
    assert "scan_id_used_before" in letter["reason"]
    assert in_account(Account.RECEIVING) == 1


@pytest.mark.parametrize("captured_at", ["2099-01-01T00:00:00Z", "2000-01-01T00:00:00Z"])
def test_a_wrong_clock_of_a_device_moves_no_day_of_a_return(
    stage: Stage, expected: Return, captured_at: str
) -> None:
    before = utc_now()

    sent(scan(return_number=expected.number, captured_at=captured_at))

    (event,) = [
        event
        for event in wiring.reads().events(expected.subject)
        if event.type == "return.received"
    ]
    received_at = datetime.fromisoformat(str(event.data["received_at"]))
    assert expected.requested_at <= received_at <= max(utc_now(), before)


def test_a_malformed_message_under_a_known_id_does_not_hide_what_became_of_it(
    stage: Stage, expected: Return
) -> None:
    good = scan(return_number=expected.number)
    sent(good)

    sent({**good, "quantity": 0})

    outcome = wiring.reads().scan_outcome("scan-1")
    assert outcome is not None
    assert outcome.state == "done"


def test_what_the_store_cannot_take_now_is_tried_again(stage: Stage, expected: Return) -> None:
    stage.dynamodb.delete_table(TableName="core")

    assert sent(scan(), scan("scan-2", quantity=0)) == ["m0", "m1"]
    assert stage.messages("scans-dlq") == []
