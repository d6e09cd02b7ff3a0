"""Deploy the two CloudFormation stacks to a running local AWS, and write down how to reach them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import boto3
import urllib3
from botocore.exceptions import BotoCoreError, ClientError

from tools import deploy
from tools.packaging.errors import PackagingError
from tools.stack import carrier, emulator, identity, packages, provider
from tools.stack.client import aws_client
from tools.stack.errors import StackError
from tools.stack.places import Place, StackState
from tools.stack.roster import Processes
from tools.stack.show import Show

STAGE = "dev"
_QUEUES = ("Scans", "Uploads", "Deliveries", "Jobs")
_HEALTHY_S = 60.0
_REFUSED_S = 5.0
# Messages that failed come back after this time instead of minutes: a person is waiting.
_VISIBILITY_S = 5


def deploy_to(place: Place, processes: Processes, wanted: str, show: Show) -> StackState:
    """Safe to repeat: what did not change is left as it is. Returns once the API is healthy."""
    endpoint = emulator.endpoint(processes.emulator.port)
    try:
        state = _deployed(place, processes, wanted, show, endpoint)
    except (deploy.DeployFailed, PackagingError, BotoCoreError, ClientError) as exc:
        if not processes.emulator.is_alive():
            raise emulator.died(place) from exc
        raise StackError(f"The deployment failed: {exc}") from exc
    with show.step("Waiting for the API's health"):
        _wait_for_health(place, processes, state)
    provider.tell(state.provider_url, state.api_url, state.provider_secret)
    place.write_state(state)
    return state


def _deployed(
    place: Place, processes: Processes, wanted: str, show: Show, endpoint: str
) -> StackState:
    clients = deploy.Clients.of(_session(), endpoint)
    local = {"DeletionProtection": "false", "QueueVisibilitySeconds": str(_VISIBILITY_S)}
    with show.step("Deploying the data stack"):
        data = deploy.deploy_data(clients, STAGE, local, say=show.detail)
    with show.step("Creating a user for each role"):
        cognito = _client("cognito-idp", endpoint)
        users = identity.create_users(cognito, data["UserPoolId"])
        secret = identity.machine_secret(cognito, data["UserPoolId"], data["MachineClientId"])
        signing = carrier.secret(_client("ssm", endpoint), STAGE)
        telling = provider.secret(_client("ssm", endpoint), STAGE)
    with show.step("Packaging the application"):
        built = packages.build(STAGE, wanted)
    parameters = _app_parameters(endpoint, data, processes)
    with show.step("Deploying the application"):
        app = deploy.deploy_app(clients, STAGE, built, parameters, say=show.detail)
    return StackState(
        name=place.name,
        stage=STAGE,
        endpoint=endpoint,
        api_url=f"{endpoint}/restapis/{app['RestAPIId']}/api/_user_request_",
        region=emulator.REGION,
        account=emulator.ACCOUNT,
        access_key=emulator.ROOT_KEY,
        secret_key=emulator.ROOT_KEY,
        pool_id=data["UserPoolId"],
        client_id=data["WebClientId"],
        machine_client_id=data["MachineClientId"],
        machine_client_secret=secret,
        token_url=f"{endpoint}/oauth2/token",
        issuer=parameters["OidcIssuer"],
        jwks_url=parameters["OidcJwksUrl"],
        provider_url=parameters["SandboxProviderUrl"],
        provider_secret=telling,
        carrier_url=parameters["SandboxCarrierUrl"],
        carrier_secret=signing,
        bucket=data["FilesBucket"],
        package=wanted,
        users=users,
        queues=_queues(data),
        tables={"core": data["CoreTable"], "views": data["ViewsTable"]},
        functions=_functions(_client("cloudformation", endpoint)),
    )


def _app_parameters(endpoint: str, data: Mapping[str, str], processes: Processes) -> dict[str, str]:
    assert processes.carrier is not None, "it is started before anything is deployed"
    return {
        "SandboxProviderUrl": provider.url(processes.provider.port),
        "PaymentProviders": provider.NAME,
        "SandboxCarrierUrl": carrier.url(processes.carrier.port),
        "Carriers": carrier.NAME,
        "S3PublicEndpoint": endpoint,
        "OidcIssuer": data["UserPoolIssuer"],
        "OidcJwksUrl": f"{endpoint}/{data['UserPoolId']}/.well-known/jwks.json",
    }


def _queues(data: Mapping[str, str]) -> dict[str, str]:
    """Every queue's URL by its short name: scans, scans-dlq, ..., events-dlq."""
    urls = {}
    for name in _QUEUES:
        urls[name.lower()] = data[f"{name}QueueUrl"]
        urls[f"{name.lower()}-dlq"] = data[f"{name}DlqUrl"]
    urls["events-dlq"] = data["EventsDlqUrl"]
    return urls


def _functions(cloudformation: Any) -> dict[str, str]:
    """Physical names of the deployed functions by their Python names; the HTTP handler is `api`."""
    found = {}
    pages = cloudformation.get_paginator("list_stack_resources").paginate(
        StackName=f"tuiku-{STAGE}-app"
    )
    for page in pages:
        for resource in page["StackResourceSummaries"]:
            if resource["ResourceType"] == "AWS::Lambda::Function":
                found[_python_name(resource["LogicalResourceId"])] = resource["PhysicalResourceId"]
    return found


def _python_name(logical_id: str) -> str:
    """Chalice makes IngestScans of ingest_scans; the HTTP handler is always APIHandler."""
    if logical_id == "APIHandler":
        return "api"
    return "".join(
        f"_{letter.lower()}" if letter.isupper() else letter for letter in logical_id
    ).lstrip("_")


def _wait_for_health(place: Place, processes: Processes, state: StackState) -> None:
    """A refusal (4xx) is believed early: it comes from the application and does not pass."""
    began = time.monotonic()
    patience_s = _HEALTHY_S
    told = "no answer"
    while time.monotonic() - began < patience_s:
        if not processes.emulator.is_alive():
            raise emulator.died(place)
        try:
            answer = urllib3.request("GET", f"{state.api_url}/v1/health", timeout=60, retries=False)
        except urllib3.exceptions.HTTPError as exc:
            told = str(exc)
        else:
            if answer.status == 200:
                return
            patience_s = _REFUSED_S if 400 <= answer.status < 500 else _HEALTHY_S
            told = f"{answer.status} {answer.data[:500].decode(errors='replace')}"
        time.sleep(0.5)
    raise StackError(
        f"The API did not become healthy (GET /v1/health: {told}): "
        f"{emulator.shown(place.emulator_log)} may tell why."
    )


def _session() -> boto3.Session:
    return boto3.Session(
        aws_access_key_id=emulator.ROOT_KEY,
        aws_secret_access_key=emulator.ROOT_KEY,
        region_name=emulator.REGION,
    )


def _client(service: str, endpoint: str) -> Any:
    key = emulator.ROOT_KEY
    return aws_client(
        service, endpoint=endpoint, region=emulator.REGION, access_key=key, secret_key=key
    )
