"""The laws of withdrawal as data, and what each says about a line that was sold.

Pure. A verdict only tells whether a person has to look: no rule refuses a declaration. The end of
a period is moved by weekends and by public holidays that all of the buyer's country has; those of a
part of it (a German state, a Spanish region) are not known here.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from chalicelib.core.clock import rfc3339
from chalicelib.orders.model import LineKind, Order, OrderLine
from chalicelib.policy.document import Deadlines
from chalicelib.policy.verdict import LineDecision, RuleTrace
from chalicelib.policy.working_days import Calendar, country_of, next_working_day
from chalicelib.withdrawals.model import Law

EEA: dict[str, str] = {
    "AT": "Europe/Vienna",
    "BE": "Europe/Brussels",
    "BG": "Europe/Sofia",
    "CY": "Asia/Nicosia",
    "CZ": "Europe/Prague",
    "DE": "Europe/Berlin",
    "DK": "Europe/Copenhagen",
    "EE": "Europe/Tallinn",
    "ES": "Europe/Madrid",
    "FI": "Europe/Helsinki",
    "FR": "Europe/Paris",
    "GR": "Europe/Athens",
    "HR": "Europe/Zagreb",
    "HU": "Europe/Budapest",
    "IE": "Europe/Dublin",
    "IS": "Atlantic/Reykjavik",
    "IT": "Europe/Rome",
    "LI": "Europe/Vaduz",
    "LT": "Europe/Vilnius",
    "LU": "Europe/Luxembourg",
    "LV": "Europe/Riga",
    "MT": "Europe/Malta",
    "NL": "Europe/Amsterdam",
    "NO": "Europe/Oslo",
    "PL": "Europe/Warsaw",
    "PT": "Europe/Lisbon",
    "RO": "Europe/Bucharest",
    "SE": "Europe/Stockholm",
    "SI": "Europe/Ljubljana",
    "SK": "Europe/Bratislava",
}
"""Where Directive 2011/83/EU applies, by ISO 3166-1 alpha-2: the 27 states of the European Union
(european-union.europa.eu, "EU countries"), and by the EEA Agreement (annex XIX) Iceland,
Liechtenstein and Norway. With each the time zone of its capital, in which a buyer counts days."""

TRANSIT_DAYS = 7
"""Stands in for a missing date of delivery: a period never begins before the goods can be there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """What one law says.

    `exempt` names the tags of goods that it excepts, with the place in the law; `final_sale` is
    where it speaks of goods sold without a right to return. `refund_days` count from the
    declaration, or with `refund_after_goods` from when the goods are back. `send_days`: until when
    the buyer sends the goods; None: the terms of the order.
    """

    law: Law
    title: str
    days: int
    refund_days: int
    exempt: Mapping[str, str]
    final_sale: str | None = None
    refund_after_goods: bool = False
    includes_shipping: bool = False
    is_of_whole_order: bool = False
    to_working_day: bool = False
    send_days: int | None = None


RULE_SETS: dict[Law, RuleSet] = {
    Law.EU_14: RuleSet(
        law=Law.EU_14,
        title="Directive 2011/83/EU, articles 9 to 16",
        days=14,
        refund_days=14,
        includes_shipping=True,
        # Article 9(2)(b)(i): goods of one order delivered apart count from the last of them.
        is_of_whole_order=True,
        # Regulation 1182/71, article 3(4): a period ends on a working day.
        to_working_day=True,
        # Article 14(1): the goods are sent back within 14 days of the declaration.
        send_days=14,
        exempt={
            "custom-made": "article 16(c)",
            "perishable": "article 16(d)",
            "sealed-hygiene": "article 16(e)",
            "mixed": "article 16(f)",
            "sealed-media": "article 16(i)",
            "newspaper": "article 16(j)",
            "digital": "article 16(m)",
        },
    ),
    Law.CN_7: RuleSet(
        law=Law.CN_7,
        title="消费者权益保护法 article 25; 网络购买商品七日无理由退货暂行办法",
        days=7,
        refund_days=7,
        refund_after_goods=True,
        # 暂行办法, articles 6 and 7: what article 7 names needs the buyer's consent at the sale.
        final_sale="article 7",
        exempt={
            "custom-made": "article 6(1)",
            "perishable": "article 6(2)",
            "digital": "article 6(3)",
            "sealed-media": "article 6(3)",
            "newspaper": "article 6(4)",
            "sealed-hygiene": "article 7(1)",
        },
    ),
}
_CHINA = "CN"
_CHINA_ZONE = "Asia/Shanghai"


def law_of(region: str | None) -> Law | None:
    """The law where an order was sold to; `DE-BY` is of Germany. None: none that is known here."""
    country = country_of(region)
    if country in EEA:
        return Law.EU_14
    return Law.CN_7 if country == _CHINA else None


def zone_of(region: str | None) -> str:
    """The time zone in which a buyer of this region counts days."""
    country = country_of(region)
    return _CHINA_ZONE if country == _CHINA else EEA.get(country, "UTC")


def judged(order: Order, line: OrderLine, line_no: str, declared_at: datetime) -> LineDecision:
    """What the law of the order's region says about one of its lines, rule by rule.

    `line_no` is the line of the return.
    """
    law = law_of(order.region)
    trace = [_known_law(order, law)]
    if law is not None:
        rules = RULE_SETS[law]
        trace += [_goods(line), _exemption(rules, line), _window(rules, order, line, declared_at)]
    refusal = next((step for step in trace if not step.passed), None)
    return LineDecision(
        line_no=line_no,
        eligible=refusal is None,
        code="eligible" if refusal is None else refusal.code,
        trace=tuple(trace),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """When the goods that a period counts from were with the buyer.

    `is_assumed`: no date of delivery is known for some of them. `is_complete` False: some of what
    was ordered is still to come, so the period has not begun.
    """

    at: datetime | None
    is_assumed: bool = False
    is_complete: bool = True


def arrival_of(rules: RuleSet, order: Order, line: OrderLine) -> Arrival:
    """For goods of a whole order, when the last of them came; else when this line did."""
    wanted = [line]
    if rules.is_of_whole_order:
        wanted = [one for one in order.lines if one.kind is LineKind.GOODS]
    numbers = {one.line_no for one in wanted}
    deliveries = [
        delivery
        for delivery in order.deliveries
        if any(item.line_no in numbers for item in delivery.items)
    ]
    shipped: Counter[str] = Counter()
    for delivery in deliveries:
        for item in delivery.items:
            shipped[item.line_no] += item.quantity
    if any(shipped[one.line_no] < one.quantity for one in wanted):
        return Arrival(at=None, is_complete=False)
    buffer = timedelta(days=TRANSIT_DAYS)
    moments = [one.delivered_at or one.shipped_at + buffer for one in deliveries]
    return Arrival(
        at=max(moments, default=None),
        is_assumed=any(one.delivered_at is None for one in deliveries),
    )


def ends_before(rules: RuleSet, arrived_at: datetime, region: str | None) -> datetime:
    """The last moment of the period, exclusive: the day of arrival is not counted."""
    zone = ZoneInfo(zone_of(region))
    last_day = arrived_at.astimezone(zone).date() + timedelta(days=rules.days)
    if rules.to_working_day:
        last_day = next_working_day(last_day, Calendar.of(region))
    return datetime.combine(last_day + timedelta(days=1), time.min, tzinfo=zone)


def refund_due_at(law: Law | None, declared_at: datetime) -> datetime | None:
    """When the money has to be back; None where that depends on the goods, or on no known law."""
    if law is None or RULE_SETS[law].refund_after_goods:
        return None
    return declared_at + timedelta(days=RULE_SETS[law].refund_days)


def refund_days_after_goods(law: Law | None) -> int | None:
    """How long after the goods are back the money is due, where the law counts from there."""
    if law is None or not RULE_SETS[law].refund_after_goods:
        return None
    return RULE_SETS[law].refund_days


def with_refund_days(law: Law | None, terms: Deadlines) -> Deadlines:
    """The terms of the order, with the time that the law leaves for the refund where it says one.

    Where that counts from the goods, it is their receipt that makes a date of it.
    """
    return terms if law is None else replace(terms, refund_days=RULE_SETS[law].refund_days)


def _known_law(order: Order, law: Law | None) -> RuleTrace:
    return RuleTrace(
        rule="withdrawal_law",
        facts={
            "region": order.region,
            "law": None if law is None else law.value,
            "title": None if law is None else RULE_SETS[law].title,
        },
        passed=law is not None,
        code="law_known" if law is not None else "no_withdrawal_law",
    )


def _goods(line: OrderLine) -> RuleTrace:
    is_goods = line.kind is not LineKind.SERVICE
    code = "goods" if is_goods else "withdrawal_of_service"
    return RuleTrace(rule="withdrawal_goods", facts={"goods": is_goods}, passed=is_goods, code=code)


def _exemption(rules: RuleSet, line: OrderLine) -> RuleTrace:
    """A tag, or a sale that was final, is a reason to look; no law knows "final sale" as such."""
    places = {tag: rules.exempt[tag] for tag in map(_plain, line.tags) if tag in rules.exempt}
    is_exempt = bool(places) or line.final_sale
    return RuleTrace(
        rule="withdrawal_exemption",
        facts={
            "tags": [*sorted(places)],
            "places": [places[tag] for tag in sorted(places)],
            "final_sale": line.final_sale,
            "place_of_final_sale": rules.final_sale if line.final_sale else None,
        },
        passed=not is_exempt,
        code="withdrawal_exempt" if is_exempt else "not_exempt",
    )


def _plain(tag: str) -> str:
    return tag.strip().lower().replace("_", "-").replace(" ", "-")


def _window(rules: RuleSet, order: Order, line: OrderLine, declared_at: datetime) -> RuleTrace:
    """A buyer may withdraw before the goods are there: a period that has not begun is not over."""
    arrival, zone = arrival_of(rules, order, line), zone_of(order.region)
    end = None if arrival.at is None else ends_before(rules, arrival.at, order.region)
    within = end is None or declared_at < end
    return RuleTrace(
        rule="withdrawal_window",
        facts={
            "window_days": rules.days,
            "counts_from": "last_goods_of_order" if rules.is_of_whole_order else "goods_of_line",
            "time_zone": zone,
            "arrived_at": None if arrival.at is None else rfc3339(arrival.at),
            "arrival_assumed": arrival.is_assumed,
            "all_arrived": arrival.is_complete,
            "declared_at": rfc3339(declared_at),
            "to_working_day": rules.to_working_day,
            "holidays_of": Calendar.of(order.region).country if rules.to_working_day else None,
            "ends_before": None if end is None else rfc3339(end),
        },
        passed=within,
        code="within_window" if within else "outside_window",
    )
