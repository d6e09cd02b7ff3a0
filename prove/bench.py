"""What a trial runs on: an emulated AWS of its own, the fault proxy before it, and a provider.

Only the data stack is deployed: the handlers run in processes of ours, which can be killed.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import urllib3
from botocore.exceptions import ClientError

from chalicelib.store.codec import body_of, decode
from chalicelib.store.keys import record_types
from prove import faults
from prove.faults import Proxy
from prove.workers import Workers, workers
from tools import deploy
from tools.stack import emulator, processes, provider
from tools.stack.client import aws_client
from tools.stack.places import ROOT, Place

STAGE = "prove"
FOLDER = ROOT / "build" / "prove"


@dataclass(slots=True)
class Bench:
    """`made` numbers the tables: each trial gets its own, so none sees what another left."""

    folder: Path
    endpoint: str
    proxy: Proxy
    provider_url: str
    outputs: dict[str, str]
    clients: dict[str, Any] = field(default_factory=dict)
    made: count[int] = field(default_factory=count)
    http: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False))

    def boto(self, service: str) -> Any:
        if service not in self.clients:
            key = emulator.ROOT_KEY
            self.clients[service] = aws_client(
                service,
                endpoint=self.endpoint,
                region=emulator.REGION,
                access_key=key,
                secret_key=key,
            )
        return self.clients[service]

    def tables(self) -> Tables:
        """An empty pair of tables like those of the data stack."""
        number = next(self.made)
        names = {}
        for kind in ("core", "views"):
            like = self.boto("dynamodb").describe_table(
                TableName=self.outputs[f"{kind.capitalize()}Table"]
            )["Table"]
            names[kind] = f"prove-{number}-{kind}"
            _create_like(self.boto("dynamodb"), like, names[kind])
        return Tables(bench=self, core=names["core"], views=names["views"])

    def refunds_of(self, payment_id: str) -> list[dict[str, Any]]:
        """What the provider's own books say about a payment."""
        url = f"{self.provider_url}/v1/refunds?payment={payment_id}"
        answer = self.http.request("GET", url, timeout=10)
        assert answer.status == 200, f"provider: {answer.status}"
        found: list[dict[str, Any]] = json.loads(answer.data)["items"]
        return found

    def close(self) -> None:
        self.http.clear()
        for client in self.clients.values():
            client.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The tables of one trial, and workers on them."""

    bench: Bench
    core: str
    views: str

    @contextmanager
    def workers(
        self, size: int, *, through_proxy: bool, more: Mapping[str, str] | None = None
    ) -> Iterator[Workers]:
        """`more` are settings beside those of the bench."""
        endpoint = self.bench.proxy.endpoint if through_proxy else self.bench.endpoint
        log = self.bench.folder / "workers.log"
        with workers(size, {**self._environment(endpoint), **(more or {})}, log) as made:
            yield made

    def records(self, *types: str) -> list[Any]:
        """Every record of these types, decoded by the application's own codec."""
        found: list[Any] = []
        for item in self.items():
            name = item["type"]["S"]
            body = body_of(item)
            if name in types and body is not None:
                found.append(decode(body, record_types()[name]))
        return found

    def items(self) -> Iterator[dict[str, Any]]:
        """Every item as it is stored."""
        pages = self.bench.boto("dynamodb").get_paginator("scan")
        for page in pages.paginate(TableName=self.core, ConsistentRead=True):
            yield from page["Items"]

    def drop(self) -> None:
        for name in (self.core, self.views):
            self.bench.boto("dynamodb").delete_table(TableName=name)

    def _environment(self, endpoint: str) -> dict[str, str]:
        out = self.bench.outputs
        return {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": emulator.ROOT_KEY,
            "AWS_SECRET_ACCESS_KEY": emulator.ROOT_KEY,
            "AWS_DEFAULT_REGION": emulator.REGION,
            "STAGE": STAGE,
            "LOG_LEVEL": "ERROR",
            "CORE_TABLE": self.core,
            "VIEWS_TABLE": self.views,
            "FILES_BUCKET": out["FilesBucket"],
            "SANDBOX_PROVIDER_URL": self.bench.provider_url,
            **{
                f"{name.upper()}_{kind.upper()}_URL": out[f"{name}{kind}Url"]
                for name in ("Scans", "Uploads", "Deliveries", "Jobs")
                for kind in ("Queue", "Dlq")
            },
        } | {"SCANS_QUEUE_URL": out["ScansQueueUrl"]}


@contextmanager
def bench(folder: Path = FOLDER) -> Iterator[Bench]:
    """Started for the block and gone after it."""
    place = Place(name=STAGE, base=folder)
    place.folder.mkdir(parents=True, exist_ok=True)
    # The emulator finds the objects of a run before, whose bucket would be in the way of ours.
    shutil.rmtree(place.kept / "s3", ignore_errors=True)
    with ExitStack() as stack:
        running = emulator.launch(place, processes.free_port())
        stack.callback(processes.stop, running)
        paying = provider.launch(place, processes.free_port())
        stack.callback(processes.stop, paying)
        emulator.wait_until_ready(place, running)
        provider.wait_until_ready(place, paying)
        endpoint = emulator.endpoint(running.port)
        proxy = faults.launch(endpoint, place.folder)
        stack.callback(proxy.stop)
        made = Bench(
            folder=place.folder,
            endpoint=endpoint,
            proxy=proxy,
            provider_url=provider.url(paying.port),
            outputs=_data_stack(endpoint),
        )
        stack.callback(made.close)
        _warm(proxy)
        yield made


def _warm(proxy: Proxy) -> None:
    """The proxy reads the models of AWS at its first request, which would look like a fault."""
    key = emulator.ROOT_KEY
    client = aws_client(
        "dynamodb",
        endpoint=proxy.endpoint,
        region=emulator.REGION,
        access_key=key,
        secret_key=key,
    )
    client.list_tables()
    with proxy.with_rules(faults.throttles(1.0)), suppress(ClientError):
        client.list_tables()
    client.close()


def _data_stack(endpoint: str) -> dict[str, str]:
    key = emulator.ROOT_KEY
    session = boto3.Session(
        aws_access_key_id=key, aws_secret_access_key=key, region_name=emulator.REGION
    )
    local = {"DeletionProtection": "false", "QueueVisibilitySeconds": "5"}
    clients = deploy.Clients.of(session, endpoint)
    return deploy.deploy_data(clients, STAGE, local, say=lambda _: None)


def _create_like(dynamodb: Any, like: dict[str, Any], name: str) -> None:
    more: dict[str, Any] = {}
    if like.get("GlobalSecondaryIndexes"):
        more["GlobalSecondaryIndexes"] = [
            {part: index[part] for part in ("IndexName", "KeySchema", "Projection")}
            for index in like["GlobalSecondaryIndexes"]
        ]
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=like["AttributeDefinitions"],
        KeySchema=like["KeySchema"],
        **more,
    )
