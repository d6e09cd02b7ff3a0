"""A carrier's scorecard: folded from events, and never counted from the history."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from chalicelib.analytics.carriers import DIMENSION
from chalicelib.analytics.folding import fold
from chalicelib.analytics.model import Interval, MetricRow, rolled_up
from chalicelib.analytics.scorecards import Card, card_of, promises_of, scorecard
from chalicelib.core.errors import Invalid
from chalicelib.core.events import Event
from chalicelib.liability import claiming
from chalicelib.liability.claiming import Recover
from chalicelib.liability.opening import Cause, OpenClaim, open_claim
from chalicelib.returns.model import FaultParty, Return
from chalicelib.shipping.tracking import CarrierStatus
from tests.builders import NOW, Shop, eur, failed, item
from tests.shipping.stories import approved, at, loses, news, sends, tells


def rows(shop: Shop, *subjects: str) -> list[MetricRow]:
    events: list[Event] = [e for one in subjects for e in shop.store.reads().events(one)]
    folded = rolled_up(fold(events, NOW), Interval.DAY)
    return [row for row in folded if row.dimension == DIMENSION]


def card(shop: Shop, *subjects: str) -> Card:
    (row,) = rows(shop, *subjects)
    return card_of(row.group, [row])


def test_what_was_shipped_and_came_is_counted_with_its_days(shop: Shop) -> None:
    ret = approved(shop)
    sends(shop, ret)
    tells(shop, news(CarrierStatus.PICKED_UP, hours=1), news(CarrierStatus.DELIVERED, hours=150))

    told = card(shop, ret.subject)

    assert (told.carrier, told.shipments, told.shipped_units) == ("dhl", 1, 2)
    assert (told.delivered, told.delivered_units) == (1, 2)
    assert (told.days_median, told.late, told.late_days_median) == (7, 1, 2)
    assert at(1) < at(150)


def test_what_was_lost_and_damaged_is_the_carriers(shop: Shop) -> None:
    ret = approved(shop, 4)
    sends(shop, ret)
    loses(shop, ret, 1)
    shop.receives(ret, item(quantity=3))
    shop.inspects(ret, failed(1, fault=FaultParty.CARRIER), failed(2, fault=FaultParty.MAKER))

    told = card(shop, ret.subject)

    assert (told.lost_units, told.damaged_units) == (1, 1)


def test_what_was_lost_and_came_after_all_is_told_beside_it(shop: Shop) -> None:
    ret = approved(shop, 4)
    sends(shop, ret)
    loses(shop, ret, 3)
    shop.receives(ret, item(quantity=3))

    told = card(shop, ret.subject)

    assert (told.lost_units, told.found_units) == (3, 2)


def test_claims_are_counted_with_what_came_of_them(shop: Shop) -> None:
    ret = approved(shop, 2)
    sends(shop, ret)
    loses(shop, ret, 2)
    first, second = (claimed(shop, ret) for _ in range(2))
    shop.now += timedelta(days=3)
    paid = Recover(amount=eur(500))
    shop.do(lambda reads, context: claiming.recover(reads, first, paid, context))

    told = card(shop, f"liability/{first}", f"liability/{second}")

    assert (told.claims_opened, told.claims_recovered, told.open_claims) == (2, 1, 1)
    assert (told.claimed, told.recovered) == ((eur(2000),), (eur(500),))
    assert (told.recovery_percent, told.claim_days_average) == ({"EUR": 50.0}, 3.0)


def claimed(shop: Shop, ret: Return) -> str:
    command = OpenClaim(
        return_ref=ret.return_id, line_no="1", cause=Cause.LOST, reason="gone", quantity=1
    )
    return shop.do(lambda reads, context: open_claim(reads, command, context)).claim_id


def test_days_of_many_rows_have_one_median_and_one_ninetieth_percentile() -> None:
    made = [
        MetricRow(start=NOW, dimension=DIMENSION, group="dhl", counts={"days_2": 8}),
        MetricRow(start=NOW, dimension=DIMENSION, group="dhl", counts={"days_3": 1, "days_9": 1}),
    ]

    told = card_of("dhl", made)

    assert (told.days_median, told.days_p90, told.late, told.late_days_p90) == (2, 3, 1, 4)


@pytest.mark.parametrize(
    ("stated", "carrier", "days"),
    [
        ("", "dhl", 5),
        ("dhl=3 ups=7", "dhl", 3),
        ("dhl=3 ups=7", "ups", 7),
        ("dhl=3 ups=7", "gls", 5),
        ("dhl=3 *=10", "gls", 10),
        ("dhl=0 ups=sometimes gls=60", "dhl", 5),
        ("dhl=0 ups=sometimes gls=60", "ups", 5),
        ("dhl=0 ups=sometimes gls=60", "gls", 5),
    ],
)
def test_each_carrier_is_measured_by_its_own_promise(stated: str, carrier: str, days: int) -> None:
    made = MetricRow(start=NOW, dimension=DIMENSION, group=carrier, counts={f"days_{days + 2}": 4})

    told = card_of(carrier, [made], promises_of(stated))

    assert (told.promised_days, told.late, told.late_days_median) == (days, 4, 2)
    on_time = MetricRow(start=NOW, dimension=DIMENSION, group=carrier, counts={f"days_{days}": 4})
    assert card_of(carrier, [on_time], promises_of(stated)).late == 0


@dataclass
class Reader:
    """Rows that were folded before."""

    known: Sequence[MetricRow]
    asked: list[tuple[str, Interval, datetime]] = field(default_factory=list)

    def rows(
        self, dimension: str, interval: Interval, since: datetime, until: datetime
    ) -> list[MetricRow]:
        self.asked.append((dimension, interval, since))
        return [row for row in self.known if since <= row.start < until]

    def complete_until(self) -> datetime | None:
        return NOW


def test_a_question_reads_whole_days_of_folded_rows() -> None:
    day = NOW.replace(hour=0)
    reader = Reader(
        [
            MetricRow(start=day, dimension=DIMENSION, group="dhl", counts={"shipments": 2}),
            MetricRow(start=day, dimension=DIMENSION, group="ups", counts={"shipments": 1}),
        ]
    )

    stated = promises_of("dhl=3")
    found = scorecard(reader, since=NOW, until=NOW + timedelta(days=1), promises=stated)
    only = scorecard(reader, since=NOW, until=NOW + timedelta(days=1), carrier="ups")

    assert [(one.carrier, one.shipments) for one in found.cards] == [("dhl", 2), ("ups", 1)]
    assert [one.carrier for one in only.cards] == ["ups"]
    assert [one.promised_days for one in found.cards] == [3, 5]
    assert reader.asked[0] == (DIMENSION, Interval.DAY, day)
    assert found.complete_until == NOW
    with pytest.raises(Invalid, match="period_too_long"):
        scorecard(reader, since=NOW, until=NOW + timedelta(days=400))
