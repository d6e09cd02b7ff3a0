"""The starter set: each policy against requests as merchants get them."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chalicelib.api.problems import LANGUAGES, catalogue
from chalicelib.core.money import Money
from chalicelib.policy.catalogue import starters
from chalicelib.policy.evaluation import CompiledPolicy, decide
from chalicelib.policy.linting import faults, oddities
from chalicelib.policy.linting_rules import shown
from tests.policy.documents import line

STARTERS = starters()
ENDLESS = "endless"


@dataclass(frozen=True, kw_only=True)
class Case:
    """A request of one line; `last` is the last day of its window (MM-DD of 2026, or a date)."""

    what: str
    asked: dict[str, Any] = field(default_factory=dict)
    code: str = "eligible"
    last: str | None = None
    review: str = "person"
    fee: str = "-"
    evidence: tuple[str, ...] = ()


def case(what: str, day: int | None = 3, **more: Any) -> Case:
    """Asked on this day after delivery; `more` are fields of Case, or facts of the line."""
    own = {name: more.pop(name) for name in [*more] if name in Case.__dataclass_fields__}
    shipped = more.pop("shipped_days_ago", 3 if day is None else day + 1)
    asked = {"delivered_days_ago": day, "shipped_days_ago": shipped, **more}
    return Case(what=what, asked=asked, **own)


def eur(whole: int) -> Money:
    return Money(whole * 100, "EUR")


def cny(whole: int) -> Money:
    return Money(whole * 100, "CNY")


OURS = {"fault": "us"}
THEIRS = {"fault": "customer"}
QUALITY = {"type": "quality", "fault": "maker"}
OUTSIDE = "outside_window"
EXEMPT = "withdrawal_exempt"
LIMITED = "resolution_not_allowed"
NEVER = (
    case("nothing left yet", None, shipped_days_ago=None, code="not_shipped"),
    case("a service", is_goods=False, code="service_not_returnable"),
)


def tags(*words: str) -> dict[str, Any]:
    return {"tags": frozenset(words)}


def lists(*words: str) -> dict[str, Any]:
    return {"customer_lists": frozenset(words)}


CASES: dict[str, tuple[Case, ...]] = {
    "standard-30d": (
        *NEVER,
        case("changed their mind", 5, **THEIRS, last="12-16"),
        case("on the last day", 30, **THEIRS, last="11-21"),
        case("a day late", 31, **THEIRS, code=OUTSIDE, last="11-20"),
        case("an exchange", 5, resolution="exchange", last="12-16"),
        case("final sale", 5, final_sale=True, **THEIRS, code="final_sale"),
        case("final sale for an unknown reason", 5, final_sale=True, code="final_sale"),
        case("the wrong article of a final sale", 5, final_sale=True, **OURS, last="12-16"),
        case("a defect under warranty", 200, **QUALITY, warranty_days_left=0, last=ENDLESS),
        case("a defect after it", 200, **QUALITY, warranty_days_left=-1, code=OUTSIDE),
        case("a defect without warranty", 200, **QUALITY, code=OUTSIDE),
        case("no day of delivery", None, shipped_days_ago=36, last="11-22"),
        case("no day of delivery, too late", None, shipped_days_ago=38, code=OUTSIDE),
    ),
    "no-window": (
        *NEVER,
        case("after a week", 7, last=ENDLESS),
        case("after ten years", 3650, last=ENDLESS),
        case("without a day of delivery", None, shipped_days_ago=900, last=ENDLESS),
        case("an exchange", 900, resolution="exchange", last=ENDLESS),
        case("store credit", 900, resolution="store_credit", last=ENDLESS),
        case("a repair", 900, resolution="repair", last=ENDLESS),
        case("final sale", 5, final_sale=True, **THEIRS, code="final_sale"),
        case("final sale for no reason", 5, final_sale=True, code="final_sale"),
        case("a defect of a final sale", 500, final_sale=True, **QUALITY, last=ENDLESS),
        case("a final sale that was damaged", 5, final_sale=True, fault="carrier", last=ENDLESS),
        case("a dear request", 5, request_value=eur(90_000), last=ENDLESS),
        case("of a blocked customer", 5, **lists("block"), last=ENDLESS),
    ),
    "eu-withdrawal-14d": (
        *NEVER,
        case("on the third day", 3, region="DE", last="12-02", review="automatic"),
        case("the last day is a Saturday", 14, region="DE", last="11-23", review="automatic"),
        case("the last day was a Friday", 15, region="DE", code=OUTSIDE, last="11-20"),
        case("the last day is a holiday there", 4, region="PT", last="12-02", review="automatic"),
        case("the same day elsewhere", 4, region="DE", last="12-01", review="automatic"),
        case("of an unknown region", 4, last="12-01", review="automatic"),
        case("no day of delivery", None, shipped_days_ago=20, last="11-23", review="automatic"),
        case("engraved", 3, **tags("custom-made"), code=EXEMPT),
        case("a newspaper", 3, **tags("newspaper", "offer"), code=EXEMPT),
        case("an opened toothbrush", 3, **tags("sealed-hygiene"), stated_condition="opened",
             code=EXEMPT),
        case("a sealed toothbrush", 3, **tags("sealed-hygiene"), stated_condition="unopened",
             last="12-02", review="automatic"),
        case("a defect after a year", 400, **QUALITY, last="2027-10-17", fee="0 %"),
        case("a defect of engraved goods", 400, **QUALITY, **tags("custom-made"),
             last="2027-10-17", fee="0 %"),
        case("a defect after two years", 731, **QUALITY, code=OUTSIDE, fee="0 %"),
    ),
    "cn-no-reason-7d": (
        *NEVER,
        case("on the third day", 3, **THEIRS, last="11-25", review="automatic"),
        case("on the seventh day", 7, **THEIRS, last="11-21", review="automatic"),
        case("on the eighth day", 8, **THEIRS, code=OUTSIDE, review="automatic"),
        case("used", 3, stated_condition="used", last="11-25"),
        case("opened to try it", 3, stated_condition="opened", last="11-25", review="automatic"),
        case("custom-made", 3, **tags("custom-made"), **THEIRS, code=EXEMPT),
        case("fresh", 3, **tags("perishable"), code=EXEMPT),
        case("an opened disc", 3, **tags("sealed-media"), stated_condition="opened", code=EXEMPT),
        case("a sealed disc", 3, **tags("sealed-media"), stated_condition="unopened",
             last="11-25", review="automatic"),
        case("a defect in the first week", 6, **QUALITY, last="11-22", fee="0 %"),
        case("a defect after it", 10, **QUALITY, code=OUTSIDE, last="11-18", fee="0 %"),
        case("a defect exchanged", 10, **QUALITY, resolution="exchange", last="11-26", fee="0 %"),
        case("a defect repaired", 200, **QUALITY, resolution="repair", last="2027-05-05",
             fee="0 %"),
        case("spoilt food", 2, type="quality", **tags("perishable"), last="11-26", fee="0 %"),
    ),
    "holiday-2026": (
        *NEVER,
        case("a present", 10, purchase_month=11, last="2027-01-25"),
        case("a present exchanged", 10, purchase_month=12, resolution="exchange",
             last="2027-02-09"),
        case("a present on the last day", 75, purchase_month=11, last="11-21"),
        case("a present a day late", 76, purchase_month=12, code=OUTSIDE),
        case("a present exchanged late", 90, purchase_month=12, resolution="exchange",
             last="11-21"),
        case("in October", 29, purchase_month=10, last="11-22"),
        case("in October, too late", 31, purchase_month=10, code=OUTSIDE),
        case("exchanged in October, too late", 31, purchase_month=10, resolution="exchange",
             code=OUTSIDE),
        case("final sale", 10, purchase_month=12, final_sale=True, code="final_sale"),
        case("a broken final sale", 10, purchase_month=12, final_sale=True, **OURS,
             last="2027-01-25"),
        case("a defect under warranty", 300, purchase_month=1, **QUALITY, warranty_days_left=65,
             last=ENDLESS),
        case("of an unknown month", 20, last="12-01"),
    ),
    "final-sale": (
        *NEVER,
        case("changed their mind", 3, **THEIRS, code="final_sale", fee="0 %"),
        case("nobody's fault", 3, fault="none", code="final_sale", fee="0 %"),
        case("no reason", 3, code="final_sale", fee="0 %"),
        case("the wrong article", 3, **OURS, last="12-02", fee="0 %"),
        case("damaged on its way", 14, fault="carrier", last="11-21", fee="0 %"),
        case("damaged, told late", 15, fault="carrier", code=OUTSIDE, fee="0 %"),
        case("a defect", 3, type="quality", last="12-02", fee="0 %"),
        case("a defect under warranty", 300, **QUALITY, warranty_days_left=9, last=ENDLESS,
             fee="0 %"),
        case("a defect after it", 300, **QUALITY, warranty_days_left=-9, code=OUTSIDE, fee="0 %"),
        case("the wrong article exchanged", 3, **OURS, resolution="exchange", last="12-02",
             fee="0 %"),
        case("the wrong article, no day of delivery", None, shipped_days_ago=20, **OURS,
             last="11-22", fee="0 %"),
        case("the wrong article, marked as final", 3, final_sale=True, **OURS, last="12-02",
             fee="0 %"),
    ),
    "electronics-serial": (
        *NEVER,
        case("unopened", 5, has_serial=True, stated_condition="unopened", **THEIRS, last="12-01"),
        case("opened", 5, stated_condition="opened", **THEIRS, last="12-01", fee="15 %"),
        case("used for no fault", 5, stated_condition="used", fault="none", last="12-01",
             fee="15 %"),
        case("broken when opened", 5, stated_condition="opened", **QUALITY, last="12-01",
             fee="0 %", evidence=("photo",)),
        case("without a serial", 5, has_serial=False, **THEIRS, last="12-01",
             evidence=("photo", "proof_of_purchase")),
        case("after three weeks", 20, **THEIRS, code=OUTSIDE, last="11-16"),
        case("exchanged after three weeks", 20, resolution="exchange", **THEIRS, last="12-01"),
        case("a defect under warranty", 300, **QUALITY, warranty_days_left=60, last=ENDLESS,
             fee="0 %", evidence=("photo",)),
        case("final sale", 5, final_sale=True, **THEIRS, code="final_sale"),
        case("dear", 5, order_returned_value=eur(1_200), last="12-01", review="senior"),
        case("very dear", 5, order_returned_value=eur(3_500), last="12-01", review="two_persons"),
        case("another serial before", 5, serial_mismatches_12m=1, last="12-01", review="senior"),
        case("and a photo of before", 5, serial_mismatches_12m=1, photo_reused=True, last="12-01",
             review="two_persons"),
        case("the same of a trusted customer", 5, serial_mismatches_12m=1, **lists("allow"),
             last="12-01"),
        case("worn and returned, often", 5, customer_used_12m=4, customer_returns_30d=5,
             last="12-01", review="senior"),
        case("of a blocked customer", 5, **lists("block"), last="12-01", review="senior"),
        case("returns most of it: money", 5, customer_return_rate=75, customer_returns_12m=8,
             code=LIMITED, last="12-01"),
        case("returns most of it: exchange", 5, customer_return_rate=75, customer_returns_12m=8,
             resolution="exchange", last="12-16"),
        case("returns most of it, and is trusted", 5, customer_return_rate=75,
             customer_returns_12m=8, **lists("allow"), last="12-01"),
        case("returns most of it, and we erred", 5, customer_return_rate=75,
             customer_returns_12m=8, **OURS, last="12-01", fee="0 %", evidence=("photo",)),
    ),
    "marketplace-30d": (
        *NEVER,
        case("changed their mind", 5, **THEIRS, currency="EUR", last="12-16", review="automatic",
             fee="0 % + 4.90 EUR"),
        case("in dollars", 5, **THEIRS, currency="USD", last="12-16", review="automatic"),
        case("the wrong article", 5, **OURS, currency="EUR", last="12-16", review="automatic",
             fee="0 %"),
        case("something small", 5, **OURS, order_returned_value=eur(9), customer_returns_12m=1,
             last="12-16", review="automatic", fee="0 %", evidence=("photo",)),
        case("something small, often", 5, **OURS, order_returned_value=eur(9),
             customer_returns_12m=5, last="12-16", review="automatic", fee="0 %"),
        case("too late", 31, **THEIRS, code=OUTSIDE, review="automatic"),
        case("final sale", 5, **THEIRS, final_sale=True, code="final_sale", review="automatic"),
        case("dear", 5, order_returned_value=eur(600), last="12-16", review="automatic"),
        case("very dear", 5, order_returned_value=eur(1_500), last="12-16", review="person"),
        case("worn and returned late", 25, **THEIRS, age_days=25, stated_condition="used",
             currency="EUR", last="11-26", fee="0 % + 4.90 EUR"),
        case("a photo of before", 5, photo_reused=True, last="12-16"),
        case("a photo of before, and an empty box", 5, photo_reused=True, empty_boxes_12m=1,
             last="12-16", review="senior"),
        case("the same of a trusted customer", 5, photo_reused=True, empty_boxes_12m=1,
             **lists("allow"), last="12-16"),
        case("of a blocked customer", 5, **lists("block"), last="12-16", review="senior"),
        case("returns nearly everything: money", 5, customer_return_rate=90,
             customer_returns_12m=12, code=LIMITED, last="12-16"),
        case("returns nearly everything: credit", 5, customer_return_rate=90,
             customer_returns_12m=12, resolution="store_credit", last="12-16"),
    ),
    "b2b-sales-strategy": (
        *NEVER,
        case("by agreement", 200, type="sales_adjustment", contract_no="C-1", last="2027-05-05",
             review="two_persons", fee="0 %", evidence=("sales_contract", "application_form")),
        case("by agreement, after a year", 366, type="sales_adjustment", contract_no="C-1",
             code=OUTSIDE, review="two_persons", fee="0 %",
             evidence=("sales_contract", "application_form")),
        case("quality", 80, type="quality", last="12-01", review="senior", fee="0 %",
             evidence=("qc_report",)),
        case("quality, too late", 91, type="quality", code=OUTSIDE, review="senior", fee="0 %",
             evidence=("qc_report",)),
        case("a recall after years", 2000, type="recall", last=ENDLESS, fee="0 %"),
        case("delivered by mistake", 20, type="stock_error", last=ENDLESS, fee="0 %"),
        case("under a contract", 50, type="customer_return", contract_no="C-1", last="12-01",
             review="senior", fee="10 %"),
        case("under a contract, too late", 61, contract_no="C-1", code=OUTSIDE, review="senior",
             fee="10 %"),
        case("under a contract, used", 5, contract_no="C-1", stated_condition="used",
             code="goods_used", review="senior", fee="10 %"),
        case("without one", 5, type="customer_return", code="contract_required",
             review="senior", fee="10 %"),
        case("quality without one", 5, type="quality", last="2027-02-14", review="senior",
             fee="0 %", evidence=("qc_report",)),
        case("of great value", 50, contract_no="C-1", request_value=cny(60_000), last="12-01",
             review="two_persons", fee="10 %"),
        case("of great value in another currency", 50, contract_no="C-1",
             request_value=eur(60_000), last="12-01", review="senior", fee="10 %"),
    ),
}  # fmt: skip


def test_every_starter_has_a_dozen_cases() -> None:
    assert set(CASES) == set(STARTERS)
    assert all(len(cases) >= 12 for cases in CASES.values())


@pytest.mark.parametrize(
    ("name", "one"),
    [
        pytest.param(name, one, id=f"{name}: {one.what}")
        for name, cases in CASES.items()
        for one in cases
    ],
)
def test_a_starter_decides_as_its_merchant_means_it(name: str, one: Case) -> None:
    policy = STARTERS[name]

    decision = decide(CompiledPolicy(policy), [line(**one.asked)])
    (decided,) = decision.lines

    assert decided.code == one.code
    if one.code in ("not_shipped", "service_not_returnable"):
        return
    if decided.eligible:
        assert decision.review.value == one.review
    assert (shown(decided.fees) if decided.fees else "-") == one.fee
    assert decided.evidence == one.evidence
    if one.last == ENDLESS:
        assert decided.window_ends is None
    elif one.last is not None:
        text = one.last if len(one.last) > 5 else f"2026-{one.last}"
        assert decided.window_ends is not None
        local = decided.window_ends.astimezone(ZoneInfo(policy.time_zone))
        assert local.date() - timedelta(days=1) == date.fromisoformat(text)


@pytest.mark.parametrize("name", sorted(STARTERS))
def test_a_starter_is_well_formed_and_without_a_finding(name: str) -> None:
    policy = STARTERS[name]

    assert policy.version_id == name
    assert [*faults(policy), *oddities(policy)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_of_a_starter_has_sentences(language: str) -> None:
    codes = {rule.then.code for policy in STARTERS.values() for rule in policy.rules} - {None}

    assert codes - set(catalogue(language)["problems"]) == set()


@pytest.mark.parametrize("name", ["electronics-serial", "marketplace-30d"])
def test_the_starters_for_risk_weigh_every_named_signal(name: str) -> None:
    policy = CompiledPolicy(STARTERS[name])

    asked = {
        "customer_returns_30d", "order_returned_value", "photo_reused", "serial_mismatches_12m",
        "empty_boxes_12m", "customer_used_12m", "customer_lists", "customer_return_rate",
    }  # fmt: skip

    assert asked <= policy.asked_facts


def test_what_is_kept_is_told_with_the_line() -> None:
    small = line(fault="us", order_returned_value=eur(9), customer_returns_12m=0)
    policy = CompiledPolicy(STARTERS["marketplace-30d"])

    (decided,) = decide(policy, [small]).lines

    assert decided.keep_item
    assert policy.document.rules[-1].rule_id == "thirty-days"
