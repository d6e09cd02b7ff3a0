"""A customer's history from the rows of the views: the truth's own sums, in bounded reads."""

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from chalicelib import wiring
from chalicelib.core.commands import Decided, Record
from chalicelib.core.money import Money
from chalicelib.customers import lists
from chalicelib.customers.counting import ReturnCounts
from chalicelib.orders.model import DeliveredItem
from chalicelib.policy.history import CustomerHistory
from chalicelib.returns import reporting
from chalicelib.returns.exceptions import ExceptionKind
from chalicelib.returns.model import FaultParty, Grade, Return
from chalicelib.store.actions import item_of
from chalicelib.store.codec import encode
from chalicelib.store.customer_reads import HISTORY_ROWS_MAX
from chalicelib.store.projection import Image, rebuild
from chalicelib.store.row import list_name
from chalicelib.store.summaries import ReturnRow, summary_of
from chalicelib.store.table import Item
from tests.builders import NOW, Shop, delivery, failed, item, line, order, passed
from tests.fakes import FakeStore, Store
from tests.stage import Stage


@pytest.fixture
def shop(stage: Stage) -> Shop:
    """A shop on the real tables; what it does is in the lists once it was projected."""
    return Shop(wiring.commands())


def project(*records: Record) -> None:
    """As the stream tells of them, in this order."""
    for record in records:
        image = Image(item=item_of(record))
        wiring.projector().batch([image]).apply(image)


def history(at: datetime, without: str | None = None) -> CustomerHistory:
    return wiring.reads().customer_history("cus-1", at, without)


def a_year_with_us(shop: Shop) -> Return:
    """Orders, a return with a used unit, a foreign serial, an empty box, a draft, and a list."""
    shop.sells(order(line(quantity=5), no="O-1"))
    ret = shop.asks("O-1", quantity=4)
    shop.approves(ret)
    shop.receives(ret, item(quantity=3))
    shop.inspects(ret, failed(1, grade=Grade.D, fault=FaultParty.CUSTOMER), passed(2))
    empty = reporting.ReportException(kind=ExceptionKind.EMPTY, quantity=1, line_no="1")
    shop.do(lambda reads, context: reporting.report(reads, ret.return_id, empty, context))
    serials = delivery(DeliveredItem(line_no="1", quantity=2, serials=("SN-1", "SN-2")))
    shop.sells(order(line(sku="S-2", quantity=2), no="O-2", deliveries=(serials,)))
    swapped = shop.asks("O-2")
    shop.approves(swapped)
    shop.receives(swapped, item("S-2", 1, serials=("SN-9",)))
    shop.sells(order(line(sku="S-3", quantity=1), no="O-3", customer_id="cus-2"))
    shop.asks("O-3")
    shop.asks("O-1", submit=False)
    command = lists.PutOnList(list_name="vip", reason="Since 2009.")
    shop.do(lambda reads, context: lists.put_on_list(reads, "cus-1", command, context))
    return ret


def test_the_lists_tell_what_the_truth_does(shop: Shop) -> None:
    told: list[CustomerHistory] = []
    stores: Sequence[Store] = (FakeStore(clock=lambda: NOW), wiring.commands())
    for store in stores:
        there = Shop(store)
        ret = a_year_with_us(there)
        rebuild(wiring.core_table(), wiring.projector())
        reads = store.reads()
        told.append(reads.customer_history("cus-1", there.now))
        told.append(reads.customer_history("cus-1", there.now, without=ret.return_id))

    in_memory, in_memory_without, real, real_without = told
    assert real == in_memory
    assert real_without == in_memory_without
    assert (real.returns_12m, real.units_returned_12m, real.units_bought_12m) == (2, 5, 7)
    assert (real.serial_mismatches_12m, real.empty_boxes_12m) == (1, 1)
    assert (real.returned_used_12m, real.lists) == (1, frozenset({"vip"}))
    assert real_without.returns_12m == 1


def test_news_that_come_late_or_twice_or_in_any_order_count_once(shop: Shop) -> None:
    sold = shop.sells(order(line(quantity=5)))
    versions = [shop.asks(quantity=4)]
    versions.append(shop.cancels(versions[-1], line_1=1))
    versions.append(shop.cancels(versions[-1], line_1=1))
    expected = CustomerHistory(
        returns_12m=1,
        returns_30d=1,
        units_returned_12m=2,
        units_bought_12m=5,
        returned_value_12m={"EUR": 2000},
    )

    news: list[Record] = [*versions, *versions, sold, sold]
    for seed in range(6):
        random.Random(seed).shuffle(news)
        project(*news)

    assert history(shop.now) == expected


def test_a_row_from_before_its_counts_were_kept_is_asked_of_the_truth(
    shop: Shop, stage: Stage
) -> None:
    sold = shop.sells(order(line(quantity=5)))
    ret = shop.asks(quantity=4)
    project(sold, ret)
    expected = history(shop.now)
    for row in stage.rows():
        place = row["pk"]["S"]
        added = "counts" if place.startswith("RETURNS#") else "units"
        if place.startswith(("RETURNS#customer", "ORDERS#customer")):
            body = json.loads(row["body"]["S"])
            del body[added]
            stage.dynamodb.put_item(
                TableName="views", Item={**row, "body": {"S": json.dumps(body)}}
            )

    assert history(shop.now) == expected
    assert history(shop.now, without=ret.return_id).returns_12m == 0
    assert expected.units_bought_12m == 5


def test_an_exception_counts_once_its_customer_is_known(shop: Shop) -> None:
    a_year_with_us(shop)
    rebuild(wiring.core_table(), wiring.projector())

    rows = wiring.views_table().query(list_name("EXCEPTIONS", customer="cus-1"))

    assert len(rows) == 2


def filed(template: Return, place: int, requested_at: datetime) -> Item:
    """A row of one unit, straight into the list."""
    counts = ReturnCounts(is_filed=True, units=1, value=Money(100, "EUR"), used=0)
    row: ReturnRow = replace(
        summary_of(template),
        return_id=f"ret_{place:05d}",
        requested_at=requested_at,
        counts=counts,
    )
    moment = requested_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "pk": {"S": list_name("RETURNS", customer="cus-1")},
        "sk": {"S": f"{moment}#{row.return_id}"},
        "body": {"S": encode(row)},
    }


@pytest.fixture
def template(shop: Shop) -> Return:
    shop.sells(order(line(quantity=5)))
    return shop.asks()


def test_only_the_newest_thousand_are_looked_at(template: Return) -> None:
    rows = [filed(template, n, NOW - timedelta(minutes=n)) for n in range(HISTORY_ROWS_MAX + 5)]
    wiring.views_table().put_all(rows)

    assert history(NOW).returns_12m == HISTORY_ROWS_MAX


def test_a_history_of_the_past_is_not_crowded_out_by_what_came_after(template: Return) -> None:
    later = [filed(template, n, NOW + timedelta(minutes=n + 1)) for n in range(300)]
    at_once = [filed(template, 900 + n, NOW) for n in range(2)]
    old = [
        filed(template, 910, NOW - timedelta(days=365)),
        filed(template, 911, NOW - timedelta(days=365, milliseconds=1)),
    ]
    wiring.views_table().put_all([*later, *at_once, *old])

    assert history(NOW).returns_12m == 3


def test_years_of_rows_that_are_over_are_not_read(template: Return) -> None:
    years_ago = [filed(template, n, NOW - timedelta(days=366, minutes=n)) for n in range(250)]
    wiring.views_table().put_all(years_ago)

    assert history(NOW) == CustomerHistory()


def test_a_command_reads_the_history_too(shop: Shop) -> None:
    a_year_with_us(shop)
    rebuild(wiring.core_table(), wiring.projector())

    seen = shop.do(
        lambda reads, context: Decided(result=reads.customer_history("cus-1", context.now))
    )

    assert seen.returns_12m == 2
