"""A core table on moto for each test, in one moto a module."""

from collections.abc import Callable, Iterator
from itertools import count

import boto3
import pytest
from moto import mock_aws
from pynamodb.connection import Connection

from chalicelib.store.execution import Commands
from tests.builders import NOW, Shop
from tests.store.watched import WatchedTable

_NUMBERS = count()


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Connection]:
    """DynamoDB of this module's own, in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        with mock_aws():
            yield Connection(region="us-east-1")


@pytest.fixture
def core(dynamodb: Connection) -> Iterator[WatchedTable]:
    """An empty core table. Gone afterwards: moto copies all tables for each transaction."""
    name = f"core-{next(_NUMBERS)}"
    client = boto3.client("dynamodb", region_name="us-east-1")
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": attribute, "AttributeType": "S"}
            for attribute in ("pk", "sk", "hour_shard", "at")
        ],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_hour",
                "KeySchema": [
                    {"AttributeName": "hour_shard", "KeyType": "HASH"},
                    {"AttributeName": "at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    yield WatchedTable(name, dynamodb)
    client.delete_table(TableName=name)


@pytest.fixture
def process(core: WatchedTable) -> Callable[[], Commands]:
    """Starts another process on the same table: nothing is remembered but what is stored."""

    def start() -> Commands:
        return Commands(table=core, clock=lambda: NOW, sleep=lambda _: None, chance=lambda: 0.0)

    return start


@pytest.fixture
def shop(process: Callable[[], Commands]) -> Shop:
    """A shop on the real store."""
    return Shop(process())
