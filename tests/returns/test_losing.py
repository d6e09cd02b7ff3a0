"""Lost goods: who pays is decided once, and what turns up after all is never paid twice."""

import pytest

from chalicelib.core.errors import Conflict, Invalid
from chalicelib.inventory.model import Account
from chalicelib.returns import losing
from chalicelib.returns.model import Closure, FaultParty, Return, ShipmentState
from chalicelib.returns.standing import Status, status_of
from chalicelib.returns.units import quantities
from chalicelib.shipping.tracking import CarrierStatus
from chalicelib.tasks.model import Task, TaskKind
from tests.builders import Shop, item, line, order, passed, restock, wish
from tests.children import approves, swap
from tests.fakes import FakeStore
from tests.shipping.stories import approved, loses, news, sends, tells, types_of, whereabouts


def tasks(shop: Shop, kind: TaskKind) -> list[Task]:
    store = shop.store
    assert isinstance(store, FakeStore)
    return [one for one in store.records.values() if isinstance(one, Task) and one.kind is kind]


def loses_unnamed(shop: Shop, ret: Return, fault: FaultParty = FaultParty.CARRIER) -> Return:
    command = losing.MarkLost(reason="LOST_IN_TRANSIT", fault=fault)
    return shop.do(lambda reads, context: losing.mark_lost(reads, ret.return_id, command, context))


@pytest.mark.parametrize(
    ("fault", "stated", "paid"),
    [
        (FaultParty.CARRIER, None, True),
        (FaultParty.US, None, True),
        (FaultParty.CUSTOMER, None, False),
        (FaultParty.NONE, None, False),
        (FaultParty.CUSTOMER, True, True),
        (FaultParty.CARRIER, False, False),
    ],
)
def test_who_is_at_fault_says_whether_it_is_paid_unless_somebody_decides(
    shop: Shop, fault: FaultParty, stated: bool | None, paid: bool
) -> None:
    ret = approved(shop)
    sends(shop, ret)

    ret = loses(shop, ret, fault=fault, accept_credit=stated)

    counts = quantities(ret.lines[0])
    assert (counts.lost, counts.accepted, counts.denied) == (2, 2 * paid, 2 * (not paid))
    assert [group.fault for group in ret.groups()] == [fault]


def test_lost_units_are_paid_without_inspection_and_the_return_is_complete(shop: Shop) -> None:
    ret = approved(shop, 1)
    sends(shop, ret)
    ret = loses(shop, ret)
    assert status_of(ret) is Status.DISPOSITIONED

    shop.settles(ret)

    assert status_of(shop.now_is(ret)) is Status.COMPLETED
    assert shop.settlement(ret).amount.minor == 1000


def test_lost_units_that_nobody_pays_close_the_return_at_once(shop: Shop) -> None:
    ret = approved(shop, 1)

    ret = loses(shop, ret, fault=FaultParty.CUSTOMER)

    assert status_of(ret) is Status.COMPLETED
    assert ret.deadline is None


def test_no_stock_moves_and_the_units_stay_held(shop: Shop) -> None:
    ret = approved(shop, 2)
    before = {account: shop.on_hand("SKU-1", account) for account in Account}

    loses(shop, ret, 1)

    assert {account: shop.on_hand("SKU-1", account) for account in Account} == before
    assert shop.returnable() == 0


def test_only_what_was_sent_is_lost_where_no_units_are_named(shop: Shop) -> None:
    ret = approved(shop, 3)
    sends(shop, ret, "P-1", 1)

    ret = loses_unnamed(shop, ret)

    assert whereabouts(ret) == [{"AWAITING": 2, "LOST": 1}]
    assert quantities(ret.lines[0]).accepted == 1


def test_what_was_never_sent_is_lost_only_when_it_is_named(shop: Shop) -> None:
    ret = approved(shop, 1)
    with pytest.raises(Conflict, match="nothing_in_motion"):
        loses_unnamed(shop, ret)

    assert whereabouts(loses(shop, ret, 1)) == [{"LOST": 1}]


def test_of_a_named_quantity_what_was_sent_is_lost_first(shop: Shop) -> None:
    ret = approved(shop, 3)
    sends(shop, ret, "P-1", 1)
    sends(shop, ret, "P-2", 1)
    tells(shop, news(CarrierStatus.RETURNED_TO_SENDER, number="P-1"))

    assert whereabouts(loses(shop, ret, 1)) == [{"AWAITING": 2, "LOST": 1}]


def test_a_loss_that_was_denied_by_mistake_is_paid_after_all(shop: Shop) -> None:
    ret = approved(shop, 2)
    sends(shop, ret)
    ret = loses_unnamed(shop, ret, fault=FaultParty.NONE)
    assert status_of(ret) is Status.COMPLETED

    ret = loses_unnamed(shop, ret, fault=FaultParty.CARRIER)

    assert ret.closure is Closure.REOPENED
    assert types_of(shop, ret)[-2:] == ["return.loss_revised", "return.reopened"]
    assert len(tasks(shop, TaskKind.REPLENISHMENT)) == 1, "the goods were lost once"
    shop.settles(ret)
    assert shop.settlement(ret).amount.minor == 2000
    assert status_of(shop.now_is(ret)) is Status.COMPLETED


def test_a_loss_that_was_to_be_paid_by_mistake_is_denied_until_money_moves(shop: Shop) -> None:
    ret = approved(shop, 2)
    ret = loses(shop, ret)

    ret = loses(shop, ret, 1, fault=FaultParty.CUSTOMER)
    assert quantities(ret.lines[0]).denied == 1
    shop.settles(ret)

    with pytest.raises(Conflict, match="fewer_units_fit"):
        loses(shop, ret, 2, fault=FaultParty.CUSTOMER)
    assert shop.settlement(ret).amount.minor == 1000


def test_a_loss_is_not_decided_twice_in_the_same_way(shop: Shop) -> None:
    ret = approved(shop, 1)
    loses(shop, ret)

    for quantities_named, code in (((), "nothing_in_motion"), ((1,), "fewer_units_fit")):
        with pytest.raises(Conflict, match=code):
            loses(shop, ret, *quantities_named)


def test_a_denied_loss_whose_promise_ended_is_paid_back_when_it_is_decided_anew(
    shop: Shop,
) -> None:
    shop.sells(order(line()))
    shop.counts({"BLUE": 1})
    ret = approves(shop, shop.asks("O-1", swap(1, for_="BLUE")))
    loses(shop, ret, fault=FaultParty.CUSTOMER)
    assert shop.on_hand("BLUE", Account.RESERVED) == 0

    loses(shop, ret, 1, fault=FaultParty.CARRIER)
    shop.settles(ret)

    assert shop.settlement(ret).amount.minor == 1000


def test_a_lost_lorry_of_many_skus_is_one_write_and_one_proposal(shop: Shop) -> None:
    numbers = [str(number) for number in range(1, 101)]
    shop.sells(order(*(line(no) for no in numbers)))
    ret = shop.approves(shop.asks("O-1", *(wish(1, no) for no in numbers)))
    sends(shop, ret)
    command, context = losing.MarkLost(reason="STOLEN", fault=FaultParty.US), shop.context()

    done = losing.mark_lost(shop.store.reads(), ret.return_id, command, context)

    assert len(done.changes.records) + len(done.changes.events) < 10


def test_a_loss_proposes_to_buy_again_all_its_skus_at_once(shop: Shop) -> None:
    shop.sells(order(line("1", quantity=2), line("2", quantity=1)))
    ret = shop.approves(shop.asks("O-1", wish(2, "1"), wish(1, "2")))

    loses(shop, ret)

    events = [e for e in shop.store.reads().events(ret.subject) if "replenish" in e.type]
    (task,) = tasks(shop, TaskKind.REPLENISHMENT)
    assert [(event.data["task_id"], event.data["lines"]) for event in events] == [
        (task.task_id, [{"sku": "SKU-1", "quantity": 2}, {"sku": "SKU-2", "quantity": 1}])
    ]


def test_a_parcel_of_which_all_is_lost_is_lost(shop: Shop) -> None:
    ret = approved(shop, 3)
    sends(shop, ret, "P-1", 2)
    sends(shop, ret, "P-2", 1)

    ret = loses(shop, ret, 2)

    assert [one.state for one in ret.shipments] == [ShipmentState.LOST, ShipmentState.IN_TRANSIT]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"reason": "SHRINKAGE"}, "unknown_reason"),
        ({"reason": "OTHER"}, "note_required"),
        ({"reason": "OTHER", "note": ""}, "note_required"),
    ],
    ids=str,
)
def test_a_reason_is_from_the_list_and_other_needs_words(
    shop: Shop, more: dict[str, str], code: str
) -> None:
    ret = approved(shop)

    with pytest.raises(Invalid, match=code):
        loses(shop, ret, **more)


def test_what_is_received_cannot_be_lost(shop: Shop) -> None:
    ret = approved(shop, 2)
    shop.receives(ret, item(quantity=1))

    with pytest.raises(Conflict, match="fewer_units_fit"):
        loses(shop, ret, 2)


# --- found after all ---------------------------------------------------------------------------


def test_what_is_expected_is_received_before_what_was_given_up(shop: Shop) -> None:
    ret = approved(shop, 2)
    loses(shop, ret, 1)

    ret = shop.receives(ret, item()).ret

    assert whereabouts(ret) == [{"LOST": 1, "RECEIVED": 1}]
    assert "return.found" not in types_of(shop, ret)


def test_a_found_unit_that_was_not_paid_waits_for_its_inspection(shop: Shop) -> None:
    ret = approved(shop, 1)
    loses(shop, ret)

    ret = shop.receives(ret, item()).ret

    (group,) = ret.groups()
    assert (group.credit, group.fault) == (None, None)
    assert "return.found" in types_of(shop, ret)
    assert tasks(shop, TaskKind.INVESTIGATION) == []
    ret = shop.inspects(ret, passed(accept_credit=False))
    assert shop.disposes(ret, restock()).groups()[0].credit is False


def test_a_found_unit_that_was_paid_stays_paid_and_a_person_looks(shop: Shop) -> None:
    ret = approved(shop, 1)
    loses(shop, ret)
    shop.settles(ret)

    ret = shop.receives(ret, item()).ret

    (group,) = ret.groups()
    assert (group.credit, group.settlement.value) == (True, "SETTLED")
    (found,) = [e for e in shop.store.reads().events(ret.subject) if e.type == "return.found"]
    assert isinstance(found.data["lines"], list)
    assert len(tasks(shop, TaskKind.INVESTIGATION)) == 1
    assert status_of(ret) is not Status.COMPLETED, "it has to be looked at and put somewhere"


def test_a_found_unit_is_not_paid_again(shop: Shop) -> None:
    ret: Return = approved(shop, 1)
    loses(shop, ret)
    shop.settles(ret)
    ret = shop.receives(ret, item()).ret
    ret = shop.inspects(ret, passed())
    ret = shop.disposes(ret, restock())

    with pytest.raises(Conflict, match="nothing_to_settle"):
        shop.settles(ret)

    assert status_of(ret) is Status.COMPLETED
    assert shop.on_hand("SKU-1") == 1
