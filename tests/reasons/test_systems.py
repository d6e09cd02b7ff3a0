"""The tables of other systems: what they hold, and that they can be read in both ways."""

from dataclasses import replace
from types import MappingProxyType

import pytest

from chalicelib.core.errors import NotFound
from chalicelib.reasons import built_in
from chalicelib.reasons.systems import System, system_of, systems

CATALOGUE = built_in.built_in()
# Spelt out a second time, as the systems document them.
TOLD = {
    "shopify": """
        QUALITY_DEFECT=DEFECTIVE DAMAGED_TRANSIT=DEFECTIVE WRONG_ITEM=WRONG_ITEM
        WRONG_QTY_SENT=OTHER MISSING_PARTS=OTHER NOT_AS_DESCRIBED=NOT_AS_DESCRIBED
        SIZE_TOO_LARGE=SIZE_TOO_LARGE SIZE_TOO_SMALL=SIZE_TOO_SMALL STYLE_COLOR=STYLE,COLOR
        CHANGED_MIND=UNWANTED BETTER_PRICE=OTHER ORDERED_BY_MISTAKE=OTHER UNAUTHORIZED=OTHER
        LATE_DELIVERY=OTHER EXPIRED=OTHER UNDELIVERABLE=UNKNOWN REFUSED=UNKNOWN DIGITAL_FAIL=OTHER
        INVOICE_PROBLEM=OTHER OTHER=OTHER,UNKNOWN
    """,
    "google_merchant": """
        QUALITY_DEFECT=damagedOrDefectiveItem,qualityNotExpected
        DAMAGED_TRANSIT=damagedOrDefectiveItem WRONG_ITEM=incorrectItemReceived
        WRONG_QTY_SENT=other MISSING_PARTS=other NOT_AS_DESCRIBED=didNotMatchDescription
        SIZE_TOO_LARGE=doesNotFit SIZE_TOO_SMALL=doesNotFit STYLE_COLOR=didNotMatchDescription
        CHANGED_MIND=changedMind,noLongerNeeded BETTER_PRICE=betterPriceFound
        ORDERED_BY_MISTAKE=orderedWrongItem UNAUTHORIZED=other LATE_DELIVERY=receivedTooLate
        EXPIRED=expiredItem UNDELIVERABLE=undeliverable REFUSED=undeliverable DIGITAL_FAIL=other
        INVOICE_PROBLEM=other OTHER=other,notSpecified
    """,
    "ofbiz": """
        QUALITY_DEFECT=RTN_DEFECTIVE_ITEM DAMAGED_TRANSIT=RTN_DEFECTIVE_ITEM
        WRONG_ITEM=RTN_MISSHIP_ITEM SIZE_TOO_LARGE=RTN_SIZE_EXCHANGE
        SIZE_TOO_SMALL=RTN_SIZE_EXCHANGE CHANGED_MIND=RTN_NOT_WANT UNDELIVERABLE=RTN_COD_REJECT
        REFUSED=RTN_COD_REJECT DIGITAL_FAIL=RTN_DIG_FILL_FAIL SALES_STRATEGY=RTN_NORMAL_RETURN
        OTHER=RTN_NORMAL_RETURN
    """,
    "x12": "DAMAGED_TRANSIT=FR WRONG_QTY_SENT=QD BETTER_PRICE=PC SALES_STRATEGY=OS",
    "medusa": "QUALITY_DEFECT=production_failure WRONG_ITEM=wrong_item MISSING_PARTS=missing_item",
    "mall": """
        QUALITY_DEFECT=质量问题 DAMAGED_TRANSIT=物流问题 SIZE_TOO_LARGE=尺码太大
        STYLE_COLOR=颜色不喜欢 CHANGED_MIND=7天无理由退货 BETTER_PRICE=价格问题
        INVOICE_PROBLEM=发票问题 OTHER=其他问题
    """,
    "allegro": "MISSING_PARTS=MISSING_PART_SENT",
    "gs1_cbv": "EXPIRED=expired",
}
EVERY = [pytest.param(system_of(name), id=name) for name in systems()]


@pytest.mark.parametrize("name", TOLD)
def test_a_system_is_told_its_own_codes(name: str) -> None:
    rows = dict(row.split("=") for row in TOLD[name].split())

    assert {ours: ",".join(theirs) for ours, theirs in system_of(name).reasons.items()} == rows


def test_refusals_and_responses_have_codes_too() -> None:
    assert system_of("google_merchant").rejections["OUTSIDE_WINDOW"] == ("outOfReturnWindow",)
    x12 = system_of("x12")
    assert {ours: theirs[0] for ours, theirs in x12.rejections.items()} == {
        "OUTSIDE_WINDOW": "RT",
        "NO_RECORD_OF_SALE": "NR",
        "NOT_DEFECTIVE": "IN",
        "AS_ORDERED": "IO",
        "EXCESSIVE_WEAR": "EW",
        "UNIDENTIFIABLE": "UI",
    }
    assert sorted(theirs[0] for theirs in x12.responses.values()) == ["MI", "PR", "RR", "SR"]
    assert system_of("allegro").rejections["ITEM_MISMATCH"] == ("ITEM_MISMATCH",)


@pytest.mark.parametrize("system", EVERY)
def test_a_table_speaks_of_codes_of_ours_only(system: System) -> None:
    assert set(system.reasons) <= CATALOGUE.built_in
    assert set(system.rejections) <= set(built_in.rejections())
    assert set(system.responses) <= set(built_in.responses())
    assert set(system.read_as.values()) <= CATALOGUE.built_in


@pytest.mark.parametrize("system", EVERY)
def test_a_code_that_several_of_ours_have_is_read_as_the_one_that_is_named(system: System) -> None:
    told = [theirs for codes in system.reasons.values() for theirs in codes]
    shared = {theirs for theirs in told if told.count(theirs) > 1}

    assert set(system.read_as) == shared


@pytest.mark.parametrize("system", EVERY)
def test_a_code_that_only_one_of_ours_has_comes_back_as_it(system: System) -> None:
    for ours, codes in system.reasons.items():
        for theirs in codes:
            if theirs not in system.read_as:
                assert system.reading(theirs) == ours


def test_what_says_too_little_is_read_as_other() -> None:
    assert system_of("google_merchant").reading("doesNotFit") == "OTHER"
    assert system_of("shopify").reading("DEFECTIVE") == "QUALITY_DEFECT"


def test_codes_are_read_however_their_letters_are_typed() -> None:
    assert system_of("solidus").reading("no longer NEEDED/wanted") == "CHANGED_MIND"
    assert system_of("shopify").reading("NEVER_HEARD") is None


def test_a_system_is_told_a_reason_of_the_merchant_as_the_one_it_is_like() -> None:
    own = replace(CATALOGUE.reasons["QUALITY_DEFECT"], code="SWOLLEN", like="QUALITY_DEFECT")
    plain = replace(own, code="RATTLES", like=None)
    reasons = MappingProxyType({**CATALOGUE.reasons, own.code: own, plain.code: plain})
    catalogue = replace(CATALOGUE, reasons=reasons)

    shopify = system_of("shopify")

    assert shopify.told(catalogue, "SWOLLEN") == ("DEFECTIVE",)
    assert shopify.told(catalogue, "RATTLES") == ()


def test_a_system_that_nobody_knows_is_not_found() -> None:
    with pytest.raises(NotFound) as refused:
        system_of("../reasons")

    assert refused.value.code == "reason_system_not_found"
    assert "shopify" in str(refused.value.details["known"])
