"""A local stack of the benchmark's own, with tables of its own beside the deployed ones.

What is measured in this process writes to those tables: no stream function competes for the cores.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pynamodb.connection import Connection

from chalicelib.store.table import connection
from tools.stack import bringup
from tools.stack.client import Stack
from tools.stack.places import Place
from tools.stack.show import Show

NAME = "bench"
CORE, VIEWS, FLOOR = "bench-core", "bench-views", "bench-floor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    stack: Stack

    @property
    def environment(self) -> dict[str, str]:
        """What the functions are given, so that their handlers run in a process of ours."""
        state = self.stack.state
        return {
            **self._given("project_events"),
            **self._given("api"),
            "AWS_ENDPOINT_URL": state.endpoint,
            "AWS_ACCESS_KEY_ID": state.access_key,
            "AWS_SECRET_ACCESS_KEY": state.secret_key,
            "AWS_DEFAULT_REGION": state.region,
            "CORE_TABLE": CORE,
            "VIEWS_TABLE": VIEWS,
        }

    def _given(self, function: str) -> dict[str, str]:
        deployed = self.stack.boto("lambda").get_function_configuration(
            FunctionName=self.stack.state.functions[function]
        )
        return dict(deployed["Environment"]["Variables"])

    def link(self) -> Connection:
        """The connection of the handlers in this process; botocore finds the endpoint itself."""
        return connection(self.stack.state.region, None)


@contextmanager
def staged() -> Iterator[Stage]:
    """Up, and down again whatever happens."""
    place, show = Place(name=NAME), Show(to_stderr=True)
    bringup.down(place, show)  # What an earlier run left behind, when it was killed.
    try:
        bringup.up(place, show)
        stage = Stage(stack=Stack.load(NAME))
        dynamodb = stage.stack.boto("dynamodb")
        for name, has_index in ((CORE, True), (VIEWS, False), (FLOOR, True)):
            _create_table(dynamodb, name, has_index=has_index)
        yield stage
    finally:
        bringup.down(place, show)


def _create_table(dynamodb: Any, name: str, *, has_index: bool) -> None:
    """As infra/data.yaml makes it, without stream and encryption."""
    more: dict[str, Any] = {}
    attributes = ["pk", "sk"]
    if has_index:
        attributes += ["hour_shard", "at"]
        index = {
            "IndexName": "by_hour",
            "KeySchema": _keys("hour_shard", "at"),
            "Projection": {"ProjectionType": "ALL"},
        }
        more["GlobalSecondaryIndexes"] = [index]
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": a, "AttributeType": "S"} for a in attributes],
        KeySchema=_keys("pk", "sk"),
        **more,
    )


def _keys(hash_name: str, range_name: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": hash_name, "KeyType": "HASH"},
        {"AttributeName": range_name, "KeyType": "RANGE"},
    ]
