"""One return from the order to the money, on the deployed package, and every trace that it left."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from chalicelib.core.clock import from_rfc3339
from chalicelib.core.events import Actor, Event, chain_fault
from tests.e2e.life import REASON, SALE, Life, lived
from tests.e2e.merchant import Json, Merchant, eventually
from tools.demo.sale import WAREHOUSE
from tools.stack.logs import Line, Reader

# The first four of six units of 590.00.
OWED = "393.33"
STEPS = [
    "return.drafted", "return.submitted", "return.approved", "return.received", "return.received",
    "return.received", "return.received", "photo.accepted", "return.inspected",
    "return.dispositioned", "settlement.started", "refund.paid", "settlement.settled",
    "return.completed",
]  # fmt: skip


@pytest.fixture(scope="module")
def life(merchant: Merchant) -> Life:
    """The whole life, once; the tests look at what it left."""
    return lived(merchant)


def _now(merchant: Merchant, life: Life) -> Json:
    seen: Json = merchant.send("auditor", "GET", f"/returns/{life.return_id}").expect(200)
    return seen


def _timeline(merchant: Merchant, life: Life) -> list[Json]:
    path = f"/returns/{life.return_id}/timeline"
    items: list[Json] = merchant.send("auditor", "GET", path).expect(200)["items"]
    return items


def test_the_return_is_complete_and_every_unit_is_accounted_for(
    merchant: Merchant, life: Life
) -> None:
    seen = _now(merchant, life)

    units = seen["lines"][0]["quantities"]
    assert seen["status"] == "COMPLETED"
    assert seen["allowed"] == ["reverse-disposition", "appeal", "reopen"]
    assert {name: count for name, count in units.items() if count} == {
        "requested": 4, "approved": 4, "received": 4, "passed": 4, "restock": 3, "repack": 1,
        "accepted": 4, "settled": 4,
    }  # fmt: skip


def test_what_was_restocked_is_for_sale_again(merchant: Merchant, life: Life) -> None:
    path = f"/stock?sku={SALE.sku}&warehouse={WAREHOUSE}"
    accounts = {
        row["account"]: row["quantity"]
        for row in merchant.send("auditor", "GET", path).expect(200)["items"]
    }

    assert accounts["available"] == life.available + 3
    assert accounts["repair"] >= 1
    assert accounts.get("receiving", 0) == 0


def test_the_provider_paid_once_what_was_quoted(merchant: Merchant, life: Life) -> None:
    paid = merchant.refunds_of(f"{life.order_no}-card")

    assert life.quote["total"] == {"amount": OWED, "currency": "EUR"}
    assert life.settlement["state"] == "SETTLED"
    assert [(refund["amount"], refund["currency"]) for refund in paid] == [(39333, "EUR")]
    assert life.settlement["legs"][0]["reference"] == paid[0]["id"]


def test_the_order_knows_what_came_back(merchant: Merchant, life: Life) -> None:
    order = merchant.send("auditor", "GET", f"/orders/{life.order_no}").expect(200)

    assert order["lines"][0]["returnable_quantity"] == 2
    assert order["payments"][0]["refunded_by_us"] == {"amount": OWED, "currency": "EUR"}


def test_the_timeline_tells_every_step_once_and_without_gaps(
    merchant: Merchant, life: Life
) -> None:
    timeline = _timeline(merchant, life)

    assert [entry["seq"] for entry in timeline] == list(range(1, len(timeline) + 1))
    assert [entry["type"] for entry in timeline] == STEPS
    heads = ["", *(entry["hash"] for entry in timeline)]
    assert [entry["prev_hash"] for entry in timeline] == heads[:-1]


def test_the_cleaned_photo_is_served_and_the_upload_is_not(merchant: Merchant, life: Life) -> None:
    served = merchant.download(life.photo_url)
    unsigned = merchant.stack.http("GET", life.photo_url.split("?")[0])

    assert served.startswith(b"\xff\xd8\xff")
    assert "uploads/" not in life.photo_url
    assert unsigned.status == 403


def test_the_malformed_scan_of_the_batch_spoiled_no_other(merchant: Merchant, life: Life) -> None:
    refused = merchant.outcome_of(life.dead)

    assert refused["state"] == "malformed"
    assert "quantity" in refused["outcome"]["reason"]
    assert _dead_letters(merchant, life.dead) == 1


def _dead_letters(merchant: Merchant, scan_id: str) -> int:
    """How many dead letters there are of a scan; they are taken out."""
    sqs, url = merchant.stack.boto("sqs"), merchant.stack.state.queues["scans-dlq"]
    found = 0
    for _ in range(20):
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=2)
        messages = answer.get("Messages", [])
        for message in messages:
            if scan_id in message["Body"]:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                found += 1
        if not messages:
            break
    return found


def test_the_list_of_returns_shows_it(merchant: Merchant, life: Life) -> None:
    path = f"/returns?order_no={life.order_no}"
    rows = eventually(
        lambda: merchant.send("support", "GET", path).expect(200)["items"],
        lambda items: items and items[0]["status"] == "COMPLETED",
    )

    assert [(row["id"], row["number"], row["units"]) for row in rows] == [
        (life.return_id, life.number, 4)
    ]
    assert rows[0]["version"] == _now(merchant, life)["version"]


def test_every_event_is_in_the_archive_and_the_chain_of_hashes_holds(
    merchant: Merchant, life: Life
) -> None:
    timeline = _timeline(merchant, life)

    archived = eventually(
        lambda: sorted(_archived(merchant, life), key=lambda event: int(event["sequence"])),
        lambda events: len(events) >= len(timeline),
    )

    events = [_event(cloud) for cloud in archived]
    assert chain_fault(events) is None
    assert [event.hash for event in events] == [entry["hash"] for entry in timeline]
    assert [event.data for event in events] == [entry["data"] for entry in timeline]
    assert {event["source"] for event in archived} == {f"tuiku/{merchant.stack.state.stage}"}


def _archived(merchant: Merchant, life: Life) -> Iterator[Json]:
    """What the bucket holds of this return, of the hours it lived through."""
    s3, bucket = merchant.stack.boto("s3"), merchant.stack.state.bucket
    for hours in range(2):
        hour = life.began + timedelta(hours=hours)
        prefix = f"events/date={hour:%Y-%m-%d}/hour={hour:%H}/"
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for item in page.get("Contents", []):
                if item["LastModified"] < life.began - timedelta(seconds=5):
                    continue
                stored = s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
                event = json.loads(stored)
                if event["subject"] == f"return/{life.return_id}":
                    yield event


def _event(cloud: Json) -> Event:
    """The event as the code knows it, rebuilt from nothing but its public form."""
    return Event(
        id=cloud["id"],
        type=cloud["type"],
        subject=cloud["subject"],
        seq=cloud["sequence"],
        time=from_rfc3339(cloud["time"]),
        actor=Actor(id=cloud["actorid"], role=cloud["actorrole"]),
        correlation_id=cloud["correlationid"],
        command_id=cloud["commandid"],
        data=cloud["data"],
        prev_hash=cloud["prevhash"],
        hash=cloud["hash"],
    )


@pytest.mark.parametrize(
    ("function", "message", "least"),
    [
        ("api", "request", 10),
        ("ingest_scans", "scan taken", 3),
        ("project_events", "event published", len(STEPS)),
        ("deliver_messages", "event archived", len(STEPS)),
    ],
)
def test_one_correlation_id_leads_through_every_log(
    merchant: Merchant, life: Life, function: str, message: str, least: int
) -> None:
    since_ms = int((life.began - timedelta(minutes=1)).timestamp() * 1000)

    def lines() -> list[Line]:
        reader = Reader(stack=merchant.stack, function=function, correlation=life.correlation)
        return [line for line in reader.lines(since_ms) if _says(line, message)]

    found = eventually(lines, lambda seen: len(seen) >= least)

    assert {line.said["correlation_id"] for line in found if line.said} == {life.correlation}


def _says(line: Line, message: str) -> bool:
    return line.said is not None and line.said["message"] == message


def test_no_log_line_of_it_names_a_person_or_carries_a_token(
    merchant: Merchant, life: Life
) -> None:
    since_ms = int((life.began - timedelta(minutes=1)).timestamp() * 1000)

    lines = Reader(stack=merchant.stack, correlation=life.correlation).lines(since_ms)

    text = "\n".join(line.text for line in lines)
    assert "@tuiku.test" not in text
    assert merchant.stack.token("customer") not in text


def test_a_reconciliation_on_demand_finds_nothing_and_shows_its_report(
    merchant: Merchant, life: Life
) -> None:
    started = merchant.send("finance", "POST", "/reconciliations", {}, key=merchant.key())

    job = merchant.finished(started.expect(202)["id"])

    shown = merchant.send("finance", "GET", started.headers["location"].removeprefix("/v1"))
    report = json.loads(merchant.download(shown.expect(200)["result"]["report_url"]))
    assert job["state"] == "succeeded", job["error"]
    assert job["result"]["findings"] == 0, report
    assert job["result"]["checked"]["returns"] >= 1
    assert report["findings"] == []


def test_metrics_on_demand_count_it(merchant: Merchant, life: Life) -> None:
    started = merchant.send("finance", "POST", "/metrics/runs", {}, key=merchant.key())

    job = merchant.finished(started.expect(202)["id"])

    assert job["state"] == "succeeded", job["error"]
    rows = _metrics_by_reason(merchant, life)
    assert sum(row["counts"]["received_units"] for row in rows) >= 4
    settled = [money for row in rows for money in row["money"]["settled"]]
    assert sum(float(money["amount"]) for money in settled) >= float(OWED)


def _metrics_by_reason(merchant: Merchant, life: Life) -> list[Json]:
    """The rows of the reason that only this return gives: today's, at midnight tomorrow's too."""
    until = life.began + timedelta(days=2)
    path = (
        f"/metrics/returns?from={life.began:%Y-%m-%d}T00:00:00Z&to={until:%Y-%m-%d}T00:00:00Z"
        "&interval=day&group_by=reason"
    )
    rows = merchant.send("auditor", "GET", path).expect(200)["rows"]
    return [row for row in rows if row["group"] == REASON]


@pytest.mark.parametrize(
    ("function", "path"),
    [("reconcile_stock", "/reconciliations"), ("aggregate_metrics", None)],
)
def test_a_scheduled_function_runs_on_demand(
    merchant: Merchant, life: Life, function: str, path: str | None
) -> None:
    merchant.stack.invoke(function)

    if path is not None:
        jobs = eventually(
            lambda: merchant.send("auditor", "GET", path).expect(200)["items"],
            lambda items: items and items[0]["state"] == "succeeded",
        )
        assert jobs[0]["result"]["findings"] == 0


def test_the_daily_comparison_with_payment_providers_is_carried_out(
    merchant: Merchant, life: Life
) -> None:
    merchant.stack.invoke("reconcile_payments")

    jobs = eventually(
        lambda: merchant.send("auditor", "GET", "/reconciliations?of=payments").expect(200)[
            "items"
        ],
        lambda items: items and items[0]["state"] == "succeeded",
    )
    assert jobs[0]["result"]["providers"] == ["sandbox"]
