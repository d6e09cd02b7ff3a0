"""The scorecard is what an independent count of the same story says, and needs no history."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from chalicelib.analytics.folding import fold
from chalicelib.analytics.model import Interval, MetricRow, rolled_up, start_of
from chalicelib.core.errors import Invalid
from chalicelib.core.events import Event
from chalicelib.returns.model import Disposition, FaultParty
from chalicelib.suppliers import claiming, correcting
from chalicelib.suppliers.counting import dimension_of
from chalicelib.suppliers.model import Criterion, DefectLimit
from chalicelib.suppliers.scorecard import Scorecard, scorecard
from tests.builders import NOW, Shop, eur, failed, item, line, order, passed
from tests.fakes import FakeStore
from tests.returns.undoing import reinspects
from tests.suppliers.trade import (
    ACME,
    bad_goods,
    claim_of,
    credited,
    drafts,
    sends,
    sent_off,
    states,
)


class Rows:
    """Days folded of all events of a store, hour by hour."""

    def __init__(self, store: FakeStore) -> None:
        hours: dict[datetime, list[Event]] = {}
        for record in store.records.values():
            if isinstance(record, Event):
                hours.setdefault(start_of(record.time, Interval.HOUR), []).append(record)
        folded: Iterable[MetricRow] = (row for at, told in hours.items() for row in fold(told, at))
        self.days = rolled_up(folded, Interval.DAY)

    def rows(
        self, dimension: str, interval: Interval, since: datetime, until: datetime
    ) -> list[MetricRow]:
        assert interval is Interval.DAY
        return [
            row for row in self.days if row.dimension == dimension and since <= row.start < until
        ]

    def complete_until(self) -> datetime | None:
        return NOW


def card(shop: Shop, top: int = 20) -> Scorecard:
    assert isinstance(shop.store, FakeStore)
    supplier = shop.store.reads().supplier(ACME)
    assert supplier is not None
    return scorecard(
        Rows(shop.store),
        supplier,
        since=NOW - timedelta(days=1),
        until=NOW + timedelta(days=100),
        top=top,
    )


def acknowledges(shop: Shop, claim_id: str) -> None:
    shop.do(lambda reads, context: claiming.acknowledge(reads, claim_id, None, None, context))


@pytest.fixture(autouse=True)
def acme(shop: Shop) -> None:
    limits = (
        DefectLimit(per_thousand="400"),
        DefectLimit(per_thousand="200", sku="SKU-1"),
        DefectLimit(per_thousand="1", sku="SKU-NEVER-SOLD"),
    )
    states(shop, limits=limits, criteria=(Criterion(code="CRACK", titles={"en": "Crack"}),))


def test_it_counts_what_was_sold_came_back_and_was_bad(shop: Shop) -> None:
    bad_goods(shop, "O-1", quantity=2)
    shop.sells(order(line(quantity=8, supplier_id=ACME), no="O-2"))
    shop.sells(order(line(quantity=5, supplier_id="OTHER"), no="O-3"))

    found = card(shop)

    assert (found.total.sold, found.total.returned, found.total.defective) == (10, 2, 2)
    assert found.total.per_thousand == "200.00"
    assert [(one.group, one.sold, one.defective) for one in found.by_sku] == [("SKU-1", 10, 2)]
    assert [(one.sku, one.sold, one.returned) for one in found.days] == [("SKU-1", 10, 2)]
    assert [(one.limit.sku, one.is_over) for one in found.judged] == [
        (None, False),
        ("SKU-1", False),
        ("SKU-NEVER-SOLD", None),
    ]


def test_a_limit_is_passed_only_above_it(shop: Shop) -> None:
    bad_goods(shop, quantity=2)

    assert [one.is_over for one in card(shop).judged] == [True, True, None]


def test_what_is_seen_again_counts_as_it_was_seen_last(shop: Shop) -> None:
    shop.sells(order(line(quantity=2, supplier_id=ACME)))
    ret = shop.approves(shop.asks(quantity=2))
    shop.receives(ret, item(quantity=2))
    shop.inspects(ret, failed(2, fault=FaultParty.MAKER))
    assert card(shop).total.defective == 2
    reinspects(shop, ret)
    assert card(shop).total.defective == 0
    shop.inspects(shop.now_is(ret), passed(2))

    assert (card(shop).total.defective, card(shop).total.inspected) == (0, 2)


def test_defects_are_those_that_were_seen_last(shop: Shop) -> None:
    shop.sells(order(line(quantity=3, supplier_id=ACME)))
    ret = shop.approves(shop.asks(quantity=3))
    shop.receives(ret, item(quantity=3))
    cracked = failed(2, fault=FaultParty.MAKER, defects=("CRACK",))
    shop.inspects(ret, cracked, failed(1, fault=FaultParty.MAKER, defects=("DENT",)))
    assert dict(card(shop).by_defect) == {"CRACK": 2, "DENT": 1}

    reinspects(shop, ret)
    assert dict(card(shop).by_defect) == {}
    shop.inspects(
        shop.now_is(ret), failed(1, fault=FaultParty.MAKER, defects=("CRACK",)), passed(2)
    )

    assert dict(card(shop).by_defect) == {"CRACK": 1}
    assert card(shop).total.defective == 1


def test_a_time_in_which_goods_were_only_seen_again_has_no_less_than_none(shop: Shop) -> None:
    ret = bad_goods(shop, disposition=Disposition.HOLD)
    shop.now += timedelta(days=10)
    reinspects(shop, ret)
    supplier = shop.store.reads().supplier(ACME)
    assert supplier is not None
    assert isinstance(shop.store, FakeStore)

    later = NOW + timedelta(days=9)
    found = scorecard(
        Rows(shop.store), supplier, since=later, until=later + timedelta(days=5), top=5
    )

    assert (found.total.defective, found.total.inspected, found.by_defect) == (0, 0, ())


def test_days_are_told_of_the_goods_that_are_named(shop: Shop) -> None:
    bad_goods(shop, "O-1", quantity=2)
    shop.sells(order(line("1", sku="SKU-7", quantity=1, supplier_id=ACME), no="O-2"))

    assert {one.sku for one in card(shop).days} == {"SKU-1", "SKU-7"}
    assert {one.sku for one in card(shop, top=1).days} == {"SKU-1"}


def test_it_tells_what_went_back_and_what_was_made_good(shop: Shop) -> None:
    rtv = sent_off(shop, bad_goods(shop, quantity=2))
    bad_goods(shop, "O-2", disposition=Disposition.SCRAP)
    shop.now += timedelta(days=5)
    credited(shop, rtv, 3_20)

    found = card(shop)

    assert (found.rtv_units, found.rtv_value) == (2, eur(8_00))
    assert (found.claimed, found.recovered, found.recovery_rate) == (
        eur(6_40),
        eur(3_20),
        "0.5000",
    )
    assert (found.days_to_acknowledge, found.days_to_credit) == (None, 5)


def test_a_time_in_which_more_bounced_than_came_has_a_rate_below_nothing(shop: Shop) -> None:
    """What was booked before bounced within it: a figure to read, and not half of one."""
    rtv = credited(shop, sent_off(shop, bad_goods(shop)), 1_60)
    shop.now += timedelta(days=2)
    sent_off(shop, bad_goods(shop, "O-2"))
    undone = claim_of(shop, rtv).claim_id
    shop.do(lambda reads, context: correcting.reverse(reads, undone, "CN-1", context))

    assert isinstance(shop.store, FakeStore)
    supplier = shop.store.reads().supplier(ACME)
    assert supplier is not None
    found = scorecard(
        Rows(shop.store), supplier, since=shop.now, until=shop.now + timedelta(days=2), top=5
    )

    assert (found.claimed, found.recovered) == (eur(6_40), eur(-1_60))
    assert found.recovery_rate == "-0.2500"


def test_something_came_once_however_many_parts_it_came_in(shop: Shop) -> None:
    """The times are those until something came: a claim that is paid in parts has one of them."""
    slow, quick = (sent_off(shop, bad_goods(shop, f"O-{place}")) for place in (1, 2))
    shop.now += timedelta(days=2)
    credited(shop, quick, 6_40)
    shop.now += timedelta(days=8)
    for place in range(3):
        credited(shop, slow, 1_00, f"CN-{place}")

    assert card(shop).days_to_credit == 2


def test_times_are_medians_of_all_answers(shop: Shop) -> None:
    for place, days in enumerate((1, 3, 10)):
        rtv = sends(shop, drafts(shop, bad_goods(shop, f"O-{place}")))
        claim_id, then = claim_of(shop, rtv).claim_id, shop.now
        shop.now += timedelta(days=days)
        acknowledges(shop, claim_id)
        shop.now = then

    assert card(shop).days_to_acknowledge == 3


def test_each_supplier_has_rows_of_its_own(shop: Shop) -> None:
    bad_goods(shop, supplier_id="OTHER")
    assert isinstance(shop.store, FakeStore)

    dimensions = {row.dimension for row in Rows(shop.store).days}

    assert dimension_of("OTHER") in dimensions
    assert card(shop).total.sold == 0


def test_an_endless_time_is_refused(shop: Shop) -> None:
    assert isinstance(shop.store, FakeStore)
    supplier = shop.store.reads().supplier(ACME)
    assert supplier is not None

    with pytest.raises(Invalid, match="bad_period"):
        scorecard(Rows(shop.store), supplier, since=NOW, until=NOW + timedelta(days=367), top=1)
