"""Where goods might go: safety and dates first, then what brings most; always with reasons."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.inspection.proposing import Facts, propose, ranked
from chalicelib.inspection.rules import Thresholds
from chalicelib.inspection.weighing import proposals_for
from chalicelib.inspection.words import said
from chalicelib.returns.model import Disposition, FaultParty, Grade, InspectionResult
from chalicelib.returns.reinspecting import Reinspect, reinspect
from tests.builders import Shop, eur, failed, goes, item, line, order, passed
from tests.inspection.lists import samples

TODAY = date(2026, 11, 21)
TABLE = Thresholds()


def facts(**more: Any) -> Facts:
    fields: dict[str, Any] = {
        "grade": Grade.A,
        "result": InspectionResult.PASSED,
        "today": TODAY,
        "unit_cost": eur(1000),
        "credit": True,
    } | more
    return Facts(**fields)


FAILED = {"grade": Grade.C, "result": InspectionResult.FAILED}


@pytest.mark.parametrize(
    ("known", "way", "reason"),
    [
        ({}, Disposition.RESTOCK, "sellable_grade"),
        ({"on_hand": 0}, Disposition.RESTOCK, "out_of_stock"),
        ({"grade": Grade.B, "defects": ("PACKAGING_DAMAGED",)}, Disposition.REPACK, "packaging"),
        ({"on_hand": 90, "sold_per_100_days": 10}, Disposition.RESTOCK, "slow_moving"),
        ({"credit": False}, Disposition.SHIP_BACK, "not_credited"),
        ({"defects": ("COUNTERFEIT",)}, Disposition.SCRAP, "never_sold"),
        ({"hazardous": True}, Disposition.SCRAP, "hazardous"),
        ({"expires_on": TODAY}, Disposition.SCRAP, "expired"),
        ({"expires_on": TODAY + timedelta(days=10)}, Disposition.DONATE, "expires_soon"),
        ({"expires_on": TODAY + timedelta(days=1)}, Disposition.SCRAP, "expires_soon"),
        (
            {**FAILED, "fault": FaultParty.MAKER, "supplier_gives": 10_000},
            Disposition.RTV,
            "maker_at_fault",
        ),
        ({**FAILED, "repair_cost": eur(100)}, Disposition.REPAIR, "repair_pays"),
        ({"grade": Grade.C, "repair_cost": eur(100)}, Disposition.REFURBISH, "repair_pays"),
        ({**FAILED, "repair_cost": eur(9_000)}, Disposition.HOLD, "resale_as_is"),
        ({**FAILED, "grade": Grade.D, "resale": eur(50)}, Disposition.SCRAP, "worth_little"),
        ({**FAILED, "unit_cost": None}, Disposition.REPAIR, "repair_cost_unknown"),
        (
            {**FAILED, "grade": Grade.D, "unit_cost": None},
            Disposition.HOLD,
            "value_unknown",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_best_way_and_why(known: dict[str, Any], way: Disposition, reason: str) -> None:
    best = propose(facts(**known), TABLE)

    assert best.disposition is way
    assert reason in best.reasons


def test_the_supplier_takes_only_what_was_agreed_to_be_worth_it() -> None:
    poor = facts(**FAILED, fault=FaultParty.MAKER, supplier_gives=TABLE.rtv_from - 1)

    assert Disposition.RTV not in [one.disposition for one in ranked(poor, TABLE)]


def test_what_is_expected_to_bring_more_comes_first() -> None:
    found = ranked(
        facts(**FAILED, fault=FaultParty.MAKER, supplier_gives=4_000, repair_cost=eur(50)), TABLE
    )

    brings = [one.brings.minor for one in found if one.brings is not None]
    assert brings == sorted(brings, reverse=True)
    assert found[0].disposition is Disposition.REPAIR


def test_a_merchants_own_table_decides() -> None:
    strict = replace(TABLE, restock_grades=("A",))

    assert propose(facts(grade=Grade.B), TABLE).disposition is Disposition.RESTOCK
    assert propose(facts(grade=Grade.B), strict).disposition is not Disposition.RESTOCK


money = st.none() | st.integers(0, 100_000).map(eur)
known_facts = st.builds(
    Facts,
    grade=st.sampled_from(Grade),
    result=st.sampled_from([InspectionResult.PASSED, InspectionResult.FAILED]),
    today=st.just(TODAY),
    fault=st.sampled_from(FaultParty),
    defects=st.lists(
        st.sampled_from(["COUNTERFEIT", "PACKAGING_DAMAGED", "BROKEN", "EXPIRED"]), max_size=3
    ).map(tuple),
    unit_cost=money,
    unit_price=money,
    resale=money,
    repair_cost=money,
    supplier_gives=st.none() | st.integers(0, 10_000),
    on_hand=st.none() | st.integers(0, 1_000),
    sold_per_100_days=st.none() | st.integers(0, 1_000),
    expires_on=st.none() | st.dates(TODAY - timedelta(days=9), TODAY + timedelta(days=99)),
    hazardous=st.booleans(),
    credit=st.sampled_from([True, False, None]),
)


@given(known_facts)
def test_there_is_always_a_way_each_named_once_with_reasons_that_have_words(known: Facts) -> None:
    found = ranked(known, TABLE)

    ways = [one.disposition for one in found]
    assert ways
    assert len(set(ways)) == len(ways)
    assert all(one.reasons and set(one.reasons) <= set(said()["reasons"]) for one in found)
    assert set(ways) <= {Disposition(name) for name in said()["dispositions"]}


@given(known_facts)
def test_goods_that_are_unsafe_or_expired_are_never_proposed_for_sale_or_gift(known: Facts) -> None:
    ways = {one.disposition for one in ranked(known, TABLE)}

    is_bad = known.hazardous or {"COUNTERFEIT", "EXPIRED"} & set(known.defects)
    if is_bad and known.credit is not False:
        assert ways <= {Disposition.SCRAP, Disposition.RTV}


def test_units_of_a_return_are_parted_by_what_was_found_about_them(shop: Shop) -> None:
    shop.sells(order(line(quantity=4)))
    ret = shop.approves(shop.asks(quantity=4))
    shop.receives(ret, item(quantity=4))
    shop.inspects(ret, passed(2), passed(1, defects=("COUNTERFEIT",)), failed(1))
    shop.disposes(ret, goes(Disposition.HOLD, 1))

    found = proposals_for(shop.store.reads(), shop.now_is(ret), shop.now)

    ways = {one.facts.defects: one.proposals[0].disposition for one in found}
    assert ways[("COUNTERFEIT",)] is Disposition.SCRAP
    assert sum(run.count for one in found for run in one.units) == 4
    assert {one.facts.on_hand for one in found} == {0}


def test_what_was_found_last_counts(shop: Shop) -> None:
    shop.sells(order(line()))
    ret = shop.approves(shop.asks())
    shop.receives(ret, item())
    shop.inspects(ret, passed(defects=("COUNTERFEIT",)))
    command = Reinspect(reason="WRONG_GRADE")
    shop.do(lambda reads, context: reinspect(reads, ret.return_id, command, context))
    shop.inspects(ret, passed())

    (found,) = proposals_for(shop.store.reads(), shop.now_is(ret), shop.now)

    assert found.proposals[0].disposition is Disposition.RESTOCK


def test_a_changed_table_changes_what_is_proposed(shop: Shop) -> None:
    shop.sells(order(line()))
    ret = shop.approves(shop.asks())
    shop.receives(ret, item())
    shop.inspects(ret, passed(grade=Grade.B))

    samples(shop, share=0, thresholds=replace(TABLE, restock_grades=("A",)))

    (found,) = proposals_for(shop.store.reads(), shop.now_is(ret), shop.now)
    assert found.proposals[0].disposition is not Disposition.RESTOCK
