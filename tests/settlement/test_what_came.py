"""A return of which only a part comes, or comes in parts: promotions price what really came."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chalicelib.core import runs
from chalicelib.core.money import Money
from chalicelib.orders.kits import exploded
from chalicelib.orders.model import LineKind
from chalicelib.returns import ending
from chalicelib.returns.ending import Cancel
from chalicelib.returns.model import FaultParty, Resolution, Return
from chalicelib.returns.selection import NamedQuantity
from chalicelib.settlement.model import Settlement
from tests import policies
from tests.bargains import bulk, threshold
from tests.builders import Shop, eur, failed, item, line, order, passed, wish
from tests.children import approves, cancels, exchange_of, swap
from tests.policies import form, rule
from tests.returns.persons import approved
from tests.returns.undoing import ships_back, suspicions
from tests.settlement.sales import givings, parts, sales
from tests.settlement.test_quote_is_result import FEES, quoted, shop_with

FIVES = bulk({1: 5_00, 5: 3_00})
"""Five for 15.00, single for 5.00."""
SPENT = threshold({100_00: 20_00})


def sells(shop: Shop, rule_is: str, **more: Any) -> None:
    """Five at 3.00 under this rule, unless `more` says otherwise."""
    giving = {"promotions": rule_is}
    policies.publish(shop.store, form("own", rule("all", window={"days": None}, giving=giving)))
    fields: dict[str, Any] = {"promotions": (FIVES,), "policy_version": "own"}
    sold = more.pop("lines", (line(quantity=5, price=3_00),))
    shop.sells(order(*sold, **(fields | more)))


def spent(shop: Shop) -> None:
    """Five for 30.00 each, less 20.00 because they come to 100.00: each was paid with 26.00."""
    bought = line(quantity=5, price=30_00, discount=eur(20_00))
    sells(shop, "claw_back", promotions=(SPENT,), lines=(bought,))


def comes(shop: Shop, ret: Return, quantity: int) -> Settlement:
    shop.receives(ret, item(quantity=quantity))
    shop.inspects(ret, passed(quantity))
    shop.settles(ret)
    return shop.settlement(ret)


def takes_one_back(shop: Shop, ret: Return) -> None:
    command = Cancel(reason="KEEPS_IT", lines=(NamedQuantity(line_no="1", quantity=1),))
    shop.do(lambda reads, context: ending.cancel(reads, ret.return_id, command, context))


@pytest.mark.parametrize("rule_is", ["claw_back", "block"])
def test_who_takes_one_back_after_the_approval_keeps_it_at_its_single_price(
    shop: Shop, rule_is: str
) -> None:
    """All five would have been 15.00; for four 10.00 is right, however they were asked for."""
    sells(shop, rule_is)
    ret = shop.approves(shop.asks(quantity=5))
    takes_one_back(shop, ret)

    assert comes(shop, ret, 4).amount == eur(10_00)


@pytest.mark.parametrize("rule_is", ["claw_back", "block"])
def test_four_that_come_first_are_paid_as_four_and_the_fifth_brings_the_rest(
    shop: Shop, rule_is: str
) -> None:
    sells(shop, rule_is)
    ret = shop.approves(shop.asks(quantity=5))

    assert [comes(shop, ret, count).amount for count in (4, 1)] == [eur(10_00), eur(5_00)]


def test_what_a_person_let_through_is_paid_in_full_even_where_less_of_it_comes(shop: Shop) -> None:
    sells(shop, "block")
    ret = shop.asks(quantity=4, override="A good customer.")
    approved(shop, ret, "sam", "senior_reviewer")

    assert comes(shop, ret, 3).amount == eur(9_00)


def test_a_unit_that_was_denied_and_stays_with_us_was_part_of_what_was_approved(
    shop: Shop,
) -> None:
    sells(shop, "claw_back")
    ret = shop.approves(shop.asks(quantity=5))
    shop.receives(ret, item(quantity=5))
    shop.inspects(ret, passed(4), failed(1, fault=FaultParty.CUSTOMER))
    shop.settles(ret)

    assert shop.settlement(ret).amount == eur(12_00)


def test_a_unit_that_went_back_to_the_customer_is_kept_by_the_customer(shop: Shop) -> None:
    sells(shop, "claw_back")
    ret = shop.approves(shop.asks(quantity=5))
    shop.receives(ret, item(quantity=5))
    shop.inspects(ret, passed(4), failed(1, fault=FaultParty.CUSTOMER))
    ships_back(shop, ret)
    shop.settles(ret)

    assert shop.settlement(ret).amount == eur(10_00)


def test_who_wants_money_in_place_of_the_replacement_is_paid_as_if_that_was_asked_for(
    shop: Shop,
) -> None:
    """Two of five: what is kept comes to 90.00, which 80.00 would have bought at the least."""
    spent(shop)
    shop.counts({"SKU-1": 2})
    ret = approves(shop, shop.asks("O-1", wish(), swap()))
    cancels(shop, exchange_of(shop, ret, "2"))
    shop.receives(ret, item(quantity=2))
    shop.inspects(ret, passed(), passed(line_no="2"))
    shop.settles(ret)

    assert shop.settlement(ret).amount == eur(50_00)


def test_the_fee_of_what_was_withheld_is_taken_when_it_is_released(shop: Shop) -> None:
    """Of the first unit nothing is left; the other four release 3.00, of which 20 % are kept."""
    outcome: dict[str, Any] = {"window": {"days": None}, "giving": {"promotions": "claw_back"}}
    fees = {"restocking_percent": "20"}
    policies.publish(shop.store, form("own", rule("all", fees=fees, **outcome)))
    bought = line(quantity=5, price=3_00)
    shop.sells(order(bought, promotions=(FIVES,), policy_version="own"))
    quote = shop.quotes("O-1", wish(5))
    ret = shop.approves(shop.asks(quantity=5))

    done = [comes(shop, ret, count) for count in (1, 4)]

    assert [fee.amount for fee in quote.fees] == [eur(3_00)]
    assert [[fee.amount for fee in one.fees] for one in done] == [[], [eur(3_00)]]
    assert [one.amount for one in done] == [eur(0), eur(12_00)]
    assert suspicions(shop) == []


def test_what_is_to_be_repaired_is_quoted_as_nothing(shop: Shop) -> None:
    """It comes back as goods, so it brings no money."""
    sells(shop, "claw_back")

    asked = wish(4, resolution=Resolution.REPAIR, reason="QUALITY_DEFECT")

    quote = shop.quotes("O-1", asked)
    assert (quote.refund, quote.breakdown) == (eur(0), None)


@settings(max_examples=150)
@given(st.data())
def test_a_return_that_comes_in_parts_brings_what_was_quoted_for_all_of_it(
    data: st.DataObject,
) -> None:
    sold, giving = data.draw(sales(explode=False, promotions_max=1)), data.draw(givings)
    assume(sum(one.kind is LineKind.KIT for one in sold.lines) <= 1)  # Their parts are the same.
    fees = data.draw(st.sampled_from(FEES))
    shop = shop_with(giving, fees)
    shop.sells(replace(sold, policy_version="giving"))
    whole = exploded(sold)
    arrivals = data.draw(parts(whole))
    arrivals = arrivals[: data.draw(st.integers(1, len(arrivals)))]
    wanted = {one.line_no: 0 for batch in arrivals for one in batch}
    for batch in arrivals:
        for one in batch:
            wanted[one.line_no] += runs.size(one.units)
    wishes = [wish(count, line_no=line_no) for line_no, count in wanted.items()]
    quote = quoted(shop, *wishes)
    assume(quote.eligible)
    ret = shop.approves(shop.asks("O-1", *wishes))
    numbers = {one.order_line_no: one.line_no for one in ret.lines}

    paid = Money.zero(sold.currency)
    for batch in arrivals:
        for one in batch:
            number, count = numbers[one.line_no], runs.size(one.units)
            bought = whole.line(one.line_no)
            assert bought is not None, "a line of the order"
            shop.receives(ret, item(bought.sku, count))
            shop.inspects(ret, passed(count, line_no=number))
        shop.settles(ret)
        paid += shop.settlement(ret).amount

    # What is withheld may be of other lines in the end, and their fees are rounded one by one.
    rounding = len(wanted) if fees and sold.promotions else 0
    assert abs(paid.minor - quote.refund.minor) <= rounding
