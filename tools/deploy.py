"""Deploys a stage: the data stack, then the app stack, each by a change set.

    python -m tools.deploy --stage prod [--parameter AlarmEmail=ops@example.com ...]

Without --package it packages first. Whatever fails is said in one sentence: the first resource
that failed, and why.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tools import package as packaging
from tools.deployment import bucket, changesets, emulated, runtimes
from tools.deployment.changesets import Say, Stack
from tools.deployment.errors import DeployFailed
from tools.package import ROOT, Package
from tools.packaging.errors import PackagingError
from tools.packaging.intrinsics import load_template

__all__ = ["Clients", "DeployFailed", "deploy_app", "deploy_data"]
_DATA_TEMPLATE = ROOT / "infra" / "data.yaml"
_EMULATED_READ_S = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Clients:
    """boto3 clients; untyped, because the stubs of these services are not installed."""

    cloudformation: Any
    s3: Any
    sts: Any
    # Only against an emulator, see tools.deployment.emulated.
    apigateway: Any = None

    @classmethod
    def of(cls, session: boto3.Session, endpoint_url: str | None = None) -> Self:
        # An emulator deletes what ran before while one waits, and is busy with nothing else.
        patience = Config(read_timeout=_EMULATED_READ_S) if endpoint_url else None

        def client(service: str) -> Any:
            return session.client(  # type: ignore[call-overload]
                service, endpoint_url=endpoint_url, config=patience
            )

        return cls(
            cloudformation=client("cloudformation"),
            s3=client("s3"),
            sts=client("sts"),
            apigateway=client("apigateway") if endpoint_url else None,
        )

    @property
    def is_emulated(self) -> bool:
        return self.apigateway is not None


def deploy_data(
    clients: Clients, stage: str, parameters: Mapping[str, str] | None = None, *, say: Say = print
) -> dict[str, str]:
    """Safe to repeat. The stack's outputs."""
    name = f"tuiku-{stage}-data"
    given = {"RequireTls": "false"} if clients.is_emulated else {}
    given |= {**(parameters or {}), "Stage": stage}
    stack = Stack(
        name=name,
        template={"TemplateBody": _DATA_TEMPLATE.read_text()},
        parameters=given,
        tags=_tags(stage),
    )
    made = changesets.deploy(clients.cloudformation, stack, say)
    if given.get("DeletionProtection", "true") == "true":
        clients.cloudformation.update_termination_protection(
            StackName=name, EnableTerminationProtection=True
        )
    return made


def deploy_app(
    clients: Clients,
    stage: str,
    package: Package,
    parameters: Mapping[str, str] | None = None,
    *,
    say: Say = print,
) -> dict[str, str]:
    """Safe to repeat. The stack's outputs."""
    place = f"tuiku-{stage}-deploy-{clients.sts.get_caller_identity()['Account']}"
    bucket.ensure(clients.s3, place)
    template = _with_code(package, place, bucket.upload_file(clients.s3, place, package.zip_path))
    if clients.is_emulated:
        emulated.allow_batch_sends(template)
        emulated.name_every_method(template)
    content = json.dumps(template, separators=(",", ":"), sort_keys=True).encode()
    key = bucket.upload(clients.s3, place, content, "template.json")
    stack = Stack(
        name=f"tuiku-{stage}-app",
        template={"TemplateURL": _url(clients.s3, place, key)},
        parameters={**(parameters or {}), "Stage": stage},
        tags=_tags(stage),
    )
    made = changesets.deploy(clients.cloudformation, stack, say)
    if clients.is_emulated:
        origin = (parameters or {}).get("AllowedOrigin", "*")
        emulated.put_gateway_responses(
            clients.apigateway, template, api_id=made["RestAPIId"], allowed_origin=origin
        )
    return made


def _with_code(package: Package, place: str, key: str) -> dict[str, Any]:
    template: dict[str, Any] = json.loads(package.template_path.read_text())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = {"Bucket": place, "Key": key}
    return template


def _url(s3: Any, place: str, key: str) -> str:
    """CloudFormation reads a template of this size from S3 only."""
    endpoint: str = s3.meta.endpoint_url
    scheme, _, host = endpoint.partition("://")
    return f"{endpoint}/{place}/{key}" if scheme == "http" else f"https://{place}.{host}/{key}"


def _tags(stage: str) -> dict[str, str]:
    return {"application": "tuiku", "stage": stage}


def _split(template: Path, given: Mapping[str, str]) -> dict[str, str]:
    return {k: v for k, v in given.items() if k in load_template(template)["Parameters"]}


def _run(asked: argparse.Namespace) -> None:
    given = dict(pair.split("=", 1) for pair in asked.parameter)
    app_template = ROOT / "infra" / "app.yaml"
    unknown = (
        given.keys() - _split(_DATA_TEMPLATE, given).keys() - _split(app_template, given).keys()
    )
    if unknown:
        raise DeployFailed(f"no template has a parameter {', '.join(sorted(unknown))}")
    built = packaging.read(asked.package) if asked.package else _packaged(asked.stage)
    if remark := runtimes.check(built.runtime, datetime.now(UTC).date()):
        print(f"note: {remark}")
    if built.too_new:
        raise DeployFailed(
            f"Lambda's {built.runtime} has too old a glibc for {', '.join(built.too_new)}; "
            f"package with {runtimes.RECOMMENDED}"
        )
    clients = Clients.of(boto3.Session())
    for stack, made in (
        ("data", deploy_data(clients, asked.stage, _split(_DATA_TEMPLATE, given))),
        ("app", deploy_app(clients, asked.stage, built, _split(app_template, given))),
    ):
        print(f"\ntuiku-{asked.stage}-{stack}")
        for key, value in sorted(made.items()):
            print(f"  {key:<24} {value}")


def _packaged(stage: str) -> Package:
    return packaging.build(stage, ROOT / "build" / "package")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--stage", required=True)
    parser.add_argument("--package", type=Path, help="a folder that tools.package wrote")
    parser.add_argument("--parameter", action="append", default=[], metavar="KEY=VALUE")
    try:
        _run(parser.parse_args())
    except (DeployFailed, PackagingError, BotoCoreError, ClientError) as stopped:
        print(f"not deployed: {stopped}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
