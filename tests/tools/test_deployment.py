"""Deploying against a CloudFormation that answers as told: what is said, and what is repeated."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tools.deployment import changesets, runtimes
from tools.deployment.changesets import Stack
from tools.deployment.errors import DeployFailed

STACK = Stack(
    name="tuiku-dev-data",
    template={"TemplateBody": "{}"},
    parameters={"Stage": "dev"},
    tags={"stage": "dev"},
)


@dataclass
class FakeCloudFormation:
    """One stack; executing a change set moves it to `ends_in` and tells `tells`."""

    status: str | None = None
    ends_in: str = "CREATE_COMPLETE"
    change_set: tuple[str, str] = ("CREATE_COMPLETE", "")
    tells: list[tuple[str, str, str]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    executed: int = 0

    def describe_stacks(self, **asked: str) -> dict[str, Any]:
        if self.status is None:
            raise ClientError(
                {"Error": {"Code": "ValidationError", "Message": "Stack does not exist"}},
                "DescribeStacks",
            )
        known = [{"ParameterKey": "AlarmEmail", "ParameterValue": "a@b.c"}]
        outputs = [{"OutputKey": "Name", "OutputValue": asked["StackName"]}]
        return {"Stacks": [{"StackStatus": self.status, "Parameters": known, "Outputs": outputs}]}

    def get_template_summary(self, **_: str) -> dict[str, Any]:
        return {"Parameters": [{"ParameterKey": k} for k in ("Stage", "AlarmEmail", "New")]}

    def create_change_set(self, **asked: Any) -> dict[str, str]:
        self.asked.append(asked)
        self.status = self.status or "REVIEW_IN_PROGRESS"
        return {"Id": "cs"}

    def describe_change_set(self, **_: str) -> dict[str, str]:
        status, reason = self.change_set
        return {"Status": status, "StatusReason": reason}

    def execute_change_set(self, **_: str) -> None:
        self.executed += 1
        self.status = self.ends_in

    def delete_change_set(self, **_: str) -> None: ...

    def get_paginator(self, operation: str) -> "FakeCloudFormation":
        assert operation == "describe_stack_events"
        return self

    def paginate(self, **_: str) -> Iterator[dict[str, Any]]:
        newest_first = [
            {
                "EventId": str(number),
                "LogicalResourceId": name,
                "ResourceType": "AWS::SQS::Queue",
                "ResourceStatus": status,
                "ResourceStatusReason": reason,
            }
            for number, (name, status, reason) in enumerate(self.tells if self.executed else [])
        ][::-1]
        yield {"StackEvents": newest_first}


def silent(_: str) -> None: ...


def test_a_new_stack_is_created_and_its_outputs_returned() -> None:
    aws = FakeCloudFormation(tells=[("ScansQueue", "CREATE_COMPLETE", "")])
    said: list[str] = []

    outputs = changesets.deploy(aws, STACK, said.append)

    assert outputs == {"Name": "tuiku-dev-data"}
    assert aws.asked[0]["ChangeSetType"] == "CREATE"
    assert [line.split() for line in said] == [["CREATE_COMPLETE", "AWS::SQS::Queue", "ScansQueue"]]


def test_an_update_keeps_what_was_said_before() -> None:
    aws = FakeCloudFormation(status="UPDATE_COMPLETE", ends_in="UPDATE_COMPLETE")

    changesets.deploy(aws, STACK, silent)

    assert aws.asked[0]["ChangeSetType"] == "UPDATE"
    assert aws.asked[0]["Parameters"] == [
        {"ParameterKey": "Stage", "ParameterValue": "dev"},
        {"ParameterKey": "AlarmEmail", "UsePreviousValue": True},
    ]


def test_no_change_is_a_success() -> None:
    reason = "The submitted information didn't contain changes."
    aws = FakeCloudFormation(status="CREATE_COMPLETE", change_set=("FAILED", reason))

    assert changesets.deploy(aws, STACK, silent) == {"Name": "tuiku-dev-data"}
    assert aws.executed == 0


def test_the_first_cause_is_told_not_what_followed_from_it() -> None:
    aws = FakeCloudFormation(
        ends_in="ROLLBACK_COMPLETE",
        tells=[
            ("JobsDlq", "CREATE_FAILED", "Resource creation cancelled"),
            ("ScansQueue", "CREATE_FAILED", "Queue already exists"),
            ("Stack", "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create"),
        ],
    )

    with pytest.raises(DeployFailed) as failed:
        changesets.deploy(aws, STACK, silent)

    assert str(failed.value) == "tuiku-dev-data, ScansQueue (AWS::SQS::Queue): Queue already exists"


@pytest.mark.parametrize(
    ("status", "words"),
    [("ROLLBACK_COMPLETE", "never created"), ("UPDATE_IN_PROGRESS", "by somebody else")],
)
def test_a_stack_that_cannot_be_changed_is_left_alone(status: str, words: str) -> None:
    aws = FakeCloudFormation(status=status)

    with pytest.raises(DeployFailed, match=words):
        changesets.deploy(aws, STACK, silent)

    assert aws.asked == []


def test_runtimes_are_refused_once_deprecated_and_when_unknown() -> None:
    assert runtimes.check("python3.13", date(2026, 11, 21)) == ""
    assert "2027-06-30" in runtimes.check("python3.11", date(2026, 11, 21))
    with pytest.raises(DeployFailed, match=r"deprecated python3\.10 on 2026-10-31"):
        runtimes.check("python3.10", date(2026, 11, 21))
    with pytest.raises(DeployFailed, match=r"python3\.16 is no Lambda runtime"):
        runtimes.check("python3.16", date(2026, 11, 21))


def test_runtime_dates_are_those_that_cfn_lint_carries() -> None:
    carried = files("cfnlint") / "data" / "AdditionalSpecs" / "LmbdRuntimeLifecycle.json"
    lifecycle = json.loads(carried.read_text())

    assert runtimes.RECOMMENDED in runtimes.DEPRECATED_ON
    for runtime, ends in runtimes.DEPRECATED_ON.items():
        assert lifecycle[runtime]["deprecated"] == ends.isoformat()
