"""Capacity by the published rules, and a table in memory that pages as DynamoDB does."""

import pytest

from bench.capacity import Units, size_of, units_of
from bench.memory import MemoryTable
from bench.tap import Call, Json


def call(operation: str, request: Json, answer: Json | None = None) -> Call:
    return Call(operation=operation, request=request, answer=answer or {}, seconds=0.0)


def item(size: int) -> Json:
    return {"pk": {"S": "x" * (size - 2)}}


@pytest.mark.parametrize(
    ("held", "size"),
    [
        ({"a": {"S": "é"}}, 3),
        ({"a": {"N": "-120"}}, 4),
        ({"a": {"M": {"b": {"S": "c"}}}}, 7),
        (item(1024), 1024),
    ],
)
def test_an_item_is_as_large_as_its_names_and_values(held: Json, size: int) -> None:
    assert size_of(held) == size


def test_a_transaction_costs_twice_and_the_index_takes_its_copy() -> None:
    event = {**item(2000), "hour_shard": {"S": "h"}}
    puts = [{"Put": {"Item": item(1025)}}, {"Put": {"Item": event}}, {"Update": {"Key": {}}}]

    assert units_of(call("TransactWriteItems", {"TransactItems": puts})) == Units(0, 4 + 4 + 2 + 2)


def test_items_that_are_put_together_cost_as_much_as_one_by_one() -> None:
    puts = [{"PutRequest": {"Item": item(1025)}}, {"PutRequest": {"Item": item(10)}}]

    assert units_of(call("BatchWriteItem", {"RequestItems": {"t": puts}})) == Units(0, 2 + 1)


def test_a_snapshot_costs_twice_a_consistent_read_also_where_nothing_is() -> None:
    found = {"Responses": [{"Item": item(4097)}, {}]}

    assert units_of(call("TransactGetItems", {}, found)) == Units(read=4 + 2)
    assert units_of(call("GetItem", {"ConsistentRead": True}, {"Item": item(10)})).read == 1


def test_a_query_pays_for_what_it_read_together() -> None:
    answer = {"Items": [item(3000), item(3000)]}

    assert units_of(call("Query", {"ConsistentRead": False}, answer)).read == 1.0


def test_pages_in_memory_follow_each_other_in_both_directions() -> None:
    table = MemoryTable()
    for sk in ("b", "a", "d", "c"):
        table.put("p", sk, {})

    for is_forward, order in ((True, "abcd"), (False, "dcba")):
        request: Json = {
            "ExpressionAttributeValues": {":pk": {"S": "p"}},
            "ScanIndexForward": is_forward,
            "Limit": 3,
        }
        first = table("Query", request)
        second = table("Query", {**request, "ExclusiveStartKey": first["LastEvaluatedKey"]})
        assert [row["sk"]["S"] for row in first["Items"] + second["Items"]] == list(order)
        assert "LastEvaluatedKey" not in second
