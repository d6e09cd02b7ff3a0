"""The queue of scans: who may put something into it, and what each message is worth."""

import json
from pathlib import Path
from typing import Any

from chalicelib import wiring
from chalicelib.workers.scans_queue import ingest_scans
from tests.stage import Stage, run_queue_worker

POLICIES = Path(__file__).resolve().parents[2] / ".chalice" / "policies"


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_only_the_api_may_put_scans_into_their_queue() -> None:
    """The worker believes device and warehouse of a message: the API has checked both."""
    senders = {
        file.stem
        for file in POLICIES.glob("*.json")
        for statement in json.loads(file.read_text("utf-8"))["Statement"]
        for resource in listed(statement["Resource"])
        if "sqs:SendMessage" in listed(statement["Action"])
        and json.dumps(resource).rstrip('"}').endswith("${Stage}-scans")
    }

    assert senders == {"api_handler"}


def test_the_authorizer_reads_items_of_devices_and_nothing_else() -> None:
    policy = json.loads((POLICIES / "authorize_request.json").read_text("utf-8"))
    (reading,) = [one for one in policy["Statement"] if one["Sid"] == "ReadDevices"]

    assert reading["Action"] == ["dynamodb:GetItem"]
    assert reading["Condition"] == {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["DEVICE#*"]}
    }
    actions = {action for one in policy["Statement"] for action in listed(one["Action"])}
    assert actions == {
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "dynamodb:GetItem",
        "secretsmanager:GetSecretValue",
        "kms:Decrypt",
    }


def scan(seq: object, **changes: object) -> str:
    return json.dumps({
        "scan_id": f"scan-{seq}", "device_id": "dev-1", "seq": seq, "warehouse": "W1",
        "captured_at": "2026-11-21T08:59:00Z", "sku": "S1", **changes,
    })  # fmt: skip


def test_a_malformed_scan_keeps_its_number_where_it_can_be_read(stage: Stage) -> None:
    bodies = [scan(3, quantity=0), scan("x"), scan(True), scan(2**53), scan(-1), scan(1.5)]

    assert run_queue_worker(ingest_scans, *bodies) == []

    kept = [wiring.reads().scan_outcome(f"scan-{seq}") for seq in (3, "x", True, 2**53, -1)]
    assert [outcome.seq if outcome else None for outcome in kept] == [3, 0, 0, 0, 0]


def test_what_became_of_a_scan_says_its_warehouse(stage: Stage) -> None:
    run_queue_worker(ingest_scans, scan(1))

    outcome = wiring.reads().scan_outcome("scan-1")
    assert outcome is not None
    assert outcome.warehouse == "W1"
