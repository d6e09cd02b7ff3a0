"""Whatever was sold and whatever the policy gives back: what is quoted is what is paid."""

from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core import runs
from chalicelib.core.errors import PolicyRefused
from chalicelib.core.money import Money
from chalicelib.orders.kits import exploded
from chalicelib.orders.model import LineKind, Order
from chalicelib.orders.value import order_total
from chalicelib.policy.giving import GiveBack, Giving, PromotionRule
from chalicelib.returns import quoting
from chalicelib.returns.quote import Quote
from chalicelib.returns.wishes import RequestedLine, RequestReturn
from chalicelib.settlement.model import Settlement, SettlementState
from tests import policies
from tests.builders import NOW, Shop, item, passed, wish
from tests.fakes import FakeProvider, FakeStore
from tests.policies import form, rule
from tests.settlement.sales import givings, parts, sales

FEES: list[dict[str, Any]] = [
    {},
    {"fees": {"restocking_percent": "12.5"}},
    {"grade_deductions": {"B": {"percent": "10"}, "C": {"percent": "40"}}},
]


def shop_with(giving: Giving, more: dict[str, Any]) -> Shop:
    shop = Shop(FakeStore(clock=lambda: NOW.astimezone(UTC)))
    shop.providers["sandbox"] = FakeProvider(name="sandbox")
    said = {name: getattr(giving, name) for name in Giving.__slots__}
    outcome = {"window": {"days": None}, "giving": said, **more}
    policies.publish(shop.store, form("giving", rule("all", **outcome)))
    return shop


def goes_back(shop: Shop, *wishes: RequestedLine) -> Settlement:
    """Asked, approved, received, found good and settled."""
    ret = shop.approves(shop.asks("O-1", *wishes))
    for line in ret.lines:
        shop.receives(ret, item(line.sku, line.requested))
        shop.inspects(ret, passed(line.requested, line_no=line.line_no))
    shop.settles(ret)
    return shop.settlement(ret)


def quoted(shop: Shop, *wishes: RequestedLine) -> Quote:
    command = RequestReturn(order_no="O-1", lines=wishes)
    return quoting.quote(shop.store.reads(), command, shop.context())


@settings(max_examples=150)
@given(st.data())
def test_a_quote_shows_each_component_and_equals_the_result(data: st.DataObject) -> None:
    sold = data.draw(sales(explode=False))
    giving = data.draw(givings)
    shop = shop_with(giving, data.draw(st.sampled_from(FEES)))
    shop.sells(_under(sold))
    batches = data.draw(parts(exploded(sold)))
    paid = Money.zero(sold.currency)

    for batch in batches:
        wishes = [wish(runs.size(part.units), line_no=part.line_no) for part in batch]
        quote = quoted(shop, *wishes)
        if not quote.eligible:
            with pytest.raises(PolicyRefused, match="promotion_blocks_partial"):
                shop.asks("O-1", *wishes)
            continue
        done = goes_back(shop, *wishes)
        assert done.amount == quote.refund
        assert sorted(fee.amount for fee in done.fees) == sorted(fee.amount for fee in quote.fees)
        assert done.breakdown is not None
        assert replace(done.breakdown, fees=()) == quote.breakdown
        assert done.breakdown.total == done.amount
        assert done.state is SettlementState.SETTLED
        paid += done.paid

    assert paid <= order_total(sold)
    payments = shop.sold().payments
    assert paid == Money.total((one.refunded_by_us for one in payments), sold.currency)


@settings(max_examples=100)
@given(st.data())
def test_everything_back_gives_back_everything(data: st.DataObject) -> None:
    sold = data.draw(sales(explode=False))
    rule_of_promotions = data.draw(st.sampled_from([PromotionRule.KEEP, PromotionRule.CLAW_BACK]))
    shipping = data.draw(st.sampled_from([GiveBack.FIRST, GiveBack.SHARE, GiveBack.WHOLE_ORDER]))
    shop = shop_with(Giving(promotions=rule_of_promotions, shipping=shipping), {})
    shop.sells(_under(sold))

    for batch in data.draw(parts(exploded(sold))):
        goes_back(shop, *(wish(runs.size(part.units), line_no=part.line_no) for part in batch))

    paid = Money.total((one.refunded_by_us for one in shop.sold().payments), sold.currency)
    assert paid == order_total(sold)


def _under(sold: Order) -> Order:
    assert all(one.kind is not LineKind.SERVICE for one in sold.lines)
    return replace(sold, policy_version="giving")
