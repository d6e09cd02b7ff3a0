"""Where goods might go: safety and dates first, then what brings most; always with reasons."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.money import Money
from chalicelib.inspection.costs import WorkCost
from chalicelib.inspection.proposing import Facts, propose, ranked
from chalicelib.inspection.rules import Thresholds
from chalicelib.inspection.weighing import LOOKED_UP_MAX, Proposed, proposals_for
from chalicelib.inspection.words import reason_words, said
from chalicelib.returns.inspection_records import Inspection
from chalicelib.returns.model import (
    Disposition,
    FaultParty,
    Grade,
    InspectionResult,
    Resolution,
    ReturnType,
)
from chalicelib.returns.reinspecting import Reinspect, reinspect
from tests.builders import Shop, eur, failed, goes, item, line, order, passed, wish
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
        (
            {"defects": ("PACKAGING_DAMAGED",), "repack_cost": eur(999)},
            Disposition.REPACK,
            "repack_cost",
        ),
        (
            {"defects": ("PACKAGING_DAMAGED",), "repack_cost": eur(1000)},
            Disposition.HOLD,
            "resale_as_is",
        ),
        ({"on_hand": 90, "sold": 10, "sold_days": 90}, Disposition.RESTOCK, "slow_moving"),
        ({"on_hand": 9, "sold": 10, "sold_days": 90}, Disposition.RESTOCK, "in_demand"),
        ({"on_hand": 0, "sold": 0, "sold_days": 90}, Disposition.RESTOCK, "not_sold"),
        ({"on_hand": 9}, Disposition.RESTOCK, "demand_unknown"),
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
        ({"grade": Grade.C, "refurbish_cost": eur(100)}, Disposition.REFURBISH, "refurbish_pays"),
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
    repack_cost=money,
    repair_cost=money,
    refurbish_cost=money,
    supplier_gives=st.none() | st.integers(0, 10_000),
    on_hand=st.none() | st.integers(0, 1_000),
    sold=st.none() | st.integers(0, 1_000),
    sold_days=st.none() | st.integers(1, 365),
    expires_on=st.none() | st.dates(TODAY - timedelta(days=9), TODAY + timedelta(days=99)),
    hazardous=st.booleans(),
    is_recalled=st.booleans(),
    is_for_repair=st.booleans(),
    credit=st.sampled_from([True, False, None]),
)


@given(known_facts)
def test_there_is_always_a_way_each_named_once_with_reasons_that_have_words(known: Facts) -> None:
    found = ranked(known, TABLE)

    ways = [one.disposition for one in found]
    assert ways
    assert len(set(ways)) == len(ways)
    assert all(one.reasons and set(one.reasons) <= set(said()["reasons"]) for one in found)
    assert all(
        "{" not in text
        for one in found
        for code in one.reasons
        for text in reason_words(code, known.figures).values()
    )
    assert set(ways) <= {Disposition(name) for name in said()["dispositions"]}


@given(known_facts)
def test_goods_that_are_unsafe_or_expired_are_never_proposed_for_sale_or_gift(known: Facts) -> None:
    ways = {one.disposition for one in ranked(known, TABLE)}

    is_bad = known.hazardous or {"COUNTERFEIT", "EXPIRED"} & set(known.defects)
    if known.is_for_repair or known.credit is False:
        assert ways <= {Disposition.REPAIR, Disposition.SHIP_BACK, Disposition.HOLD}
    elif known.is_recalled:
        assert ways <= {Disposition.SCRAP, Disposition.RTV, Disposition.HOLD}
    elif is_bad:
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
    for one in found:
        is_for_sale = one.proposals[0].disposition is Disposition.RESTOCK
        assert one.facts.on_hand == (0 if is_for_sale else None)


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


BROKEN = failed(4, grade=Grade.C, fault=FaultParty.US)


def looked_at(shop: Shop, *groups: Any, **sold: Any) -> tuple[Proposed, ...]:
    """What is proposed for goods that were sold 40 days ago and are inspected now."""
    shop.now -= timedelta(days=40)
    shop.sells(order(line(quantity=4, **sold)))
    shop.now += timedelta(days=40)
    ret = shop.approves(shop.asks(quantity=4))
    shop.receives(ret, item(quantity=4))
    shop.inspects(ret, *groups)
    return proposals_for(shop.store.reads(), shop.now_is(ret), shop.now)


def test_what_work_costs_and_how_goods_sell_is_weighed_and_said(shop: Shop) -> None:
    costs = (WorkCost(category="Phones", repair=eur(120), repack=eur(30)),)
    samples(shop, share=0, thresholds=replace(TABLE, work_costs=costs))

    found = looked_at(
        shop,
        passed(1, defects=("PACKAGING_DAMAGED",)),
        failed(3, grade=Grade.C, fault=FaultParty.US),
        category="phones",
        unit_cost=eur(1_000),
    )

    repack, repair = (one.proposals[0] for one in found)
    assert (repack.disposition, repack.brings) == (Disposition.REPACK, eur(970))
    assert repack.reasons == (
        "packaging",
        "repack_cost",
        "sellable_grade",
        "out_of_stock",
        "in_demand",
    )
    assert (repair.disposition, repair.brings) == (Disposition.REPAIR, eur(730))
    assert repair.reasons == ("repair_pays", "out_of_stock", "in_demand")
    said_of = [reason_words(code, found[1].facts.figures)["en"] for code in repair.reasons]
    assert said_of[0] == "A repair for 1.20 EUR costs less than it brings"
    assert said_of[2] == "It sells: 4 in 40 days, 0 on hand"


@pytest.mark.parametrize(("on_hand", "is_worth_it"), [(7, True), (8, False)])
def test_a_repair_is_not_worth_it_for_goods_of_which_many_lie_there(
    shop: Shop, on_hand: int, is_worth_it: bool
) -> None:
    """Four were sold in 41 days: eight last for 82."""
    costs = (WorkCost(repair=eur(400)),)
    table = replace(TABLE, work_costs=costs, slow_days=80)
    samples(shop, share=0, thresholds=table)
    shop.now -= timedelta(days=41)
    shop.counts({"SKU-1": on_hand})
    shop.now += timedelta(days=41)

    (found,) = looked_at(shop, BROKEN, unit_cost=eur(1_000))

    assert (found.facts.on_hand, found.facts.sold, found.facts.sold_days) == (on_hand, 4, 41)
    ways = [one.disposition for one in found.proposals]
    assert (Disposition.REPAIR in ways) is is_worth_it


def test_work_that_is_priced_in_another_currency_is_not_known(shop: Shop) -> None:
    costs = (WorkCost(repair=Money(1, "CNY")),)
    samples(shop, share=0, thresholds=replace(TABLE, work_costs=costs))

    (found,) = looked_at(shop, BROKEN, unit_cost=eur(1_000))

    assert found.facts.repair_cost is None
    reasons = {one.disposition: one.reasons for one in found.proposals}
    assert "repair_cost_unknown" in reasons[Disposition.REPAIR]


def test_proposals_of_one_inspection_are_of_its_own_units_alone(shop: Shop) -> None:
    """What another inspection found is not known from this one: a fake is not to be sold."""
    shop.sells(order(line(quantity=2)))
    ret = shop.approves(shop.asks(quantity=2))
    shop.receives(ret, item(quantity=2))
    shop.inspects(ret, passed(1, defects=("COUNTERFEIT",)))
    shop.inspects(ret, passed(1))
    reads = shop.store.reads()
    whole = reads.inspections(ret.return_id)

    found = proposals_for(reads, shop.now_is(ret), shop.now, inspections=whole[1:])

    assert [one.units for one in found] == [whole[1].groups[0].units]


def test_within_a_command_the_demand_of_so_many_goods_only_is_looked_up(shop: Shop) -> None:
    numbers = [str(number) for number in range(1, LOOKED_UP_MAX + 3)]
    shop.sells(order(*(line(no, sku=f"SKU-{no}") for no in numbers)))
    ret = shop.approves(shop.asks("O-1", *(wish(1, no) for no in numbers)))
    shop.receives(ret, *(item(sku=f"SKU-{no}") for no in numbers))
    shop.inspects(ret, *(replace(passed(), line_no=no) for no in numbers))
    reads = shop.store.reads()

    def known(inspections: list[Inspection] | None) -> int:
        found = proposals_for(reads, shop.now_is(ret), shop.now, inspections)
        assert len(found) == len(numbers)
        return sum(one.facts.on_hand is not None for one in found)

    assert known(reads.inspections(ret.return_id)) == LOOKED_UP_MAX
    assert known(None) == len(numbers)


@pytest.mark.parametrize("seen", [passed(4), BROKEN], ids=["passed", "failed"])
def test_goods_that_came_for_a_repair_stay_the_customers(shop: Shop, seen: Any) -> None:
    """Whatever they would bring: they are repaired and sent back, not sold."""
    shop.sells(order(line(quantity=4)))
    wanted = wish(4, reason="QUALITY_DEFECT", resolution=Resolution.REPAIR)
    ret = shop.approves(shop.asks("O-1", wanted))
    shop.receives(ret, item(quantity=4))
    shop.inspects(ret, seen)

    (found,) = proposals_for(shop.store.reads(), shop.now_is(ret), shop.now)

    ways = [(one.disposition, one.reasons) for one in found.proposals]
    assert ways == [
        (Disposition.REPAIR, ("repair_wanted",)),
        (Disposition.HOLD, ("repair_wanted",)),
    ]


def test_recalled_goods_are_not_sold_however_good_they_look(shop: Shop) -> None:
    shop.sells(order(line()))
    ret = shop.approves(shop.asks())
    shop.receives(ret, item())
    shop.inspects(ret, passed())

    recalled = replace(shop.now_is(ret), type=ReturnType.RECALL)
    (found,) = proposals_for(shop.store.reads(), recalled, shop.now)

    ways = [(one.disposition, one.reasons) for one in found.proposals]
    assert ways == [(Disposition.HOLD, ("recalled",)), (Disposition.SCRAP, ("recalled",))]
