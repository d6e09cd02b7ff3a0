"""The merchant on paper: stated whole, checked, and told which series an order's notes are in."""

from dataclasses import replace

import pytest

from chalicelib.core.errors import Invalid, Stale
from chalicelib.invoicing.seller import DEFAULT_RULE, Identity, Seller, SeriesRule
from chalicelib.invoicing.sellers import StateSeller, state_seller
from tests.builders import Shop

ACME = Identity(names={"en": "Acme"})


def states(shop: Shop, *rules: SeriesRule, identity: Identity = ACME) -> Seller:
    command = StateSeller(identity=identity, rules=rules)
    return shop.do(lambda reads, context: state_seller(reads, command, context))


def test_what_is_stated_is_all_there_is(shop: Shop) -> None:
    first = states(shop, SeriesRule(series="A", region="DE"))
    second = states(shop)

    assert (first.version, second.version, second.rules) == (1, 2, ())
    events = shop.store.reads().events(first.subject)
    assert [event.data for event in events] == [
        {"version": 1, "series": ["A"]},
        {"version": 2, "series": []},
    ]


def test_as_it_is_already_is_no_change(shop: Shop) -> None:
    assert states(shop) == states(shop)


def test_another_version_than_was_looked_at_is_stale(shop: Shop) -> None:
    states(shop)
    other = StateSeller(identity=replace(ACME, tax_id="1"))

    with pytest.raises(Stale):
        state_seller(shop.store.reads(), other, shop.context(version=7))


@pytest.mark.parametrize(
    ("rules", "codes"),
    [
        ([SeriesRule(series="A", time_zone="Mars/Base")], {"unknown_time_zone"}),
        ([SeriesRule(series="A"), SeriesRule(series="B")], {"rule_never_fits"}),
        (
            [SeriesRule(series="A", channel="web"), SeriesRule(series="B", channel="web")],
            {"rule_never_fits"},
        ),
        (
            [
                SeriesRule(series="A", region="CN", time_zone="Asia/Shanghai"),
                SeriesRule(series="A", time_zone="Europe/Paris"),
            ],
            {"series_in_two_zones"},
        ),
        # Orders that fit no rule are in the series of who states none, whose days are in UTC.
        (
            [SeriesRule(series="CN", region="CN", time_zone="Asia/Shanghai")],
            {"series_in_two_zones"},
        ),
    ],
)
def test_series_that_mean_nothing_are_refused(
    shop: Shop, rules: list[SeriesRule], codes: set[str]
) -> None:
    with pytest.raises(Invalid, match="seller_faults") as refused:
        states(shop, *rules)

    assert {fault.code for fault in refused.value.errors} == codes


def test_a_seller_has_a_name_on_some_paper(shop: Shop) -> None:
    with pytest.raises(Invalid) as refused:
        states(shop, identity=Identity(names={"fr": "Acme"}))

    assert [fault.code for fault in refused.value.errors] == ["name_required"]


@pytest.mark.parametrize(
    ("channel", "region", "series"),
    [
        ("web", "CN", "W"),
        ("shop", "CN", "C"),
        ("web", None, "W"),
        (None, "FR", "CN"),
    ],
)
def test_the_first_rule_that_fits_an_order_is_its(
    channel: str | None, region: str | None, series: str
) -> None:
    rules = (SeriesRule(series="W", channel="web"), SeriesRule(series="C", region="CN"))

    assert Seller(rules=rules).rule_for(channel=channel, region=region).series == series


def test_without_rules_there_is_one_series() -> None:
    assert Seller().rule_for(channel="web", region="CN") == DEFAULT_RULE
