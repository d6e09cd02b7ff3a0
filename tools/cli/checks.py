"""What `tuiku doctor` judges: answers of AWS in, verdicts out, each with what to do about it.

Pure. What the local emulator cannot answer is `unknown` there, never ok.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from chalicelib.core.errors import DomainError
from chalicelib.epcis.places import BadPlaces, Places
from chalicelib.inventory.alert_days import days_by_warehouse
from chalicelib.returns.scrapping import second_above

SKEW_MAX_S = 60
"""AWS refuses requests that are signed five minutes off; tokens fail earlier."""
_STABLE = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"})
_READ_BY: Mapping[str, Callable[[str], object]] = {
    "WarehouseGlns": Places.of,
    "StockAlertDays": days_by_warehouse,
    "ScrapSecondAbove": second_above,
    "AdjustmentSecondAbove": second_above,
}
_RECEIVES = 5
_TLS = "aws:SecureTransport"


class Verdict(StrEnum):
    OK = "ok"
    PROBLEM = "problem"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at; `advice` is there unless it is ok."""

    name: str
    verdict: Verdict
    said: str
    advice: str = ""

    def as_json(self) -> dict[str, str]:
        return {
            "name": self.name,
            "verdict": self.verdict.value,
            "said": self.said,
            "advice": self.advice,
        }


def ok(name: str, said: str) -> Check:
    return Check(name=name, verdict=Verdict.OK, said=said)


def problem(name: str, said: str, advice: str) -> Check:
    return Check(name=name, verdict=Verdict.PROBLEM, said=said, advice=advice)


def unknown(name: str, said: str, advice: str = "") -> Check:
    return Check(name=name, verdict=Verdict.UNKNOWN, said=said, advice=advice)


def judged(name: str, *, is_ok: bool, said: str, advice: str) -> Check:
    return ok(name, said) if is_ok else problem(name, said, advice)


def stack_check(name: str, described: Mapping[str, Any]) -> Check:
    status = described["StackStatus"]
    return judged(
        f"stack {name}",
        is_ok=status in _STABLE,
        said=status,
        advice="Look at the stack's events in CloudFormation; then deploy again.",
    )


def parameters_check(described: Mapping[str, Any]) -> Check:
    """Whether what the stage states in words of its own can be read by who goes by it."""
    stated = {
        str(one["ParameterKey"]): str(one.get("ParameterValue", ""))
        for one in described.get("Parameters", ())
    }
    faults = []
    for name, read in _READ_BY.items():
        try:
            read("" if stated.get(name) == "off" else stated.get(name, ""))
        except (DomainError, BadPlaces) as error:
            faults.append(f"{name}: {error}")
    return judged(
        "parameters",
        is_ok=not faults,
        said="; ".join(faults) or "can be read",
        advice="Deploy the app stack with --parameter and what is meant.",
    )


def table_checks(
    name: str, table: Mapping[str, Any], backups: Mapping[str, Any], ttl: Mapping[str, Any],
    *, is_local: bool,
) -> Iterator[Check]:  # fmt: skip
    """Of one table: it is active, kept, forgets what has expired; core has its stream."""
    redeploy = "Deploy the data stack again: its template sets this."
    status = table["TableStatus"]
    yield judged(
        f"table {name}", is_ok=status == "ACTIVE", said=status, advice="Wait; then look again."
    )
    if name == "core":
        stream = table.get("StreamSpecification", {})
        view = stream.get("StreamViewType", "none") if stream.get("StreamEnabled") else "off"
        yield judged(
            "stream of core",
            is_ok=view == "NEW_AND_OLD_IMAGES",
            said=view,
            advice="Without it views and deliveries stand still. " + redeploy,
        )
    if is_local:
        yield unknown(f"backups of {name}", "the emulator keeps none")
        yield unknown(f"expiry in {name}", "the emulator does not take it from the template")
        return
    recovery = backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus")
    yield judged(
        f"backups of {name}",
        is_ok=recovery == "ENABLED",
        said=f"point-in-time recovery {str(recovery).lower()}",
        advice="Nothing could be restored. " + redeploy,
    )
    state, attribute = ttl.get("TimeToLiveStatus"), ttl.get("AttributeName")
    yield judged(
        f"expiry in {name}",
        is_ok=state in ("ENABLED", "ENABLING") and attribute == "expires_at",
        said=f"{str(state).lower()} by {attribute}",
        advice="Remembered answers would be kept for ever. " + redeploy,
    )


def policy_check(policy: str | None, *, is_local: bool) -> Check:
    """The bucket refuses plain HTTP."""
    if is_local:
        return unknown("bucket policy", "the emulator speaks plain HTTP, so none is deployed")
    statements = json.loads(policy or "{}").get("Statement", [])
    refuses = any(
        statement.get("Effect") == "Deny" and _TLS in json.dumps(statement.get("Condition", {}))
        for statement in statements
    )
    return judged(
        "bucket policy",
        is_ok=refuses,
        said="plain HTTP is refused" if refuses else "plain HTTP is not refused",
        advice="Deploy the data stack with RequireTls=true.",
    )


def notification_check(notification: Mapping[str, Any], queue_arn: str) -> Check:
    """New objects under uploads/ are told to the uploads queue."""
    is_told = any(
        told["QueueArn"] == queue_arn
        and any(event.startswith("s3:ObjectCreated") for event in told["Events"])
        and _prefix(told) == "uploads/"
        for told in notification.get("QueueConfigurations", [])
    )
    return judged(
        "bucket notification",
        is_ok=is_told,
        said="uploads/ is told to the uploads queue" if is_told else "uploads are told to nobody",
        advice="Photos and imports would wait for ever: deploy the data stack again.",
    )


def _prefix(told: Mapping[str, Any]) -> str | None:
    rules = told.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    return next((rule["Value"] for rule in rules if rule["Name"].lower() == "prefix"), None)


def queue_check(name: str, attributes: Mapping[str, str], dead: Mapping[str, str]) -> Check:
    """A queue gives up after five receives, to its own dead-letter queue."""
    redrive = json.loads(attributes.get("RedrivePolicy", "{}"))
    fits = redrive.get("deadLetterTargetArn") == dead.get("QueueArn")
    count = int(redrive.get("maxReceiveCount", 0))
    waiting = attributes.get("ApproximateNumberOfMessages", "0")
    return judged(
        f"queue {name}",
        is_ok=fits and count == _RECEIVES,
        said=f"{waiting} waiting; after {count} receives to "
        f"{'its dead-letter queue' if fits else 'nowhere'}",
        advice="Failing messages would be lost or never given up: deploy the data stack again.",
    )


def dead_letters_check(name: str, attributes: Mapping[str, str]) -> Check:
    """Nothing lies dead."""
    number = "ApproximateNumberOfMessages"
    dead = int(attributes.get(number, 0)) + int(attributes.get(f"{number}NotVisible", 0))
    return judged(
        f"dead letters of {name}",
        is_ok=dead == 0,
        said=f"{dead} messages",
        advice=f"`tuiku redrive {name}` shows why they failed; with --all it sends them back.",
    )


def mapping_checks(
    mappings: Iterable[Mapping[str, Any]], wanted: Mapping[str, str]
) -> Iterator[Check]:
    """Each source is read by its function. `wanted`: Python name → physical name."""
    by_function = {str(m["FunctionArn"]).rpartition(":")[2]: m for m in mappings}
    for name, physical in sorted(wanted.items()):
        mapping = by_function.get(physical)
        state = str(mapping["State"]) if mapping else "there is none"
        yield judged(
            f"source of {name}",
            is_ok=state in ("Enabled", "Enabling", "Updating"),
            said=state.lower(),
            advice="Its messages wait meanwhile: enable the event source mapping in Lambda, "
            "or deploy the app stack again.",
        )


def schedule_checks(
    rules: Sequence[Mapping[str, Any]],
    targets: Mapping[str, Iterable[str]],
    wanted: Mapping[str, str],
) -> Iterator[Check]:
    """Each scheduled function has an enabled rule. `targets`: rule → names of its functions."""
    for name, physical in sorted(wanted.items()):
        found = [rule for rule in rules if physical in targets.get(rule["Name"], ())]
        state = str(found[0]["State"]) if found else "there is none"
        when = f", {found[0].get('ScheduleExpression')}" if found else ""
        yield judged(
            f"schedule of {name}",
            is_ok=state == "ENABLED",
            said=f"{state.lower()}{when}",
            advice="Enable the rule in EventBridge, or deploy the app stack again.",
        )


def errors_check(name: str, errors: int | None, hours: int, example: str | None) -> Check:
    """How often a function failed lately; None: nobody counted."""
    shown = f"errors of {name}"
    if errors is None:
        return unknown(shown, "nobody counted", "Look at its log group.")
    last = f"; the last: {example[:200]}" if example else ""
    return judged(
        shown,
        is_ok=errors == 0,
        said=f"{errors} in {hours} h{last}",
        advice="Its log group tells the cause, by the correlation id of each line.",
    )


def key_check(metadata: Mapping[str, Any], *, is_rotating: bool) -> Check:
    state = metadata.get("KeyState")
    return judged(
        "key",
        is_ok=state == "Enabled" and is_rotating,
        said=f"{str(state).lower()}, {'rotated every year' if is_rotating else 'not rotated'}",
        advice="Without the key no data can be read: cancel its deletion or enable it in KMS.",
    )


def skew_check(ours: datetime, theirs: datetime, *, is_local: bool) -> Check:
    """Whether this machine's clock is AWS's."""
    if is_local:
        return unknown("clock", "the emulator has this machine's own clock")
    skew_s = abs(round((ours - theirs).total_seconds()))
    return judged(
        "clock",
        is_ok=skew_s <= SKEW_MAX_S,
        said=f"{skew_s} s off",
        advice="Set this machine's clock (NTP): AWS refuses requests that are minutes off.",
    )


def health_check(status: int | None, body: Any) -> Check:
    """What the API says of itself and of what it needs."""
    told = body if isinstance(body, dict) else {}
    needs = told.get("dependencies", {})
    lacking = sorted(f"{name} {state}" for name, state in needs.items() if state != "ok")
    said = f"{status or 'no answer'} {told.get('status', '')}".strip()
    return judged(
        "API",
        is_ok=status == 200 and told.get("status") == "ok",
        said=f"{said}: {', '.join(lacking)}" if lacking else said,
        advice="See the checks of what it names, the errors of api, and the stacks above.",
    )


def pool_check(groups: Iterable[str], wanted: Iterable[str]) -> Check:
    lacking = sorted(set(wanted) - set(groups))
    return judged(
        "user pool",
        is_ok=not lacking,
        said=f"groups missing: {', '.join(lacking)}" if lacking else "reachable, with all roles",
        advice="Nobody can be given these roles: deploy the data stack again.",
    )
