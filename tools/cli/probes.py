"""What `tuiku doctor` asks AWS, one probe after the other; checks.py judges the answers."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.auth.principal import Role
from tools.cli import checks
from tools.cli.checks import Check
from tools.cli.gate import Gate
from tools.redrive import QUEUES
from tools.stack.errors import StackError
from tools.targets import Target

SOURCES = ("ingest_scans", "index_uploads", "project_events", "deliver_messages", "run_job")
SCHEDULED = (
    "reconcile_stock", "reconcile_payments", "aggregate_metrics", "chase_deadlines",
    "expire_credits", "sweep_uploads", "watch_stock",
)  # fmt: skip
ERRORS_HOURS = 24
_ROLES = tuple(role.value for role in Role if role not in (Role.DEVICE, Role.MACHINE))
_DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403")
_EXAMPLES_MAX = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What it is called when it cannot even be asked, and the asking."""

    name: str
    ask: Callable[[], Iterator[Check]]


def answered(probe: Probe) -> list[Check]:
    """The checks of a probe. What may not be asked is unknown; what is not there is a problem."""
    try:
        return list(probe.ask())
    except ClientError as exc:
        error = exc.response.get("Error", {})
        code = error.get("Code", "")
        if code in _DENIED:
            advice = "Use credentials that may read it."
            return [checks.unknown(probe.name, "your credentials may not look", advice)]
        said = f"{code}: {error.get('Message', exc)}"
    except (BotoCoreError, StackError) as exc:
        said = str(exc)
    return [checks.problem(probe.name, said, "Is it there? Deploy the stage again if it is not.")]


def probes_of(target: Target, now: Callable[[], datetime]) -> list[Probe]:
    """All probes of a stage, in the order in which one would look."""
    asking = Asking(target=target, now=now)
    found = [
        Probe(name="credentials", ask=asking.credentials),
        Probe(name="stacks", ask=asking.stacks),
        Probe(name="key", ask=asking.key),
        Probe(name="table core", ask=lambda: asking.table("core")),
        Probe(name="table views", ask=lambda: asking.table("views")),
        Probe(name="bucket", ask=asking.bucket),
    ]
    found += [Probe(name=f"queue {name}", ask=_bound(asking.queue, name)) for name in QUEUES]
    found += [
        Probe(name="event sources", ask=asking.mappings),
        Probe(name="schedules", ask=asking.schedules),
    ]
    found += [
        Probe(name=f"errors of {name}", ask=_bound(asking.errors, name))
        for name in sorted(target.functions)
    ]
    return [
        *found,
        Probe(name="user pool", ask=asking.pool),
        Probe(name="machine token", ask=asking.machine),
        Probe(name="API", ask=asking.health),
    ]


def _bound(ask: Callable[[str], Iterator[Check]], name: str) -> Callable[[], Iterator[Check]]:
    return lambda: ask(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """The questions about one target."""

    target: Target
    now: Callable[[], datetime]

    def credentials(self) -> Iterator[Check]:
        """Who we are to AWS, and whether its clock is ours."""
        answer = self.target.client("sts").get_caller_identity()
        where = f"{self.target.region}, account {answer['Account']}"
        yield checks.ok("credentials", f"{answer['Arn']} in {where}")
        date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        if date is None:
            yield checks.unknown("clock", "AWS did not say what time it is")
        else:
            theirs = parsedate_to_datetime(date)
            yield checks.skew_check(self.now(), theirs, is_local=self.target.is_local)

    def stacks(self) -> Iterator[Check]:
        cloudformation = self.target.client("cloudformation")
        for part in ("data", "app"):
            name = f"tuiku-{self.target.stage}-{part}"
            described = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
            yield checks.stack_check(name, described)
        yield checks.parameters_check(described)

    def key(self) -> Iterator[Check]:
        kms = self.target.client("kms")
        metadata = kms.describe_key(KeyId=f"alias/tuiku-{self.target.stage}")["KeyMetadata"]
        rotation = kms.get_key_rotation_status(KeyId=metadata["KeyId"])
        yield checks.key_check(metadata, is_rotating=bool(rotation["KeyRotationEnabled"]))
        if self.target.is_local:
            yield checks.unknown("rights on the key", "the emulator does not check them")

    def table(self, name: str) -> Iterator[Check]:
        dynamodb, physical = self.target.client("dynamodb"), self.target.tables[name]
        yield from checks.table_checks(
            name,
            dynamodb.describe_table(TableName=physical)["Table"],
            dynamodb.describe_continuous_backups(TableName=physical)[
                "ContinuousBackupsDescription"
            ],
            dynamodb.describe_time_to_live(TableName=physical)["TimeToLiveDescription"],
            is_local=self.target.is_local,
        )

    def bucket(self) -> Iterator[Check]:
        s3, bucket = self.target.client("s3"), self.target.bucket
        yield checks.policy_check(_policy(s3, bucket), is_local=self.target.is_local)
        notification = s3.get_bucket_notification_configuration(Bucket=bucket)
        yield checks.notification_check(notification, self._attributes("uploads")["QueueArn"])

    def queue(self, name: str) -> Iterator[Check]:
        dead = self._attributes(f"{name}-dlq")
        if name != "events":  # What is given up of the stream has no queue to come from.
            yield checks.queue_check(name, self._attributes(name), dead)
        yield checks.dead_letters_check(name, dead)

    def mappings(self) -> Iterator[Check]:
        pages = self.target.client("lambda").get_paginator("list_event_source_mappings").paginate()
        found = [mapping for page in pages for mapping in page["EventSourceMappings"]]
        yield from checks.mapping_checks(found, self._physical(SOURCES))

    def schedules(self) -> Iterator[Check]:
        events = self.target.client("events")
        prefix = f"tuiku-{self.target.stage}-"
        pages = events.get_paginator("list_rules").paginate(NamePrefix=prefix)
        rules = [rule for page in pages for rule in page["Rules"]]
        targets = {
            rule["Name"]: [
                str(target["Arn"]).rpartition(":")[2]
                for target in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
            ]
            for rule in rules
        }
        yield from checks.schedule_checks(rules, targets, self._physical(SCHEDULED))

    def errors(self, name: str) -> Iterator[Check]:
        """By metrics on AWS; the emulator counts nothing, but it keeps logs."""
        physical = self.target.functions[name]
        if self.target.is_local:
            lines = self._error_lines(physical)
            yield checks.errors_check(name, len(lines), ERRORS_HOURS, lines[-1] if lines else None)
            return
        errors = self._counted(physical)
        lines = self._error_lines(physical) if errors else []
        yield checks.errors_check(name, errors, ERRORS_HOURS, lines[-1] if lines else None)

    def pool(self) -> Iterator[Check]:
        cognito, pool_id = self.target.client("cognito-idp"), self.target.identity.pool_id
        pages = cognito.get_paginator("list_groups").paginate(UserPoolId=pool_id)
        groups = [group["GroupName"] for page in pages for group in page["Groups"]]
        yield checks.pool_check(groups, _ROLES)

    def machine(self) -> Iterator[Check]:
        """The whole way of a signed-in request: token, authorizer, function, table."""
        Gate(self.target).get("/v1/tasks?limit=1")
        yield checks.ok("machine token", "issued, and taken by the API")

    def health(self) -> Iterator[Check]:
        reply = Gate(self.target).health()
        yield checks.health_check(reply.status, reply.body)

    def _attributes(self, queue: str) -> dict[str, str]:
        url = self.target.queues[queue]
        answer = self.target.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        return {str(name): value for name, value in answer["Attributes"].items()}

    def _physical(self, names: tuple[str, ...]) -> dict[str, str]:
        return {name: self.target.functions.get(name, "") for name in names}

    def _counted(self, physical: str) -> int:
        """A metric without data points counted nothing: Lambda writes it at each invocation."""
        until = self.now()
        answer = self.target.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName="Errors",
            Dimensions=[{"Name": "FunctionName", "Value": physical}],
            StartTime=until - timedelta(hours=ERRORS_HOURS),
            EndTime=until,
            Period=3600,
            Statistics=["Sum"],
        )
        return int(sum(point["Sum"] for point in answer["Datapoints"]))

    def _error_lines(self, physical: str) -> list[str]:
        since = int((self.now() - timedelta(hours=ERRORS_HOURS)).timestamp() * 1000)
        pages = self.target.client("logs").get_paginator("filter_log_events").paginate(
            logGroupName=f"/aws/lambda/{physical}",
            startTime=since,
            # The emulator takes no alternatives: it is asked for all.
            **({} if self.target.is_local else {"filterPattern": '?"ERROR" ?"Task timed out"'}),
        )  # fmt: skip
        found: list[str] = []
        for page in pages:
            found += [line for e in page["events"] if (line := error_of(e["message"]))]
            if len(found) >= _EXAMPLES_MAX:
                break
        return found


def error_of(line: str) -> str | None:
    """What went wrong, where a log line tells of it. Dead letters have a check of their own."""
    if "Task timed out" in line or line.startswith(("Traceback", "[ERROR]")):
        return line.strip()
    if not line.startswith("{"):
        return None
    try:
        said: Mapping[str, Any] = json.loads(line)
    except ValueError:
        return None
    if said.get("level") not in ("ERROR", "CRITICAL") or said.get("message") == "given up on":
        return None
    return f"{said.get('message')} ({said.get('correlation_id', 'no correlation id')})"


def _policy(s3: Any, bucket: str) -> str | None:
    try:
        return str(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    except ClientError as exc:
        if exc.response.get("Error", {}).get("Code") == "NoSuchBucketPolicy":
            return None
        raise


def utc_now() -> datetime:
    return datetime.now(UTC)
