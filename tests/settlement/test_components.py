"""What is given back: every component exact, however many returns it comes in."""

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import Conflict
from chalicelib.core.money import Money
from chalicelib.orders.given import Given, GivenUnits
from chalicelib.orders.model import Coupon, LineKind, TaxLine
from chalicelib.orders.value import order_total, paid_by_line
from chalicelib.policy.fees import Fee, FeeKind
from chalicelib.policy.giving import GiveBack, Giving, PromotionRule
from chalicelib.settlement.components import Breakdown, give_back
from chalicelib.settlement.giving import with_given, without_given
from tests.bargains import bulk
from tests.builders import eur, line, order
from tests.settlement.sales import all_given, givings, parts, sales, together, units

CLAW_BACK = Giving(promotions=PromotionRule.CLAW_BACK)
EVERYTHING = Giving(
    shipping=GiveBack.SHARE, points_spent=GiveBack.SHARE, points_earned=GiveBack.SHARE
)


def total(found: list[Breakdown]) -> int:
    return sum(breakdown.total.minor for breakdown in found)


def components(found: list[Breakdown], line_no: str, taxes: int) -> list[int]:
    """Net and each tax of a line that went back in all, after what promotions changed."""
    sums = [0] * (1 + taxes)
    for breakdown in found:
        shares = [
            *(
                (1, [one.paid.net, *(tax.amount for tax in one.paid.taxes)])
                for one in breakdown.lines
                if one.line_no == line_no
            ),
            *((-1, [p.net, *p.taxes]) for p in breakdown.withheld if p.line_no == line_no),
            *((1, [p.net, *p.taxes]) for p in breakdown.released if p.line_no == line_no),
        ]
        for sign, amounts in shares:
            sums = [one + sign * more.minor for one, more in zip(sums, amounts, strict=True)]
    return sums


@given(st.data())
def test_everything_back_comes_to_all_that_was_paid_for_the_goods(data: st.DataObject) -> None:
    sold = data.draw(sales())
    giving = replace(data.draw(givings), shipping=GiveBack.SHARE, standard_shipping=False)

    found, after = all_given(sold, data.draw(parts(sold)), giving)

    assert total(found) == order_total(sold).minor
    assert after.given.withheld == ()
    for line_no, paid in paid_by_line(sold).items():
        assert components(found, line_no, len(paid.taxes)) == [
            paid.net.minor,
            *(tax.amount.minor for tax in paid.taxes),
        ]


@given(st.data())
def test_no_component_of_any_partial_return_is_negative(data: st.DataObject) -> None:
    sold = data.draw(sales(promotions_max=3))

    found, _ = all_given(sold, data.draw(parts(sold)), data.draw(givings))

    for breakdown in found:
        assert breakdown.total.minor >= 0
        assert breakdown.shipping.net.minor >= 0
        assert breakdown.shipping.tax.minor >= 0
        for part in (*breakdown.withheld, *breakdown.released):
            assert part.net.minor >= 0
            assert all(tax.minor >= 0 for tax in part.taxes)
        for one in breakdown.lines:
            kept = [part for part in breakdown.withheld if part.line_no == one.line_no]
            assert sum(part.net.minor for part in kept) <= one.paid.net.minor
            for place, tax in enumerate(one.paid.taxes):
                assert sum(part.taxes[place].minor for part in kept) <= tax.amount.minor


@given(st.data())
def test_whatever_the_rules_of_each_return_no_more_goes_back_than_was_paid(
    data: st.DataObject,
) -> None:
    sold = data.draw(sales(promotions_max=3))
    paid, shipping, given_back = order_total(sold).minor, 0, 0
    agreed = st.none() | st.just({"P0": Money(data.draw(st.integers(0, 500)), sold.currency)})

    for batch in data.draw(parts(sold)):
        breakdown = give_back(sold, batch, data.draw(givings), data.draw(agreed))
        sold = replace(sold, given=with_given(sold.given, breakdown))
        given_back += breakdown.total.minor
        shipping += breakdown.shipping.total.minor
        assert given_back <= paid

    assert sold.given.withheld == ()
    assert given_back - shipping == sum(one.total.minor for one in paid_by_line(sold).values())
    assert len(sold.given.coupons) <= 1
    assert sold.given.points_back <= sold.points_spent


@given(st.data())
def test_two_ways_to_send_the_same_units_back_come_to_the_same(data: st.DataObject) -> None:
    sold, giving = data.draw(sales(promotions_max=1)), data.draw(givings)
    some = data.draw(parts(sold))
    some = some[: data.draw(st.integers(1, len(some)))]
    at_once = [
        (one.line_no, ordinal)
        for batch in some
        for one in batch
        for run in one.units
        for ordinal in range(run.first, run.last + 1)
    ]

    stepwise, after = all_given(sold, some, giving)
    once, after_once = all_given(sold, [together(at_once)], giving)

    # KEEP and BLOCK withhold nothing; a claw-back is priced by what is kept in the end.
    assert total(stepwise) == total(once)
    for field in ("shipping_net", "shipping_tax", "points_back", "points_taken", "coupons"):
        assert getattr(after.given, field) == getattr(after_once.given, field)


@given(st.data())
def test_what_did_not_go_back_after_all_is_forgotten_exactly(data: st.DataObject) -> None:
    sold, giving = data.draw(sales()), data.draw(givings)
    *before, last = data.draw(parts(sold))
    _, sold = all_given(sold, before, giving)
    breakdown = give_back(sold, last, giving)

    after = without_given(with_given(sold.given, breakdown), breakdown)

    assert {one.line_no: one.units for one in after.units} == {
        one.line_no: one.units for one in sold.given.units
    }
    assert set(after.withheld) == set(sold.given.withheld)
    assert replace(after, units=(), withheld=()) == replace(sold.given, units=(), withheld=())


@given(st.data())
def test_refunds_that_are_taken_back_in_any_order_leave_no_trace(data: st.DataObject) -> None:
    """What a later refund has built upon is not taken back before it."""
    sold = data.draw(sales())
    to_come = data.draw(parts(sold))
    done: list[tuple[list[GivenUnits], Breakdown]] = []
    giving = replace(data.draw(givings), shipping=GiveBack.SHARE, standard_shipping=False)
    backwards = data.draw(st.lists(st.booleans(), max_size=8))

    while to_come:
        if backwards and backwards.pop() and done:
            batch, breakdown = data.draw(st.sampled_from(done))
            with suppress(Conflict):
                sold = replace(sold, given=without_given(sold.given, breakdown))
                done.remove((batch, breakdown))
                to_come.append(batch)
            continue
        batch = to_come.pop(0)
        breakdown = give_back(sold, batch, giving)
        assert all(part.net.minor >= 0 for part in (*breakdown.withheld, *breakdown.released))
        sold = replace(sold, given=with_given(sold.given, breakdown))
        done.append((batch, breakdown))
        assert total([one for _, one in done]) <= order_total(sold).minor

    assert total([one for _, one in done]) == order_total(sold).minor
    assert sold.given.withheld == ()


def test_what_a_later_refund_released_is_not_taken_back_from_under_it() -> None:
    promotion = bulk({1: 5_00, 5: 3_00})
    sold = order(line("1", quantity=5, price=3_00), promotions=(promotion,))
    (first, _), after = all_given(sold, [[units("1", 1)], [units("1", 2, 4)]], CLAW_BACK)

    with pytest.raises(Conflict, match="released_since"):
        without_given(after.given, first)


@given(st.data())
def test_points_and_coupons_go_back_once_in_all(data: st.DataObject) -> None:
    sold = data.draw(sales())
    giving = replace(
        EVERYTHING, coupons=data.draw(st.sampled_from([GiveBack.FIRST, GiveBack.WHOLE_ORDER]))
    )

    found, _ = all_given(sold, data.draw(parts(sold)), giving)

    assert sum(breakdown.points_back for breakdown in found) == sold.points_spent
    assert sum(breakdown.points_taken for breakdown in found) == sold.points_earned
    assert [code for breakdown in found for code in breakdown.coupons] == ["WELCOME"]


def test_three_at_a_hundred_less_ten_come_back_one_at_a_time() -> None:
    sold = order(line("1", quantity=3, price=10000), discount=1000)

    found, _ = all_given(sold, [[units("1", place)] for place in (1, 2, 3)], Giving())

    assert [breakdown.total.amount for breakdown in found] == ["96.67", "96.66", "96.67"]


def test_two_taxes_are_two_components() -> None:
    taxes = (
        TaxLine(name="GST", rate="0.05", amount=eur(5)),
        TaxLine(name="PST", rate="0.07", amount=eur(7)),
    )
    sold = order(line("1", quantity=3, price=33, taxes=taxes), tax_included=False)

    found, _ = all_given(sold, [[units("1", place)] for place in (1, 2, 3)], Giving())

    stated = [[tax.amount.minor for tax in one.lines[0].paid.taxes] for one in found]
    assert stated == [[2, 2], [1, 3], [2, 2]]
    assert found[0].lines[0].paid.taxes[1].rate == "0.07"


@pytest.mark.parametrize(
    ("rule", "each"),
    [
        (GiveBack.NEVER, [0, 0, 0]),
        (GiveBack.FIRST, [500, 0, 0]),
        (GiveBack.SHARE, [167, 166, 167]),
        (GiveBack.WHOLE_ORDER, [0, 0, 500]),
    ],
)
def test_shipping_goes_back_by_its_rule_and_once(rule: GiveBack, each: list[int]) -> None:
    sold = order(line("1", quantity=3, price=1000), shipping=eur(500))

    found, _ = all_given(sold, [[units("1", place)] for place in (1, 2, 3)], Giving(shipping=rule))

    assert [breakdown.shipping.total.minor for breakdown in found] == each


def test_of_an_express_delivery_only_the_standard_one_goes_back_where_the_rule_says_so() -> None:
    sold = order(
        line("1"),
        shipping=eur(1200),
        shipping_tax=eur(200),
        shipping_tax_rate="0.20",
        standard_shipping=eur(600),
    )

    giving = Giving(shipping=GiveBack.FIRST, standard_shipping=True)
    shipping = give_back(sold, [units("1", 1)], giving).shipping

    assert (shipping.net, shipping.tax) == (eur(500), eur(100))
    assert shipping.taxes[0].rate == "0.20"


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500), st.booleans(), st.data())
def test_standard_delivery_is_exactly_what_the_cheapest_one_cost(
    paid: int, tax: int, standard: int, is_included: bool, data: st.DataObject
) -> None:
    tax = min(tax, paid)
    sold = order(
        line("1", quantity=3),
        shipping=eur(paid),
        shipping_tax=eur(tax),
        standard_shipping=eur(standard),
        tax_included=is_included,
    )
    giving = Giving(shipping=data.draw(st.sampled_from(GiveBack)), standard_shipping=True)

    found, _ = all_given(sold, data.draw(parts(sold)), giving)

    net = sum(one.shipping.net.minor for one in found)
    in_all = net + sum(one.shipping.tax.minor for one in found)
    told = 0 if giving.shipping is GiveBack.NEVER else min(standard, paid)
    assert (in_all if is_included else net) == told


def test_goods_that_were_free_share_shipping_by_their_number() -> None:
    sold = order(line("1", quantity=2, price=0), shipping=eur(500))

    breakdown = give_back(sold, [units("1", 1)], Giving(shipping=GiveBack.SHARE))

    assert breakdown.shipping.total == eur(250)


def test_a_service_does_not_keep_the_order_from_being_back() -> None:
    service = line("2", kind=LineKind.SERVICE)
    sold = order(line("1"), service, shipping=eur(500), deliveries=())

    giving = Giving(shipping=GiveBack.WHOLE_ORDER)

    assert give_back(sold, [units("1", 1)], giving).shipping.total == eur(500)


def test_a_coupon_is_valid_again_with_the_first_units_and_then_no_more() -> None:
    coupon = Coupon(code="C-1", amount=eur(100))
    sold = order(line("1", quantity=2), coupons=(coupon,))

    found, _ = all_given(sold, [[units("1", 1)], [units("1", 2)]], Giving(coupons=GiveBack.FIRST))

    assert [breakdown.coupons for breakdown in found] == [("C-1",), ()]


def test_nothing_wanted_is_nothing_given() -> None:
    sold = order(line("1"), shipping=eur(500))

    breakdown = give_back(sold, [], Giving(shipping=GiveBack.FIRST, coupons=GiveBack.FIRST))

    assert breakdown.total == eur(0)
    assert with_given(Given(), breakdown) == Given()


def test_fees_are_of_the_refund() -> None:
    breakdown = give_back(order(line("1", price=1000)), [units("1", 1)], Giving())
    fee = Fee(kind=FeeKind.FLAT, amount=eur(300), tax=eur(50))

    assert breakdown.with_fees([fee]).total == eur(700)
    with pytest.raises(AssertionError, match="fees are taken of the refund"):
        breakdown.with_fees([replace(fee, amount=eur(1001))])


def test_money_goes_back_for_a_unit_once() -> None:
    sold = order(line("1"))
    once = give_back(sold, [units("1", 1)], Giving())
    after = replace(sold, given=with_given(sold.given, once))

    with pytest.raises(AssertionError, match="once"):
        give_back(after, [units("1", 1)], Giving())
