"""Creates or updates one CloudFormation stack by a change set, and tells what happens meanwhile."""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tools.deployment.errors import DeployFailed

Say = Callable[[str], None]
_POLL_S = 0.5
_POLL_S_MAX = 5.0
_LIMIT_S = 3600.0
_NOTHING_TO_DO = ("didn't contain changes", "No updates are to be performed")
_CONSEQUENCES = ("cancelled", "Rollback")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """`template` is TemplateBody or TemplateURL as CloudFormation takes it."""

    name: str
    template: Mapping[str, str]
    parameters: Mapping[str, str]
    tags: Mapping[str, str]


def deploy(cloudformation: Any, stack: Stack, say: Say) -> dict[str, str]:
    """The stack's outputs. Safe to repeat: without a change nothing is touched."""
    existing = _describe(cloudformation, stack.name)
    _require_usable(stack.name, existing)
    seen = set(_event_ids(cloudformation, stack.name)) if existing else set()
    change_set = _create_change_set(cloudformation, stack, existing)
    if _is_worth_executing(cloudformation, change_set, stack.name):
        cloudformation.execute_change_set(ChangeSetName=change_set)
        _follow(cloudformation, stack.name, seen, say)
    else:
        cloudformation.delete_change_set(ChangeSetName=change_set)
        say(f"{stack.name}: nothing to change")
    return outputs(cloudformation, stack.name)


def outputs(cloudformation: Any, name: str) -> dict[str, str]:
    found = _describe(cloudformation, name)
    if found is None:
        raise DeployFailed(f"there is no stack {name}")
    return {o["OutputKey"]: o["OutputValue"] for o in found.get("Outputs", [])}


def _describe(cloudformation: Any, name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as exc:
        if "does not exist" in str(exc):
            return None
        raise
    return None if found["StackStatus"] == "DELETE_COMPLETE" else found


def _require_usable(name: str, existing: dict[str, Any] | None) -> None:
    status = existing["StackStatus"] if existing else ""
    if status in {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"}:
        raise DeployFailed(
            f"{name} was never created (it is in {status}): delete it, then deploy again"
        )
    if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
        raise DeployFailed(f"{name} is being changed by somebody else (it is in {status})")


def _create_change_set(cloudformation: Any, stack: Stack, existing: dict[str, Any] | None) -> str:
    is_new = existing is None or existing["StackStatus"] == "REVIEW_IN_PROGRESS"
    given: dict[str, dict[str, str | bool]] = {
        key: {"ParameterKey": key, "ParameterValue": value}
        for key, value in stack.parameters.items()
    }
    if existing is not None and not is_new:
        declared = cloudformation.get_template_summary(**stack.template)["Parameters"]
        before = {p["ParameterKey"] for p in existing.get("Parameters", [])}
        for key in before & {p["ParameterKey"] for p in declared} - given.keys():
            given[key] = {"ParameterKey": key, "UsePreviousValue": True}
    made = cloudformation.create_change_set(
        StackName=stack.name,
        ChangeSetName=f"tuiku-{uuid.uuid4().hex[:12]}",
        ChangeSetType="CREATE" if is_new else "UPDATE",
        Parameters=list(given.values()),
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        Tags=[{"Key": key, "Value": value} for key, value in stack.tags.items()],
        **stack.template,
    )
    return str(made["Id"])


def _is_worth_executing(cloudformation: Any, change_set: str, name: str) -> bool:
    for _ in _polls():
        now = cloudformation.describe_change_set(ChangeSetName=change_set)
        if now["Status"] == "CREATE_COMPLETE":
            return True
        if now["Status"] == "FAILED":
            reason = now.get("StatusReason", "")
            if any(words in reason for words in _NOTHING_TO_DO):
                return False
            raise DeployFailed(f"{name} cannot be changed like this: {reason}")
    raise DeployFailed(f"CloudFormation did not plan the change of {name} in an hour")


def _follow(cloudformation: Any, name: str, seen: set[str], say: Say) -> None:
    failures: list[str] = []
    for _ in _polls():
        # The status is read before the events, so that none of the last ones is missed.
        now = _describe(cloudformation, name)
        for event in _new_events(cloudformation, name, seen):
            say(_told(event))
            if _is_cause(event):
                failures.append(_cause(event))
        if now is None or not now["StackStatus"].endswith("_IN_PROGRESS"):
            break
    status = now["StackStatus"] if now else "DELETE_COMPLETE"
    if status not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        reason = (
            failures[0] if failures else (now or {}).get("StackStatusReason", "no reason given")
        )
        raise DeployFailed(f"{name}, {reason}")


def _polls() -> Iterator[None]:
    ends, pause = time.monotonic() + _LIMIT_S, _POLL_S
    while time.monotonic() < ends:
        yield
        time.sleep(pause)
        pause = min(pause * 1.2, _POLL_S_MAX)


def _events(cloudformation: Any, name: str) -> Iterator[dict[str, Any]]:
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=name)
    for page in pages:
        yield from page["StackEvents"]


def _event_ids(cloudformation: Any, name: str) -> Iterator[str]:
    return (event["EventId"] for event in _events(cloudformation, name))


def _new_events(cloudformation: Any, name: str, seen: set[str]) -> list[dict[str, Any]]:
    """In the order they happened."""
    fresh = [event for event in _events(cloudformation, name) if event["EventId"] not in seen]
    seen.update(event["EventId"] for event in fresh)
    return fresh[::-1]


def _told(event: dict[str, Any]) -> str:
    return f"{event['ResourceStatus']:<28} {event['ResourceType']:<34} {event['LogicalResourceId']}"


def _is_cause(event: dict[str, Any]) -> bool:
    """A failure by itself, not one that another failure brought about."""
    reason = event.get("ResourceStatusReason", "")
    return event["ResourceStatus"].endswith("_FAILED") and not any(
        w in reason for w in _CONSEQUENCES
    )


def _cause(event: dict[str, Any]) -> str:
    reason = event.get("ResourceStatusReason", "no reason given")
    return f"{event['LogicalResourceId']} ({event['ResourceType']}): {reason}"
