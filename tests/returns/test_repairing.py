"""What is repaired goes back and brings no money; what cannot be is paid back, or exchanged."""

import pytest

from chalicelib.core.errors import Conflict, Invalid
from chalicelib.exchanges.pricing import Stated
from chalicelib.inventory.model import Account
from chalicelib.reconciliation.orders import held_by_order, held_by_return
from chalicelib.reconciliation.returns import bucket_findings
from chalicelib.returns.lifecycle import allowed
from chalicelib.returns.model import Closure, Disposition, Resolution, Return
from chalicelib.returns.repairing import Repaired, repaired
from chalicelib.returns.selection import NamedQuantity
from chalicelib.returns.standing import open_points
from chalicelib.returns.units import quantities
from tests.builders import Shop, eur, failed, goes, item, line, order, passed, wish
from tests.children import exchange_of, ships
from tests.returns.mending import gives_up, in_repair, repairs
from tests.returns.undoing import reverses


@pytest.fixture
def shop(shop: Shop) -> Shop:
    shop.sells(order(line(quantity=3)))
    return shop


@pytest.fixture
def ret(shop: Shop) -> Return:
    """Two units are in repair."""
    return in_repair(shop)


def test_what_is_to_be_repaired_is_not_paid_back(shop: Shop, ret: Return) -> None:
    assert [point.code for point in open_points(ret)] == ["repair_owed"]
    assert {"repair", "not-repairable"} <= set(allowed(ret))
    assert "settle" not in allowed(ret)
    assert ret.refund_due_at is None
    with pytest.raises(Conflict, match="nothing_to_settle"):
        shop.settles(ret)


def test_repaired_goods_go_back_and_nothing_is_paid(shop: Shop, ret: Return) -> None:
    after = repairs(shop, ret, work="PART_REPLACED", cost=eur(1250), carrier="post")

    counts = quantities(after.lines[0])
    assert (counts.ship_back, counts.settled, counts.accepted) == (2, 2, 2)
    assert after.closure is Closure.COMPLETED
    assert after.settlements == ()
    assert (shop.on_hand("SKU-1", Account.REPAIR), shop.on_hand("SKU-1", Account.CUSTOMER)) == (
        0,
        3,
    )
    told = next(
        event for event in shop.store.reads().events(ret.subject) if event.type == "return.repaired"
    )
    assert (told.data["work"], told.data["cost"]) == (
        "PART_REPLACED",
        {"amount": "12.50", "currency": "EUR"},
    )
    assert list(bucket_findings(after)) == []


def test_the_customer_has_them_again_and_may_ask_again(shop: Shop, ret: Return) -> None:
    after = repairs(shop, ret)

    assert shop.returnable() == 3
    assert held_by_order(shop.sold()) == held_by_return(after) == {}


def test_one_of_two_goes_back_first(shop: Shop, ret: Return) -> None:
    after = repairs(shop, ret, 1)

    assert after.closure is Closure.OPEN
    assert shop.returnable() == 2
    assert repairs(shop, ret, 1).closure is Closure.COMPLETED


def test_no_more_go_back_than_are_in_repair(shop: Shop, ret: Return) -> None:
    with pytest.raises(Conflict, match="fewer_units_fit"):
        repairs(shop, ret, 3)
    repairs(shop, ret)
    with pytest.raises(Conflict, match="not_allowed_now"):
        repairs(shop, ret)


def test_other_lines_are_not_repaired(shop: Shop) -> None:
    asked = shop.asks(
        "O-1", wish(1, resolution=Resolution.REPAIR, reason="QUALITY_DEFECT"), wish(1)
    )
    shop.approves(asked)
    shop.receives(asked, item(quantity=2))
    for number in ("1", "2"):
        shop.inspects(asked, passed(1, number))
        shop.disposes(asked, goes(Disposition.REPAIR, 1, number))
    command = Repaired(lines=(NamedQuantity(line_no="2", quantity=1),))

    with pytest.raises(Invalid, match="not_to_repair"):
        shop.do(lambda reads, context: repaired(reads, asked.return_id, command, context))
    shop.settles(asked)

    assert shop.settlement(asked).paid == eur(1000)
    assert [part.line_no for part in shop.settlement(asked).lines] == ["2"]


def test_what_cannot_be_repaired_is_paid_back(shop: Shop, ret: Return) -> None:
    repairs(shop, ret, 1)
    after = gives_up(shop, ret, Resolution.REFUND)

    assert [point.code for point in open_points(after)] == ["money_owed", "no_disposition"]
    assert after.refund_due_at is not None
    assert shop.on_hand("SKU-1", Account.QUARANTINE) == 1
    shop.settles(ret)
    shop.disposes(ret, goes(Disposition.SCRAP, 1, origin=Disposition.HOLD))

    assert shop.settlement(ret).paid == eur(1000)
    assert shop.now_is(ret).closure is Closure.COMPLETED
    assert list(bucket_findings(shop.now_is(ret))) == []


def test_or_exchanged_for_what_a_person_says(shop: Shop, ret: Return) -> None:
    shop.counts({"BLUE": 3})

    gives_up(
        shop,
        ret,
        Resolution.EXCHANGE,
        exchange_for="BLUE",
        stated=Stated(prices={"1": eur(900)}),
    )
    sent = ships(shop, exchange_of(shop, ret))
    shop.settles(ret)

    assert (sent.quantity, sent.price) == (2, eur(1800))
    assert shop.settlement(ret).paid == eur(200)


def test_it_is_not_promised_what_is_not_there(shop: Shop, ret: Return) -> None:
    with pytest.raises(Conflict, match="replacement_out_of_stock"):
        gives_up(shop, ret, Resolution.EXCHANGE)

    assert shop.now_is(ret).lines[0].resolution is Resolution.REPAIR


def test_units_that_were_denied_get_nothing_instead(shop: Shop) -> None:
    asked = shop.asks("O-1", wish(2, reason="QUALITY_DEFECT", resolution=Resolution.REPAIR))
    shop.approves(asked)
    shop.receives(asked, item(quantity=2))
    shop.inspects(asked, passed(1), failed(1))

    gives_up(shop, asked, Resolution.REFUND)
    shop.settles(asked)

    assert shop.settlement(asked).paid == eur(1000)


@pytest.mark.parametrize("instead", [Resolution.REPAIR, Resolution.STORE_CREDIT])
def test_it_is_money_or_goods_instead(shop: Shop, ret: Return, instead: Resolution) -> None:
    with pytest.raises(Invalid, match="not_instead_of_repair"):
        gives_up(shop, ret, instead)


def test_a_line_is_given_up_once(shop: Shop, ret: Return) -> None:
    gives_up(shop, ret, Resolution.REFUND)

    with pytest.raises(Conflict, match="not_allowed_now"):
        gives_up(shop, ret, Resolution.REFUND)


@pytest.mark.parametrize("way", [Disposition.RESTOCK, Disposition.SCRAP, Disposition.DONATE])
def test_a_customers_own_goods_are_kept_only_once_the_repair_is_given_up(
    shop: Shop, ret: Return, way: Disposition
) -> None:
    reverses(shop, ret)

    with pytest.raises(Conflict, match="goods_of_the_customer"):
        shop.disposes(shop.now_is(ret), goes(way, 1, origin=Disposition.HOLD))

    gives_up(shop, ret, Resolution.REFUND)
    after = shop.disposes(shop.now_is(ret), goes(way, 1, origin=Disposition.HOLD))
    assert way in {group.disposition for group in after.groups()}
