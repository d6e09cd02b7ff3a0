"""What an operator's command works on: a local stack by its name, or a stage in an AWS account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.connection import Connection

from chalicelib.store.table import Table
from tools.redrive import QUEUES, Destination, ToFunction, ToQueue
from tools.stack.client import Stack
from tools.stack.errors import StackError
from tools.stack.identity import machine_secret

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# An operator's long scan waits where a request of a customer would rather fail.
_READ_TIMEOUT_S = 30.0
_ATTEMPTS_MAX = 10
_LOCAL_ATTEMPTS_MAX = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Where the machine gets its token."""

    pool_id: str
    client_id: str
    token_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Queues by short name (`scans`, `scans-dlq`, ...), functions by their Python names, tables by
    `core` and `views`, and clients that reach them. `endpoint` is None on AWS.
    """

    shown: str
    stage: str
    region: str
    api_url: str
    bucket: str
    queues: dict[str, str]
    tables: dict[str, str]
    functions: dict[str, str]
    identity: Identity
    client: Callable[[str], Any]
    endpoint: str | None = None
    keys: dict[str, str] = field(default_factory=dict)

    @property
    def is_local(self) -> bool:
        return self.endpoint is not None

    @property
    def projector(self) -> str:
        return self.functions.get("project_events", "")

    @property
    def sqs(self) -> SQSClient:
        client: SQSClient = self.client("sqs")
        return client

    def link(self) -> Connection:
        """A connection to DynamoDB with the patience of an operator."""
        attempts = _LOCAL_ATTEMPTS_MAX if self.is_local else _ATTEMPTS_MAX
        return Connection(
            region=self.region,
            host=self.endpoint,
            read_timeout_seconds=_READ_TIMEOUT_S,
            retry_configuration={"total_max_attempts": attempts, "mode": "standard"},
            **self.keys,  # type: ignore[arg-type]  # aws_access_key_id and its secret
        )

    def table(self, name: str) -> Table:
        """`core` or `views`."""
        return Table(self.tables[name], self.link())

    def machine_secret(self) -> str:
        return machine_secret(
            self.client("cognito-idp"), self.identity.pool_id, self.identity.client_id
        )

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
    state = stack.state
    return Target(
        shown=f"the local stack '{name}'",
        stage=state.stage,
        region=state.region,
        api_url=state.api_url,
        bucket=state.bucket,
        queues=state.queues,
        tables=state.tables,
        functions=state.functions,
        identity=Identity(
            pool_id=state.pool_id, client_id=state.machine_client_id, token_url=state.token_url
        ),
        client=stack.boto,
        endpoint=state.endpoint,
        keys={"aws_access_key_id": state.access_key, "aws_secret_access_key": state.secret_key},
    )


def deployed(stage: str) -> Target:
    """A stage, with the caller's own AWS credentials; what it consists of, its two stacks say."""
    session = boto3.Session()
    try:
        cloudformation = session.client("cloudformation")
        data = _outputs(cloudformation, f"tuiku-{stage}-data")
        app = _outputs(cloudformation, f"tuiku-{stage}-app")
        functions = _functions(cloudformation, f"tuiku-{stage}-app")
    except (BotoCoreError, ClientError) as exc:
        raise StackError(
            f"The stage '{stage}' was not found with your AWS credentials and region ({exc}): "
            "check both, or deploy it first with `make deploy`."
        ) from exc
    region = str(session.region_name)
    client: Any = session.client  # its type knows literal names only
    return Target(
        shown=f"the stage '{stage}'",
        stage=stage,
        region=region,
        api_url=app["EndpointURL"].rstrip("/"),
        bucket=data["FilesBucket"],
        queues=_queues(data),
        tables={"core": data["CoreTable"], "views": data["ViewsTable"]},
        functions=functions,
        identity=Identity(
            pool_id=data["UserPoolId"],
            client_id=data["MachineClientId"],
            token_url=f"https://{data['UserPoolDomain']}.auth.{region}.amazoncognito.com/oauth2/token",
        ),
        client=cache(client),
    )


def _outputs(cloudformation: Any, name: str) -> dict[str, str]:
    described = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


def _functions(cloudformation: Any, name: str) -> dict[str, str]:
    prefix = name.removesuffix("app")
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
    return {
        _short(resource["PhysicalResourceId"], prefix): resource["PhysicalResourceId"]
        for page in pages
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == "AWS::Lambda::Function"
    }


def _short(physical: str, prefix: str) -> str:
    """`tuiku-prod-run_job` is `run_job`; what answers HTTP is `api` for short."""
    name = physical.removeprefix(prefix)
    return "api" if name == "api_handler" else name


def _queues(outputs: dict[str, str]) -> dict[str, str]:
    urls = {f"{name}-dlq": outputs[f"{name.capitalize()}DlqUrl"] for name in QUEUES}
    return urls | {
        name: outputs[f"{name.capitalize()}QueueUrl"] for name in QUEUES if name != "events"
    }
