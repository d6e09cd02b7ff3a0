"""What the customer keeps never travels, moves no stock, and is paid back at approval."""

import pytest

from chalicelib.core.errors import Conflict
from chalicelib.inventory.model import Account
from chalicelib.policy.fees import FeeKind
from chalicelib.returns.model import (
    AppealAgainst,
    Closure,
    Disposition,
    Logistics,
    Return,
)
from chalicelib.returns.standing import Status, open_points, status_of
from chalicelib.returns.units import quantities
from tests.builders import Shop, eur, item, line, passed, wish
from tests.children import approves, exchange_of, fulfils, ships, swap
from tests.fakes import FakeStore
from tests.returns.acts import ships as sends
from tests.returns.acts import short_closes
from tests.returns.undoing import appeals, decides, suspicions
from tests.settlement.charged import euro, events, sells, settled, told, under


@pytest.fixture
def keeping(shop: Shop) -> Shop:
    """Line 1 is kept, line 2 comes back."""
    kept = {
        "id": "keep",
        "title": {"en": "k", "zh-CN": "k"},
        "when": {"fact": "sku", "is": "SKU-1"},
        "then": {"keep_item": True},
    }
    under(shop, kept, fees={"restocking_percent": "10", "shipping": euro("3.00")})
    sells(shop, line(quantity=3), line("2"))
    return shop


def counts(shop: Shop, ret: Return) -> dict[str, int]:
    of_line = quantities(shop.now_is(ret).lines[0]).as_dict()
    return {name: count for name, count in of_line.items() if count}


def test_approved_units_stay_with_the_customer_and_are_payable_at_once(keeping: Shop) -> None:
    before = dict(keeping.store.stock) if isinstance(keeping.store, FakeStore) else {}

    ret = keeping.approves(keeping.asks(quantity=2))

    (group,) = ret.groups()
    assert (group.logistics, group.disposition, group.credit) == (
        Logistics.NOT_NEEDED,
        Disposition.KEPT_BY_CUSTOMER,
        True,
    )
    assert counts(keeping, ret) == {
        "requested": 2,
        "approved": 2,
        "kept": 2,
        "accepted": 2,
    }
    assert ret.deadline is None
    assert events(keeping, ret)[-1] == "return.item_kept"
    assert isinstance(keeping.store, FakeStore)
    assert keeping.store.stock == before
    assert keeping.on_hand("SKU-1", Account.RECEIVING) == 0
    assert keeping.returnable() == 1
    assert suspicions(keeping) == []


def test_its_refund_closes_the_return_without_any_goods(keeping: Shop) -> None:
    ret = keeping.approves(keeping.asks(quantity=2))
    assert (status_of(ret), [p.code for p in open_points(ret)]) == (
        Status.DISPOSITIONED,
        ["money_owed"],
    )

    done = settled(keeping, ret)

    assert done.amount == eur(2000)
    assert keeping.now_is(ret).closure is Closure.COMPLETED
    assert keeping.returnable() == 1
    assert suspicions(keeping) == []


def test_a_rule_that_approves_lets_keep_as_a_person_does(shop: Shop) -> None:
    under(shop, keep_item=True, review="automatic")
    sells(shop)

    ret = shop.asks(quantity=1)

    assert [group.logistics for group in ret.groups()] == [Logistics.NOT_NEEDED]
    assert (ret.deadline, ret.refund_due_at is not None) == (None, True)
    assert settled(shop, ret).amount == eur(1000)


def test_nothing_is_kept_before_somebody_approves_it(keeping: Shop) -> None:
    ret = keeping.asks(quantity=2)

    assert [group.logistics for group in ret.groups()] == [Logistics.NONE]
    keeping.rejects(ret)
    assert keeping.returnable() == 3


def test_of_a_part_that_is_approved_only_that_is_kept(keeping: Shop) -> None:
    ret = keeping.approves(keeping.asks(quantity=3), line_1=1)

    assert counts(keeping, ret)["kept"] == 1
    assert keeping.returnable() == 2


def test_what_is_kept_bears_no_fee_for_shelf_or_way(keeping: Shop) -> None:
    quote = keeping.quotes("O-1", wish(1), wish(1, "2"))
    ret = keeping.approves(keeping.asks("O-1", wish(1), wish(1, "2")))

    kept = settled(keeping, ret)
    keeping.receives(ret, item("SKU-2"))
    keeping.inspects(ret, passed(line_no="2"))
    back = settled(keeping, ret)

    assert (kept.fees, kept.amount) == ((), eur(1000))
    assert told(back.fees) == [(FeeKind.RESTOCKING, "2", 100), (FeeKind.SHIPPING, None, 300)]
    assert kept.amount + back.amount == quote.refund


def test_the_other_lines_status_is_told_as_if_nothing_was_kept(keeping: Shop) -> None:
    ret = keeping.approves(keeping.asks("O-1", wish(1), wish(1, "2")))
    assert status_of(ret) is Status.APPROVED

    ret = sends(keeping, ret)
    assert status_of(ret) is Status.IN_TRANSIT

    keeping.receives(ret, item("SKU-2"))
    assert status_of(keeping.now_is(ret)) is Status.RECEIVED


def test_kept_units_cannot_be_given_up_any_more(keeping: Shop) -> None:
    ret = keeping.approves(keeping.asks(quantity=2))

    with pytest.raises(Conflict, match="not_allowed_now"):
        short_closes(keeping, ret)


def test_what_is_sent_all_the_same_is_a_surplus(keeping: Shop) -> None:
    ret = keeping.approves(keeping.asks("O-1", wish(1), wish(1, "2")))

    got = keeping.receives(ret, item("SKU-1"), item("SKU-2"))

    assert [one.sku for one in got.exceptions] == ["SKU-1"]
    assert counts(keeping, ret)["kept"] == 1


def test_an_upheld_appeal_lets_keep_too(keeping: Shop) -> None:
    ret = keeping.rejects(keeping.asks(quantity=1))
    appeals(keeping, ret, AppealAgainst.REJECTION)

    decides(keeping, ret, uphold=True)

    assert counts(keeping, ret)["kept"] == 1
    assert suspicions(keeping) == []


def test_what_is_kept_may_be_replaced_by_other_goods(keeping: Shop) -> None:
    keeping.counts({"BLUE": 1})
    ret = approves(keeping, keeping.asks("O-1", swap(for_="BLUE")))
    ships(keeping, exchange_of(keeping, ret))

    fulfils(keeping, exchange_of(keeping, ret))

    ret = keeping.now_is(ret)
    assert ret.settlements == ()
    assert open_points(ret) == ()
    assert suspicions(keeping) == []
