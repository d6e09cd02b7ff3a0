"""What is paid back: each test is one sentence of the cases that must pass."""

from dataclasses import replace

import pytest

from chalicelib.core.errors import PolicyRefused
from chalicelib.core.money import Money
from chalicelib.orders.model import TaxLine
from chalicelib.settlement.model import LegState, Settlement, SettlementState
from tests.bargains import bulk, coupon
from tests.builders import Shop, eur, line, order, payment, wish
from tests.cases.sentences import sentence
from tests.fakes import FakeProvider
from tests.policies import form, publish, rule


def refunds_one_by_one(shop: Shop, times: int) -> list[int]:
    amounts = []
    for _ in range(times):
        ret = shop.asks(quantity=1)
        shop.accepts(ret)
        shop.settles(ret)
        amounts.append(shop.settlement(ret).paid.minor)
    return amounts


@sentence("discount-share")
def test_discount_share_3_x_100_less_10_one_at_a_time_is_96_67_then_96_66_then_96_67(
    shop: Shop,
) -> None:
    shop.sells(order(line(quantity=3, price=100_00), discount=10_00))

    assert refunds_one_by_one(shop, 3) == [96_67, 96_66, 96_67]
    assert shop.sold().payments[0].refundable == eur(0)


@sentence("percent-coupon")
def test_percent_coupon_3_x_100_at_minus_10_percent_return_2_is_180(shop: Shop) -> None:
    shop.sells(order(line(quantity=3, price=100_00), discount=30_00))

    ret = shop.asks(quantity=2)
    shop.accepts(ret, 2)
    shop.settles(ret)

    assert shop.settlement(ret).paid == eur(180_00)


def fives(shop: Shop, **giving: str) -> None:
    """Five at 3.00 each, because from five on they cost that and a single one 5.00."""
    anything = rule("any-time", window={"days": None}, giving=giving)
    version = publish(shop.store, form("of-promotions", anything))
    promotion = bulk({1: 5_00, 5: 3_00})
    shop.sells(order(line(quantity=5, price=3_00), policy_version=version, promotions=(promotion,)))


def refunded(shop: Shop, quantity: int) -> Settlement:
    """The settlement of so many units, which pays what their quote said."""
    quoted = shop.quotes("O-1", wish(quantity))
    ret = shop.asks(quantity=quantity)
    shop.accepts(ret, quantity)
    shop.settles(ret)
    settled = shop.settlement(ret)
    assert settled.paid == quoted.refund
    return settled


@sentence("bulk-price", "rule-31", "rule-37")
@pytest.mark.parametrize(
    ("rule_of_promotions", "four", "fifth"),
    [("claw_back", 10_00, 5_00), ("keep", 12_00, 3_00)],
)
def test_bulk_price_5_at_3_00_return_4_is_10_00_clawed_back_or_12_00_kept_and_all_is_15_00(
    shop: Shop, rule_of_promotions: str, four: int, fifth: int
) -> None:
    fives(shop, promotions=rule_of_promotions)

    paid = [refunded(shop, 4).paid.minor, refunded(shop, 1).paid.minor]

    assert paid == [four, fifth]
    assert shop.sold().payments[0].refundable == eur(0)


@sentence("bulk-price", "rule-31")
def test_bulk_price_where_a_part_is_blocked_4_are_refused_and_all_5_are_15_00(shop: Shop) -> None:
    fives(shop, promotions="block")

    [quoted] = shop.quotes("O-1", wish(4)).lines
    with pytest.raises(PolicyRefused):
        shop.asks(quantity=4)
    settled = refunded(shop, 5)

    assert (quoted.decision.eligible, quoted.decision.code) == (False, "promotion_blocks_partial")
    assert settled.paid == eur(15_00)


@sentence("rule-11")
@pytest.mark.parametrize(
    ("when", "paid"),
    [
        ("never", [10_00, 10_00]),
        ("first", [14_99, 10_00]),
        ("share", [12_50, 12_49]),
        ("whole_order", [10_00, 14_99]),
    ],
)
def test_shipping_goes_back_at_most_once_over_two_partial_returns(
    shop: Shop, when: str, paid: list[int]
) -> None:
    anything = rule("any-time", window={"days": None}, giving={"shipping": when})
    version = publish(shop.store, form("of-shipping", anything))
    shop.sells(order(line(quantity=2), policy_version=version, shipping=eur(4_99)))

    assert [refunded(shop, 1).paid.minor for _ in range(2)] == paid


@sentence("rule-32")
def test_points_and_coupons_go_back_once_and_only_by_rule(shop: Shop) -> None:
    giving = {"points_spent": "share", "points_earned": "first", "coupons": "whole_order"}
    anything = rule("any-time", window={"days": None}, giving=giving)
    version = publish(shop.store, form("of-points", anything))
    sold = order(line(quantity=3), policy_version=version, coupons=(coupon(),))
    shop.sells(replace(sold, points_spent=100, points_earned=9))

    told = []
    for _ in range(3):
        refunded(shop, 1)
        given = shop.sold().given
        told.append((given.points_back, given.points_taken, given.coupons))

    assert told == [(33, 9, ()), (67, 9, ()), (100, 9, ("WELCOME",))]


@sentence("fixed-order-discount")
def test_fixed_order_discount_80_less_15_full_return_is_65(shop: Shop) -> None:
    shop.sells(order(line(quantity=1, price=80_00), discount=15_00))

    assert refunds_one_by_one(shop, 1) == [65_00]


@sentence("two-rounding-units")
def test_two_rounding_units_20_01_really_paid_is_10_00_then_10_01(shop: Shop) -> None:
    shop.sells(order(line(quantity=2, price=10_01, discount=eur(1))))

    assert refunds_one_by_one(shop, 2) == [10_00, 10_01]


@sentence("price-rose")
def test_price_rose_paid_50_now_75_refund_is_50(shop: Shop) -> None:
    shop.sells(order(line(quantity=1, price=50_00, list_price=eur(75_00))))

    assert refunds_one_by_one(shop, 1) == [50_00]


@sentence("rule-10")
def test_tax_comes_back_as_it_was_charged_and_sums_exactly(shop: Shop) -> None:
    tax = TaxLine(name="VAT", rate="0.20", amount=eur(20_00))
    sold = order(line(quantity=3, price=33_33, taxes=(tax,)), tax_included=False)
    shop.sells(sold)

    assert sum(refunds_one_by_one(shop, 3)) == 99_99 + 20_00


@sentence("rule-9")
def test_yen_have_no_cents(shop: Shop) -> None:
    shop.sells(order(line(quantity=3, price=100, currency="JPY"), discount=1))

    assert sum(refunds_one_by_one(shop, 3)) == 299


@sentence("foreign-currency")
def test_foreign_currency_is_booked_in_the_currency_and_at_the_rate_of_the_sale(
    shop: Shop,
) -> None:
    shop.sells(order(line(quantity=1, price=100_00, currency="USD"), exchange_rate="1.10"))

    ret = shop.asks()
    shop.accepts(ret)
    shop.settles(ret)

    assert shop.settlement(ret).paid == Money(100_00, "USD")
    assert shop.sold().exchange_rate == "1.10"


@pytest.fixture
def split(shop: Shop) -> Shop:
    """An order of 100 that was paid by card 60 and wallet 40; 80 of it are accepted back."""
    payments = (payment("card", 60_00), payment("wallet", 40_00))
    shop.sells(order(line(quantity=5, price=20_00), payments=payments))
    return shop


@sentence("split-payments")
def test_split_payments_card_60_wallet_40_refund_80_wallet_declines_is_partial_60_of_80(
    split: Shop, provider: FakeProvider
) -> None:
    provider.script["wallet"] = ["declined"]
    ret = split.asks(quantity=4)
    split.accepts(ret, 4)

    split.settles(ret)

    settlement = split.settlement(ret)
    assert settlement.state is SettlementState.PARTIAL
    assert (settlement.paid, settlement.amount) == (eur(60_00), eur(80_00))
    assert [leg.state for leg in settlement.legs] == [LegState.PAID, LegState.DECLINED]
    types = [event.type for event in split.store.reads().events(ret.subject)]
    assert "settlement.settled" not in types
    assert "return.completed" not in types


@sentence("split-payments")
def test_split_payments_the_retry_pays_exactly_20_and_leaves_the_first_leg_alone(
    split: Shop, provider: FakeProvider
) -> None:
    provider.script["wallet"] = ["declined"]
    ret = split.asks(quantity=4)
    split.accepts(ret, 4)
    split.settles(ret)

    split.retries(split.settlement(ret))

    assert split.settlement(ret).state is SettlementState.SETTLED
    assert (provider.paid_out("card"), provider.paid_out("wallet")) == (60_00, 20_00)
    assert [request.amount.minor for request in provider.sent] == [60_00, 20_00, 20_00]
    assert len({request.key for request in provider.sent}) == 3
    assert split.sold().payments[1].refundable == eur(20_00)


@sentence("double-click")
def test_double_click_two_parallel_refund_calls_for_3_92_are_one_gateway_call_and_one_result(
    shop: Shop, provider: FakeProvider
) -> None:
    shop.sells(order(line(quantity=1, price=3_92)))
    ret = shop.asks()
    shop.accepts(ret)
    context = shop.context()

    first = shop.settles(ret, context, key="click")
    second = shop.settles(ret, context, key="click")

    assert first.body == second.body
    assert [request.amount.minor for request in provider.sent] == [3_92]
    assert len(shop.now_is(ret).settlements) == 1


@sentence("discount-share")
def test_a_line_of_several_is_paid_by_its_own_share(shop: Shop) -> None:
    shop.sells(order(line("1", price=60_00), line("2", price=40_00), discount=10_00))

    ret = shop.asks("O-1", wish(1, "2"))
    shop.approves(ret)
    quote = shop.store.reads().return_(ret.return_id)

    assert quote is not None
    assert quote.lines[0].value_of(quote.lines[0].groups[0].units) == eur(36_00)
