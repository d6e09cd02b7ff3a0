"""Cases about what may come back and at what price: windows, terms that change, fees, overrides."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.core.errors import Conflict, PolicyRefused
from chalicelib.orders.model import DeliveredItem, LineKind, Order
from chalicelib.policy.fees import FeeKind
from chalicelib.policy.verdict import LineDecision
from chalicelib.returns.model import FaultParty
from chalicelib.returns.standing import status_of
from chalicelib.settlement.model import Settlement, SettlementState
from tests import policies
from tests.builders import NOW, Shop, delivery, eur, line, order, wish
from tests.cases.sentences import sentence
from tests.policies import form, rule
from tests.returns.persons import approved, filed, previewed
from tests.settlement.charged import comes, euro, paid, sells, settled, told, under

DAY = timedelta(days=1)
CUT = NOW - 10 * DAY
"""When the newer terms came into force."""


def sold(days_ago: int, *, policy_version: str, **more: Any) -> Order:
    """Placed and sent a day before it was delivered, so many days ago; `more` is of the line."""
    sent = NOW - (days_ago + 1) * DAY
    shipped = delivery(
        DeliveredItem(line_no="1", quantity=1),
        shipped_at=sent,
        delivered_at=NOW - days_ago * DAY,
    )
    return order(line(**more), deliveries=(shipped,), placed_at=sent, policy_version=policy_version)


def in_force_since_the_cut(shop: Shop, days: int | None) -> str:
    """A newer version of the standard policy, with this window."""
    version = policies.publish(
        shop.store,
        form(f"standard-{days}d", rule("all", window={"days": days}), policy="standard"),
    )
    policies.shelve(
        shop.store, "standard", ("standard-30d", datetime(2020, 1, 1, tzinfo=NOW.tzinfo)),
        (version, CUT),
    )  # fmt: skip
    return version


def decided(shop: Shop) -> LineDecision:
    ret = shop.asks()
    assert ret.decision is not None
    return ret.decision.lines[0]


@sentence("policy-change")
def test_policy_change_sold_under_30_days_cut_to_14_is_allowed_on_day_20(shop: Shop) -> None:
    in_force_since_the_cut(shop, 14)
    shop.sells(sold(20, policy_version="standard-30d"))

    assert decided(shop).policy_version == "standard-30d"


@sentence("policy-change")
def test_policy_change_sold_after_the_cut_is_refused_on_day_20(shop: Shop) -> None:
    newer = in_force_since_the_cut(shop, 14)
    shop.sells(sold(20, policy_version=newer))

    with pytest.raises(PolicyRefused) as refused:
        shop.asks()

    assert refused.value.code == "outside_window"


@sentence("rule-20")
def test_terms_that_became_better_are_for_earlier_sales_too(shop: Shop) -> None:
    newer = in_force_since_the_cut(shop, 60)
    shop.sells(sold(45, policy_version="standard-30d"))

    assert decided(shop).policy_version == newer


@sentence("rule-19")
@pytest.mark.parametrize(("days_ago", "code"), [(37, None), (38, "outside_window")])
def test_without_a_date_of_delivery_the_window_counts_from_shipping_and_a_week(
    shop: Shop, days_ago: int, code: str | None
) -> None:
    sent = delivery(
        DeliveredItem(line_no="1", quantity=1),
        shipped_at=NOW - days_ago * DAY,
        delivered_at=None,
    )
    shop.sells(order(line(), deliveries=(sent,), policy_version="standard-30d"))

    if code is None:
        assert decided(shop).eligible
        return
    with pytest.raises(PolicyRefused) as refused:
        shop.asks()
    assert refused.value.code == code


@sentence("rule-22")
@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"final_sale": True}, "final_sale"),
        ({"kind": LineKind.SERVICE}, "service_not_returnable"),
    ],
    ids=["final sale", "service"],
)
def test_what_was_never_to_come_back_is_refused_with_its_reason(
    shop: Shop, more: dict[str, Any], code: str
) -> None:
    shop.sells(sold(1, policy_version="standard-30d", **more))

    with pytest.raises(PolicyRefused) as refused:
        shop.asks()

    assert refused.value.code == code


def paid_one_by_one(shop: Shop, units: int) -> list[Settlement]:
    """A return of so many units, each of which comes and is paid for by itself."""
    ret = shop.approves(shop.asks(quantity=units))
    done = []
    for _ in range(units):
        comes(shop, ret)
        done.append(settled(shop, ret))
    return done


@sentence("rule-12")
@pytest.mark.parametrize(
    ("price", "kept", "refunds"),
    [
        # 15 % of 99.99 is 15.00, of 99.90 it is 14.98: each part rounded by itself came to 15.00.
        (33_33, [5_00, 5_00, 5_00], [28_33, 28_33, 28_33]),
        (33_30, [5_00, 4_99, 4_99], [28_30, 28_31, 28_31]),
    ],
    ids=["3 x 33.33", "3 x 33.30"],
)
def test_restocking_of_15_percent_in_three_partial_refunds_is_15_percent_of_the_whole(
    shop: Shop, price: int, kept: list[int], refunds: list[int]
) -> None:
    under(shop, fees={"restocking_percent": "15"})
    sells(shop, line(quantity=3, price=price))

    done = paid_one_by_one(shop, 3)

    assert [told(one.fees) for one in done] == [[(FeeKind.RESTOCKING, "1", fee)] for fee in kept]
    assert [one.paid.minor for one in done] == refunds


@sentence("rule-12")
def test_each_line_is_charged_its_own_percent(shop: Shop) -> None:
    dear = rule("dear", {"fact": "sku", "is": "SKU-2"}, fees={"restocking_percent": "30"})
    under(shop, dear, fees={"restocking_percent": "15"})
    sells(shop, line("1", price=33_33), line("2", price=80_00))
    ret = shop.approves(shop.asks("O-1", wish(1, "1"), wish(1, "2")))
    comes(shop, ret, no="1")
    comes(shop, ret, no="2")

    done = settled(shop, ret)

    assert told(done.fees) == [(FeeKind.RESTOCKING, "1", 5_00), (FeeKind.RESTOCKING, "2", 24_00)]
    assert done.paid == eur(84_33)


@sentence("rule-12")
def test_flat_5_over_two_settlements_is_taken_once(shop: Shop) -> None:
    under(shop, fees={"flat": euro("5.00")})
    sells(shop, line(quantity=2, price=40_00))

    first, second = paid_one_by_one(shop, 2)

    assert [told(one.fees) for one in (first, second)] == [[(FeeKind.FLAT, None, 5_00)], []]
    assert (first.paid, second.paid) == (eur(35_00), eur(40_00))


@sentence("rule-12")
def test_a_fee_above_the_refund_takes_the_refund_and_no_more(shop: Shop) -> None:
    under(shop, fees={"restocking_percent": "20", "flat": euro("15.00")})
    sells(shop, line(price=10_00))

    (done,) = paid_one_by_one(shop, 1)

    assert [fee.amount for fee in done.fees] == [eur(2_00), eur(8_00)]
    assert (done.amount, done.legs, done.state) == (eur(0), (), SettlementState.SETTLED)


@sentence("rule-12")
@pytest.mark.parametrize(
    ("reason", "found", "refund"),
    [
        ("CHANGED_MIND", FaultParty.NONE, 35_10),
        ("WRONG_ITEM", FaultParty.NONE, 40_00),
        ("CHANGED_MIND", FaultParty.US, 40_00),
    ],
    ids=["changed their mind", "said to be our fault", "found to be our fault"],
)
def test_the_way_back_is_free_when_the_fault_is_ours(
    shop: Shop, reason: str, found: FaultParty, refund: int
) -> None:
    ours = rule("ours", {"fact": "fault", "is": "us"}, fees={"restocking_percent": "0"})
    under(shop, ours, fees={"shipping": euro("4.90")})
    sells(shop, line(price=40_00))
    ret = shop.approves(shop.asks("O-1", wish(1, reason=reason)))

    comes(shop, ret, fault=found)

    assert settled(shop, ret).paid == eur(refund)


@sentence("rule-21")
def test_a_senior_overrides_the_window_with_a_reason_and_another_person_approves(
    shop: Shop,
) -> None:
    shop.sells(sold(45, policy_version="standard-30d"))
    with pytest.raises(PolicyRefused) as refused:
        filed(shop, quantity=1)
    assert refused.value.code == "outside_window"

    why = "The parcel lay at the post office."
    ret = filed(shop, quantity=1, who="sam", role="senior_reviewer", override=why)
    with pytest.raises(Conflict, match="same_person"):
        approved(shop, ret, "sam", "senior_reviewer")
    done = approved(shop, ret, "anna")

    assert done.override is not None
    assert (done.override.by, done.override.reason) == ("sam", why)
    assert done.override.codes == ("outside_window",)
    assert status_of(done) == "APPROVED"
    assert [one.by for one in done.approvals] == ["anna"]


@sentence("rule-37")
def test_what_is_quoted_is_what_is_previewed_and_what_is_paid(shop: Shop) -> None:
    fees = {"restocking_percent": "12.5", "flat": euro("2.00"), "shipping": euro("4.90")}
    under(shop, fees=fees)
    sells(shop, line(quantity=3, price=33_33), discount=10_00)

    quote = shop.quotes("O-1", wish(2))
    ret = shop.asks(quantity=2)
    preview = previewed(shop, ret)
    approved(shop, ret)
    comes(shop, ret, 2)
    done = settled(shop, ret)

    assert quote.fees == preview.fees == done.fees
    # Two of three units of 89.99 are 59.99; 12.5 % of it are 7.50.
    assert (quote.total, quote.refund) == (eur(59_99), eur(45_59))
    assert quote.refund == preview.refund == done.paid == paid(shop.now_is(ret))
