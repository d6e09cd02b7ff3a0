"""What an operator's command works on: a local stack by its name, or a stage in an AWS account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from tools.redrive import QUEUES, Destination, ToFunction, ToQueue
from tools.stack.client import Stack
from tools.stack.errors import StackError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Queues by short name (`scans`, `scans-dlq`, ...), and clients that reach them."""

    shown: str
    queues: dict[str, str]
    projector: str
    client: Callable[[str], Any]

    @property
    def sqs(self) -> SQSClient:
        client: SQSClient = self.client("sqs")
        return client

    def dead_letters_of(self, queue: str) -> str:
        return self.queues[f"{queue}-dlq"]

    def destination_of(self, queue: str) -> Destination:
        """Events come from a stream, not from a queue: their worker is called instead."""
        if queue == "events":
            return ToFunction(
                functions=self.client("lambda"),
                streams=self.client("dynamodbstreams"),
                name=self.projector,
            )
        return ToQueue(sqs=self.sqs, url=self.queues[queue])


def local(name: str) -> Target:
    stack = Stack.load(name)
    return Target(
        shown=f"the local stack '{name}'",
        queues=stack.state.queues,
        projector=stack.state.functions.get("project_events", ""),
        client=stack.boto,
    )


def deployed(stage: str) -> Target:
    """A stage, with the caller's own AWS credentials; its queues are the data stack's outputs."""
    session = boto3.Session()
    try:
        cloudformation = session.client("cloudformation")
        described = cloudformation.describe_stacks(StackName=f"tuiku-{stage}-data")
        projector = cloudformation.describe_stack_resource(
            StackName=f"tuiku-{stage}-app", LogicalResourceId="ProjectEvents"
        )
    except (BotoCoreError, ClientError) as exc:
        raise StackError(
            f"The stage '{stage}' was not found with your AWS credentials and region ({exc}): "
            "check both, or deploy it first with `make deploy`."
        ) from exc
    outputs = {
        output["OutputKey"]: output["OutputValue"] for output in described["Stacks"][0]["Outputs"]
    }
    client: Any = session.client  # its type knows literal names only
    return Target(
        shown=f"the stage '{stage}'",
        queues=_queues(outputs),
        projector=projector["StackResourceDetail"]["PhysicalResourceId"],
        client=client,
    )


def _queues(outputs: dict[str, str]) -> dict[str, str]:
    urls = {f"{name}-dlq": outputs[f"{name.capitalize()}DlqUrl"] for name in QUEUES}
    return urls | {
        name: outputs[f"{name.capitalize()}QueueUrl"] for name in QUEUES if name != "events"
    }
