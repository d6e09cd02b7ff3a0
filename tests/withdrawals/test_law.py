"""Which law applies where, when its period ends, and what makes a person look."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chalicelib.orders.model import DeliveredItem, LineKind, Order
from chalicelib.policy.verdict import LineDecision, RuleTrace
from chalicelib.withdrawals.law import (
    EEA,
    RULE_SETS,
    ends_before,
    judged,
    law_of,
    refund_days_after_goods,
    refund_due_at,
    zone_of,
)
from chalicelib.withdrawals.model import Law
from tests.builders import delivery, line, order

DAY = timedelta(days=1)


def judgement(sold: Order, declared_at: datetime, line_no: str = "1") -> LineDecision:
    bought = sold.line(line_no)
    assert bought is not None
    return judged(sold, bought, "1", declared_at)


def step(decision: LineDecision, rule: str) -> RuleTrace:
    return next(one for one in decision.trace if one.rule == rule)


def sold_to(region: str | None, delivered_at: datetime | None, **more: Any) -> Order:
    """One line, shipped a day before it was delivered."""
    shipped_at = (delivered_at or datetime(2026, 6, 1, 12, tzinfo=UTC)) - DAY
    sent = delivery(
        DeliveredItem(line_no="1", quantity=1), shipped_at=shipped_at, delivered_at=delivered_at
    )
    return order(line(**more), region=region, deliveries=(sent,))


@pytest.mark.parametrize(
    ("region", "law"),
    [
        ("DE", Law.EU_14),
        ("de", Law.EU_14),
        ("DE-BY", Law.EU_14),
        ("NO", Law.EU_14),
        ("CN", Law.CN_7),
        ("CN-31", Law.CN_7),
        ("GB", None),
        ("CH", None),
        ("", None),
        (None, None),
    ],
)
def test_the_law_is_that_of_the_country_an_order_was_sold_to(
    region: str | None, law: Law | None
) -> None:
    assert law_of(region) is law


def test_the_european_economic_area_has_thirty_states() -> None:
    assert len(EEA) == 27 + 3
    assert all(datetime(2026, 6, 1, tzinfo=UTC) < ends_before(
        RULE_SETS[Law.EU_14], datetime(2026, 6, 1, tzinfo=UTC), country
    ) for country in EEA)  # fmt: skip


@pytest.mark.parametrize(
    ("delivered", "last_day"),
    [
        # 2026-06-01 is a Monday: 14 days later is a Monday.
        ("2026-06-01T10:00:00+02:00", "2026-06-15"),
        # A Saturday and a Sunday, 14 days on: the period goes on to Monday.
        ("2026-06-06T10:00:00+02:00", "2026-06-22"),
        ("2026-06-07T10:00:00+02:00", "2026-06-22"),
        # Late in the evening in Berlin is still that day there, whatever it is in UTC.
        ("2026-06-01T23:59:00+02:00", "2026-06-15"),
        ("2026-06-02T00:01:00+02:00", "2026-06-16"),
    ],
)
def test_the_european_period_ends_with_a_working_day_of_the_buyer(
    delivered: str, last_day: str
) -> None:
    sold = sold_to("DE", datetime.fromisoformat(delivered))
    midnight = datetime.fromisoformat(f"{last_day}T00:00:00+02:00") + DAY

    in_time = judgement(sold, midnight - timedelta(milliseconds=1))
    too_late = judgement(sold, midnight)

    assert (in_time.eligible, in_time.code) == (True, "eligible")
    assert (too_late.eligible, too_late.code) == (False, "outside_window")
    assert step(in_time, "withdrawal_window").facts["holidays_of"] == "DE"


@pytest.mark.parametrize(
    ("region", "delivered", "last_day"),
    [
        # Christmas Day and the day after, a Friday and a Saturday: the period goes on to Monday.
        ("DE", "2026-12-11", "2026-12-28"),
        # Good Friday 2026 is the 3rd of April, and Easter Monday the 6th.
        ("DE", "2026-03-20", "2026-04-07"),
        # In France Good Friday is a working day.
        ("FR", "2026-03-20", "2026-04-03"),
        # The Orthodox Easter is a week later.
        ("GR", "2026-03-27", "2026-04-14"),
        # The Day of German Unity falls on a Saturday; the Austrian national day on a Monday.
        ("DE", "2026-10-12", "2026-10-26"),
        ("AT", "2026-10-12", "2026-10-27"),
        ("de-BY", "2026-12-11", "2026-12-28"),
    ],
)
def test_the_european_period_goes_on_over_the_holidays_of_the_buyers_country(
    region: str, delivered: str, last_day: str
) -> None:
    zone = ZoneInfo(zone_of(region))
    arrived = datetime.fromisoformat(f"{delivered}T12:00:00").replace(tzinfo=zone)
    ends = datetime.fromisoformat(f"{last_day}T00:00:00").replace(tzinfo=zone) + DAY

    assert ends_before(RULE_SETS[Law.EU_14], arrived, region) == ends


def test_the_chinese_period_is_seven_days_in_china_whatever_day_that_is() -> None:
    # Signed for on Saturday, 6 June, in Shanghai; the seventh day is Saturday, 13 June.
    sold = sold_to("CN", datetime.fromisoformat("2026-06-06T08:00:00+08:00"))
    midnight = datetime.fromisoformat("2026-06-14T00:00:00+08:00")

    assert judgement(sold, midnight - timedelta(seconds=1)).eligible
    assert judgement(sold, midnight).code == "outside_window"


def test_goods_of_one_order_count_from_the_last_of_them_in_europe_only() -> None:
    first, last = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 20, tzinfo=UTC)
    sent = (
        delivery(
            DeliveredItem(line_no="1", quantity=1), no="D-1", shipped_at=first, delivered_at=first
        ),
        delivery(
            DeliveredItem(line_no="2", quantity=1), no="D-2", shipped_at=last, delivered_at=last
        ),
    )

    for region, is_in_time in (("FR", True), ("CN", False)):
        sold = order(line("1"), line("2"), region=region, deliveries=sent)
        assert judgement(sold, last + DAY).eligible is is_in_time


def test_a_period_does_not_begin_before_all_goods_of_the_order_are_there() -> None:
    sent = delivery(DeliveredItem(line_no="1", quantity=1))
    sold = order(line("1"), line("2"), region="FR", deliveries=(sent,))

    decision = judgement(sold, sent.shipped_at + 400 * DAY)

    assert decision.eligible
    assert step(decision, "withdrawal_window").facts["all_arrived"] is False


def test_without_a_date_of_delivery_the_goods_are_assumed_to_travel_a_week() -> None:
    sold = sold_to("FR", None)
    shipped_at = sold.deliveries[0].shipped_at

    assert judgement(sold, shipped_at + 20 * DAY).eligible
    late = judgement(sold, shipped_at + 25 * DAY)
    assert late.code == "outside_window"
    assert step(late, "withdrawal_window").facts["arrival_assumed"] is True


@pytest.mark.parametrize(
    ("region", "more", "code", "place"),
    [
        ("DE", {"tags": ("custom-made",)}, "withdrawal_exempt", "article 16(c)"),
        ("DE", {"tags": ("Sealed hygiene", "blue")}, "withdrawal_exempt", "article 16(e)"),
        ("CN", {"tags": ("digital",)}, "withdrawal_exempt", "article 6(3)"),
        ("DE", {"tags": ("blue",)}, "eligible", None),
        ("DE", {"final_sale": True}, "withdrawal_exempt", None),
        ("DE", {"kind": LineKind.SERVICE}, "withdrawal_of_service", None),
        ("GB", {}, "no_withdrawal_law", None),
    ],
)
def test_what_the_law_may_except_makes_a_person_look(
    region: str, more: dict[str, Any], code: str, place: str | None
) -> None:
    delivered = datetime(2026, 6, 1, 12, tzinfo=UTC)

    decision = judgement(sold_to(region, delivered, **more), delivered + DAY)

    assert (decision.code, decision.eligible) == (code, code == "eligible")
    if place is not None:
        assert step(decision, "withdrawal_exemption").facts["places"] == [place]


def test_the_money_is_due_two_weeks_after_the_declaration_or_after_the_goods() -> None:
    declared = datetime(2026, 6, 1, 12, tzinfo=UTC)

    assert refund_due_at(Law.EU_14, declared) == declared + 14 * DAY
    assert refund_days_after_goods(Law.EU_14) is None
    assert refund_due_at(Law.CN_7, declared) is None
    assert refund_days_after_goods(Law.CN_7) == 7
    assert refund_due_at(None, declared) is None
    assert refund_days_after_goods(None) is None
