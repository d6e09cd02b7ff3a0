"""How sure one can be of an inspector: counted from events by day, with honest bounds."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.analytics.folding import fold
from chalicelib.analytics.inspectors import seconds
from chalicelib.analytics.model import Interval, MetricRow, rolled_up
from chalicelib.core.errors import Invalid
from chalicelib.core.events import Actor, Event
from chalicelib.inspection.accuracy import accuracies, median, weighted_kappa, wilson
from chalicelib.inspection.second import InspectAgain, inspect_again
from chalicelib.returns.inspecting import Inspect, inspect
from chalicelib.returns.model import Grade, Return
from tests.builders import Shop, item, line, order, passed
from tests.inspection.lists import samples

DAY = datetime(2026, 11, 21, tzinfo=UTC)


@dataclass(slots=True)
class Folded:
    """Rows as the hourly run keeps them."""

    kept: list[MetricRow] = field(default_factory=list)

    @classmethod
    def of(cls, events: list[Event]) -> "Folded":
        return cls(rolled_up(fold(events, DAY), Interval.DAY))

    def rows(
        self, dimension: str, interval: Interval, since: datetime, until: datetime
    ) -> list[MetricRow]:
        assert interval is Interval.DAY
        found = [row for row in self.kept if row.dimension == dimension]
        return [row for row in found if since <= row.start < until]

    def complete_until(self) -> datetime | None:
        return DAY


def seen_by(shop: Shop, ret: Return, person: str, grade: Grade, **more: Any) -> Return:
    command = Inspect(groups=(passed(grade=grade),), **more)
    context = replace(shop.context(), actor=Actor(id=person, role="inspector"))
    return shop.do(lambda reads, _: inspect(reads, ret.return_id, command, context), context)


def seen_again(shop: Shop, ret: Return, grade: Grade) -> None:
    (look,) = shop.now_is(ret).findings.second_looks
    command = InspectAgain(inspection_id=look.inspection_id, groups=(passed(grade=grade),))
    context = replace(shop.context(), actor=Actor(id="second", role="inspector"))
    shop.do(lambda reads, _: inspect_again(reads, ret.return_id, command, context), context)


def test_units_are_counted_for_who_looked_first(shop: Shop) -> None:
    samples(shop)
    shop.sells(order(line(quantity=4)))
    ret = shop.approves(shop.asks(quantity=4))
    shop.receives(ret, item(quantity=4))
    for first, second, took in (
        (Grade.A, Grade.A, 30), (Grade.A, Grade.B, 40), (Grade.B, Grade.B, 3_599),
    ):  # fmt: skip
        seen_by(shop, ret, "ann", first, duration_s=took)
        seen_again(shop, ret, second)
    seen_by(shop, ret, "bob", Grade.A)

    folded = Folded.of(shop.store.reads().events(ret.subject))
    ann, bob = accuracies(folded, since=DAY, until=DAY + timedelta(days=1)).items

    assert (ann.inspector, ann.inspections, ann.inspected_units) == ("ann", 3, 3)
    assert (ann.sampled, ann.sampled_units, ann.agreed_units) == (3, 3, 2)
    assert ann.agreed_on == {"grade": 2, "result": 3, "fault": 3, "defects": 3}
    assert ann.share == Decimal("0.6667")
    assert ann.low is not None
    assert ann.high is not None
    assert ann.low < ann.share < ann.high
    assert ann.median_duration_s == 40
    assert (bob.inspections, bob.sampled, bob.share, bob.kappa) == (1, 0, None, None)


def test_a_dropped_second_look_says_nothing_about_anybody(shop: Shop) -> None:
    samples(shop)
    shop.sells(order(line()))
    ret = shop.approves(shop.asks())
    shop.receives(ret, item())
    seen_by(shop, ret, "ann", Grade.A)
    (look,) = shop.now_is(ret).findings.second_looks
    command = InspectAgain(inspection_id=look.inspection_id, gone_because="sold")
    context = replace(shop.context(), actor=Actor(id="second", role="inspector"))
    shop.do(lambda reads, _: inspect_again(reads, ret.return_id, command, context), context)

    folded = Folded.of(shop.store.reads().events(ret.subject))
    (ann,) = accuracies(folded, since=DAY, until=DAY + timedelta(days=1)).items

    assert (ann.sampled, ann.sampled_units) == (0, 0)


@pytest.mark.parametrize(
    ("agreed", "of", "low", "high"),
    [  # As in Wilson's interval with z = 1.959964, worked out apart.
        (9, 10, "0.5958", "0.9821"),
        (0, 5, "0.0000", "0.4345"),
        (5, 5, "0.5655", "1.0000"),
        (80, 100, "0.7112", "0.8666"),
    ],
)
def test_the_bounds_are_wilsons(agreed: int, of: int, low: str, high: str) -> None:
    assert wilson(agreed, of) == (Decimal(low), Decimal(high))


def test_without_second_looks_there_are_no_bounds() -> None:
    assert wilson(0, 0) == (None, None)


def test_kappa_is_one_for_full_agreement_and_none_where_chance_explains_all() -> None:
    assert weighted_kappa({("A", "A"): 5, ("C", "C"): 5}) == Decimal("1.0000")
    assert weighted_kappa({("A", "A"): 5}) is None
    assert weighted_kappa({}) is None


def test_kappa_forgives_the_next_grade_more_than_a_far_one() -> None:
    alike = {("A", "A"): 10, ("B", "B"): 10, ("D", "D"): 10}
    near = weighted_kappa({**alike, ("A", "B"): 5})
    far = weighted_kappa({**alike, ("A", "D"): 5})

    assert near is not None
    assert far is not None
    assert near > far


def test_a_kappa_that_was_worked_out_by_hand() -> None:
    # Apart by a third of the scale: 1 of 4 units, where chance makes it (3·2 + 1·2) of 16.
    assert weighted_kappa({("A", "A"): 2, ("A", "B"): 1, ("B", "B"): 1}) == Decimal("0.5000")


@given(st.lists(st.integers(0, 99), min_size=1, max_size=60))
def test_the_median_of_short_durations_is_exact(durations: list[int]) -> None:
    counts: dict[int, int] = {}
    for one in durations:
        counts[seconds(one)] = counts.get(seconds(one), 0) + 1

    assert median(counts) == sorted(durations)[(len(durations) - 1) // 2]


@given(st.integers(0, 86_400))
def test_a_duration_is_kept_to_a_tenth_of_itself(duration: int) -> None:
    assert 0 <= duration - seconds(duration) <= duration / 10


def test_years_are_not_counted_in_one_question() -> None:
    with pytest.raises(Invalid, match="period_too_long"):
        accuracies(Folded(), since=DAY, until=DAY + timedelta(days=400))
