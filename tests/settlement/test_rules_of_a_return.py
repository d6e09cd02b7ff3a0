"""By whose word a return is paid: lines that count, people who let it through, law and recall."""

from typing import Any

from chalicelib.policy.giving import GiveBack, PromotionRule
from chalicelib.returns.model import Return, ReturnType
from chalicelib.settlement.giving_of import giving_by
from chalicelib.settlement.model import Settlement
from chalicelib.withdrawals.matching import JoinReturn
from tests import policies
from tests.bargains import bulk
from tests.builders import Shop, eur, item, line, order, passed, wish
from tests.children import approves, exchange_of, ships, swap
from tests.policies import form, rule
from tests.returns.persons import approved
from tests.withdrawals.buyers import Counter

FIVES = bulk({1: 5_00, 5: 3_00})
"""Five of line 1 for 15.00, single for 5.00."""


def sells(shop: Shop, *rules: dict[str, Any], **more: Any) -> None:
    """Five at 3.00 and another thing at 10.00, sent for 5.00."""
    policies.publish(shop.store, form("own", *rules))
    lines = (line("1", quantity=5, price=3_00), line("2"))
    fields: dict[str, Any] = {"promotions": (FIVES,), "shipping": eur(5_00)}
    shop.sells(order(*lines, policy_version="own", **(fields | more)))


def comes(shop: Shop, ret: Return, line_no: str, no: str, quantity: int) -> Settlement:
    """Units of line `line_no` of the order, which is line `no` of the return."""
    shop.receives(ret, item(f"SKU-{line_no}", quantity))
    shop.inspects(ret, passed(quantity, no))
    shop.settles(ret)
    return shop.settlement(ret)


def generous_to_the_faulty() -> list[dict[str, Any]]:
    generous = {"promotions": "keep", "shipping": "first"}
    return [
        rule("faulty", {"fact": "reason", "is": "QUALITY_DEFECT"}, giving=generous),
        rule("all", window={"days": None}, giving={"promotions": "claw_back"}),
    ]


def test_a_line_that_was_refused_decides_nothing_about_the_others(shop: Shop) -> None:
    """Who calls one thing faulty, and is not believed, gets no better terms for the rest."""
    sells(shop, *generous_to_the_faulty())
    faulty = wish(1, "2", reason="QUALITY_DEFECT")
    ret = shop.approves(shop.asks("O-1", faulty, wish(4, "1"), answers_due=False), line_2=4)

    assert comes(shop, ret, "1", "2", 4).amount == eur(10_00)


def test_the_first_line_that_is_paid_decides_for_the_return(shop: Shop) -> None:
    sells(shop, *generous_to_the_faulty())
    faulty = wish(1, "2", reason="QUALITY_DEFECT")
    ret = shop.approves(shop.asks("O-1", faulty, wish(4, "1"), answers_due=False))

    assert comes(shop, ret, "1", "2", 4).amount == eur(12_00 + 5_00)


def test_a_line_that_is_exchanged_decides_nothing_in_a_quote_or_its_result(shop: Shop) -> None:
    sells(shop, *generous_to_the_faulty())
    shop.counts({"SKU-2": 1})
    asked = (swap(1, "2"), wish(4, "1"))
    quote = shop.quotes("O-1", *asked)
    ret = approves(shop, shop.asks("O-1", *asked))
    ships(shop, exchange_of(shop, ret))

    done = comes(shop, ret, "1", "2", 4)

    assert (quote.refund, done.amount) == (eur(10_00), eur(10_00))
    assert done.breakdown == quote.breakdown


def test_what_a_person_let_through_a_withdrawal_does_not_lower(shop: Shop) -> None:
    """A policy that blocks is milder for withdrawals; who was promised all has it all the same."""
    counter = Counter(shop)
    blocks = rule("all", window={"days": None}, giving={"promotions": "block"})
    sells(shop, blocks, region="DE")
    ret = shop.asks(quantity=4, override="A good customer.")
    approved(shop, ret, "sam", "senior_reviewer")
    counter.matches(counter.takes(), JoinReturn(return_id=ret.return_id))

    assert comes(shop, ret, "1", "1", 4).amount == eur(12_00)


def test_what_is_called_back_and_withdrawn_from_has_the_better_of_both(shop: Shop) -> None:
    sells(shop, region="DE")

    giving = giving_by(None, shop.sold(), ReturnType.RECALL, is_withdrawal=True)

    assert (giving.promotions, giving.shipping) == (PromotionRule.KEEP, GiveBack.WHOLE_ORDER)
