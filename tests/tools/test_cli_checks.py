"""The doctor's verdicts: what is right is ok, each fault a problem with advice, no guess is ok."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from tests.stage import NOW
from tools.cli import checks
from tools.cli.checks import Check, Verdict
from tools.cli.probes import Probe, answered, error_of

_TABLE = {
    "TableStatus": "ACTIVE",
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
}
_BACKUPS = {"PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "ENABLED"}}
_TTL = {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
_POLICY = json.dumps(
    {
        "Statement": [
            {"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        ]
    }
)
_NOTIFICATION = {
    "QueueConfigurations": [
        {
            "QueueArn": "arn:uploads",
            "Events": ["s3:ObjectCreated:*"],
            "Filter": {"Key": {"FilterRules": [{"Name": "Prefix", "Value": "uploads/"}]}},
        }
    ]
}
_DEAD = {"QueueArn": "arn:scans-dlq"}
_QUEUE = {
    "RedrivePolicy": json.dumps({"deadLetterTargetArn": "arn:scans-dlq", "maxReceiveCount": 5})
}
_MAPPING = {"FunctionArn": "arn:aws:lambda:r:1:function:tuiku-x-run_job", "State": "Enabled"}
_RULE = {"Name": "rule", "State": "ENABLED", "ScheduleExpression": "cron(30 2 * * ? *)"}
_JOB = {"run_job": "tuiku-x-run_job"}


def table(name: str = "core", *, is_local: bool = False, **changed: Any) -> list[Check]:
    told: dict[str, Any] = {"table": _TABLE, "backups": _BACKUPS, "ttl": _TTL}
    told |= changed
    return list(
        checks.table_checks(name, told["table"], told["backups"], told["ttl"], is_local=is_local)
    )


def _stated(**parameters: str) -> dict[str, Any]:
    """A stack as it is described, with these parameters."""
    return {
        "Parameters": [
            {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
        ]
    }


def verdicts(found: list[Check]) -> set[Verdict]:
    return {check.verdict for check in found}


WELL: dict[str, Callable[[], list[Check]]] = {
    "stack": lambda: [checks.stack_check("s", {"StackStatus": "UPDATE_COMPLETE"})],
    "table": table,
    "views": lambda: table("views", table={"TableStatus": "ACTIVE"}),
    "policy": lambda: [checks.policy_check(_POLICY, is_local=False)],
    "notification": lambda: [checks.notification_check(_NOTIFICATION, "arn:uploads")],
    "queue": lambda: [checks.queue_check("scans", _QUEUE, _DEAD)],
    "dead": lambda: [checks.dead_letters_check("scans", {"ApproximateNumberOfMessages": "0"})],
    "mapping": lambda: list(checks.mapping_checks([_MAPPING], _JOB)),
    "schedule": lambda: list(checks.schedule_checks([_RULE], {"rule": ["tuiku-x-run_job"]}, _JOB)),
    "errors": lambda: [checks.errors_check("api", 0, 24, None)],
    "key": lambda: [checks.key_check({"KeyState": "Enabled"}, is_rotating=True)],
    "clock": lambda: [checks.skew_check(NOW, NOW + timedelta(seconds=5), is_local=False)],
    "health": lambda: [checks.health_check(200, {"status": "ok"})],
    "pool": lambda: [checks.pool_check(["admin", "more"], ["admin"])],
    "parameters": lambda: [
        checks.parameters_check(_stated(WarehouseGlns="BER=4006381000017", ScrapSecondAbove="off"))
    ],
    "no parameters": lambda: [checks.parameters_check({})],
}
ILL: dict[str, Callable[[], list[Check]]] = {
    "wrong GLN": lambda: [checks.parameters_check(_stated(WarehouseGlns="BER=4006381000018"))],
    "wrong days": lambda: [checks.parameters_check(_stated(StockAlertDays="quarantine=x"))],
    "wrong limit": lambda: [checks.parameters_check(_stated(ScrapSecondAbove="EUR"))],
    "stack failed": lambda: [checks.stack_check("s", {"StackStatus": "ROLLBACK_COMPLETE"})],
    "stack busy": lambda: [checks.stack_check("s", {"StackStatus": "UPDATE_IN_PROGRESS"})],
    "table": lambda: table(table={**_TABLE, "TableStatus": "ARCHIVED"}),
    "no stream": lambda: table(table={"TableStatus": "ACTIVE"}),
    "new images only": lambda: table(
        table={**_TABLE, "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW"}}
    ),
    "no backups": lambda: table(backups={}),
    "no expiry": lambda: table(ttl={"TimeToLiveStatus": "DISABLED"}),
    "expiry by another attribute": lambda: table(ttl={**_TTL, "AttributeName": "ttl"}),
    "no policy": lambda: [checks.policy_check(None, is_local=False)],
    "no notification": lambda: [checks.notification_check({}, "arn:uploads")],
    "notification to another queue": lambda: [checks.notification_check(_NOTIFICATION, "arn:x")],
    "no redrive": lambda: [checks.queue_check("scans", {}, _DEAD)],
    "redrive elsewhere": lambda: [checks.queue_check("scans", _QUEUE, {"QueueArn": "arn:x"})],
    "dead": lambda: [checks.dead_letters_check("scans", {"ApproximateNumberOfMessages": "2"})],
    "dead, looked at": lambda: [
        checks.dead_letters_check("scans", {"ApproximateNumberOfMessagesNotVisible": "1"})
    ],
    "no mapping": lambda: list(checks.mapping_checks([], _JOB)),
    "mapping off": lambda: list(checks.mapping_checks([{**_MAPPING, "State": "Disabled"}], _JOB)),
    "no rule": lambda: list(checks.schedule_checks([], {}, _JOB)),
    "rule of another": lambda: list(checks.schedule_checks([_RULE], {"rule": ["x"]}, _JOB)),
    "rule off": lambda: list(
        checks.schedule_checks(
            [{**_RULE, "State": "DISABLED"}], {"rule": ["tuiku-x-run_job"]}, _JOB
        )
    ),
    "errors": lambda: [checks.errors_check("api", 3, 24, "boom")],
    "key to be deleted": lambda: [
        checks.key_check({"KeyState": "PendingDeletion"}, is_rotating=True)
    ],
    "key for ever": lambda: [checks.key_check({"KeyState": "Enabled"}, is_rotating=False)],
    "clock": lambda: [checks.skew_check(NOW, NOW - timedelta(minutes=3), is_local=False)],
    "degraded": lambda: [
        checks.health_check(200, {"status": "degraded", "dependencies": {"queues": "degraded"}})
    ],
    "no answer": lambda: [checks.health_check(None, None)],
    "roles missing": lambda: [checks.pool_check([], ["admin"])],
}
UNKNOWN: dict[str, Callable[[], list[Check]]] = {
    "policy": lambda: [checks.policy_check(None, is_local=True)],
    "clock": lambda: [checks.skew_check(NOW, NOW, is_local=True)],
    "errors": lambda: [checks.errors_check("api", None, 24, None)],
    "backups and expiry": lambda: [
        check for check in table(is_local=True) if check.name.startswith(("backups", "expiry"))
    ],
}


@pytest.mark.parametrize("case", WELL)
def test_what_is_right_is_ok(case: str) -> None:
    assert verdicts(WELL[case]()) == {Verdict.OK}


@pytest.mark.parametrize("case", ILL)
def test_what_is_wrong_is_a_problem_with_advice(case: str) -> None:
    found = [check for check in ILL[case]() if check.verdict is Verdict.PROBLEM]

    assert len(found) == 1
    assert found[0].advice


@pytest.mark.parametrize("case", UNKNOWN)
def test_what_the_emulator_cannot_answer_is_unknown_and_never_ok(case: str) -> None:
    assert verdicts(UNKNOWN[case]()) == {Verdict.UNKNOWN}


def _raising(error: Exception) -> Probe:
    def ask() -> Iterator[Check]:
        yield checks.ok("first", "seen")
        raise error

    return Probe(name="probe", ask=ask)


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (ClientError({"Error": {"Code": "AccessDeniedException"}}, "x"), Verdict.UNKNOWN),
        (ClientError({"Error": {"Code": "NotFoundException"}}, "x"), Verdict.PROBLEM),
        (EndpointConnectionError(endpoint_url="http://x"), Verdict.PROBLEM),
    ],
    ids=["not allowed to look", "not there", "no answer"],
)
def test_a_probe_that_fails_is_a_verdict_too(error: Exception, verdict: Verdict) -> None:
    (check,) = answered(_raising(error))

    assert check.verdict is verdict
    assert check.name == "probe"


@pytest.mark.parametrize(
    ("text", "is_error"),
    [
        ('{"level":"INFO","message":"ERROR is a word"}', False),
        ('{"level":"ERROR","message":"unexpected error","correlation_id":"c"}', True),
        ('{"level":"ERROR","message":"given up on"}', False),
        ("2026-11-21T09:00:00Z r1 Task timed out after 60.00 seconds", True),
        ("Traceback (most recent call last):", True),
        ("START RequestId: x", False),
        ("{not json ERROR", False),
    ],
)
def test_a_log_line_that_tells_of_an_error_is_known(text: str, is_error: bool) -> None:
    assert (error_of(text) is not None) is is_error
