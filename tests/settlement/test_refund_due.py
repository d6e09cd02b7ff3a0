"""When the refund falls due: at approval, carrier scan, receipt or inspection, and what follows."""

from datetime import timedelta

import pytest

from chalicelib.core.errors import Conflict
from chalicelib.returns import ending, losing
from chalicelib.returns.falling_due import REFUNDED_BEFORE_RETURN
from chalicelib.returns.lifecycle import is_payable
from chalicelib.returns.model import (
    AppealAgainst,
    Closure,
    DeadlineKind,
    FaultParty,
    Logistics,
    Return,
)
from chalicelib.returns.seen_late import FEE_NOT_OWED
from chalicelib.returns.selection import NamedQuantity
from chalicelib.returns.standing import Status, open_points, status_of
from chalicelib.settlement.model import SettlementState
from chalicelib.shipping.tracking import CarrierStatus
from chalicelib.tasks.model import TaskKind
from tests.builders import Shop, eur, failed, item, line, passed, restock, wish
from tests.children import approves, exchange_of, swap
from tests.children import ships as sends_replacement
from tests.fakes import FakeStore
from tests.policies import form, publish, rule
from tests.returns.acts import refuses, ships, short_closes, tells
from tests.returns.undoing import appeals, decides, reopens, suspicions
from tests.settlement.charged import POLICY, comes, euro, events, sells, settled, tasks, under

DUES = ["approval", "carrier_scan", "receipt", "inspection"]


def payable(shop: Shop, ret: Return) -> int:
    groups = shop.now_is(ret).groups()
    return sum(group.size for group in groups if is_payable(group))


def asks(shop: Shop, due: str, quantity: int = 1, **more: object) -> Return:
    under(shop, refund_due=due, **more)
    sells(shop)
    return shop.asks(quantity=quantity)


def loses(shop: Shop, ret: Return, fault: FaultParty) -> Return:
    command = losing.MarkLost(
        reason="LOST_IN_TRANSIT", fault=fault, lines=(NamedQuantity(line_no="1", quantity=1),)
    )
    return shop.do(lambda reads, context: losing.mark_lost(reads, ret.return_id, command, context))


@pytest.mark.parametrize("due", DUES)
def test_units_are_payable_from_the_stated_moment_on_and_not_before(shop: Shop, due: str) -> None:
    ret = asks(shop, due)
    stages = {"asked": payable(shop, ret)}
    shop.approves(ret)
    stages["approval"] = payable(shop, ret)
    ret = ships(shop, ret)
    stages["said to be sent"] = payable(shop, ret)
    tells(shop, ret, CarrierStatus.PICKED_UP)
    stages["carrier_scan"] = payable(shop, ret)
    shop.receives(ret, item())
    stages["receipt"] = payable(shop, ret)
    shop.inspects(ret, passed())
    stages["inspection"] = payable(shop, ret)

    reached = list(stages).index(due)
    expected = {stage: int(place >= reached) for place, stage in enumerate(stages)}
    assert stages == expected
    assert suspicions(shop) == []


@pytest.mark.parametrize("due", DUES)
def test_the_refund_is_due_so_many_days_after_that_moment(shop: Shop, due: str) -> None:
    ret = shop.approves(asks(shop, due))
    moments = {"approval": shop.now}
    ret = tells(shop, ships(shop, ret), CarrierStatus.IN_TRANSIT)
    # When the carrier saw it, not when we were told.
    moments["carrier_scan"] = shop.now - timedelta(seconds=1)
    shop.receives(ret, item())
    moments["receipt"] = shop.now
    shop.inspects(ret, passed())
    moments["inspection"] = shop.now

    assert shop.now_is(ret).refund_due_at == moments[due] + timedelta(days=14)


def test_the_policy_says_how_many_days_there_are(shop: Shop) -> None:
    assert isinstance(shop.store, FakeStore)
    always = rule("always", window={"days": None}, refund_due="approval")
    publish(shop.store, form(POLICY, always, deadlines={"refund_days": 3}))
    sells(shop)

    ret = shop.approves(shop.asks())

    assert ret.refund_due_at == shop.now + timedelta(days=3)


def test_what_is_paid_early_is_told_and_keeps_the_return_open_until_it_has_come(shop: Shop) -> None:
    ret = shop.approves(asks(shop, "approval"))
    done = settled(shop, ret)

    ret = shop.now_is(ret)
    assert done.state is SettlementState.SETTLED
    assert (status_of(ret), ret.closure) == (Status.APPROVED, Closure.OPEN)
    assert [point.code for point in open_points(ret)] == ["goods_expected"]
    assert "return.refund_fell_due" in events(shop, ret)
    shop.receives(ret, item())
    shop.inspects(ret, passed())
    assert shop.disposes(ret, restock()).closure is Closure.COMPLETED
    assert len(shop.now_is(ret).settlements) == 1
    assert tasks(shop, REFUNDED_BEFORE_RETURN) == []
    assert suspicions(shop) == []


def test_a_parcel_that_only_the_customer_has_seen_is_not_scanned(shop: Shop) -> None:
    ret = ships(shop, shop.approves(asks(shop, "carrier_scan", 3)), 2)

    with pytest.raises(Conflict, match="nothing_to_settle"):
        shop.settles(ret)

    assert [g.credit for g in shop.now_is(ret).groups()] == [None, None]


def test_nor_is_it_when_others_of_the_return_have_come(shop: Shop) -> None:
    ret = ships(shop, shop.approves(asks(shop, "carrier_scan", 3)), 2)
    shop.receives(ret, item(quantity=1))
    tells(shop, ships(shop, shop.now_is(ret)), CarrierStatus.PICKED_UP)

    groups = {group.logistics: group.credit for group in shop.now_is(ret).groups()}
    assert groups[Logistics.RECEIVED] is True
    assert payable(shop, ret) == 2


def test_only_what_is_in_the_parcel_falls_due_with_it(shop: Shop) -> None:
    ret = ships(shop, shop.approves(asks(shop, "carrier_scan", 3)), 2)
    tells(shop, ret, CarrierStatus.PICKED_UP)

    assert settled(shop, ret).amount == eur(2000)


def test_what_the_carrier_brings_back_to_the_customer_is_not_due_any_more(shop: Shop) -> None:
    ret = ships(shop, shop.approves(asks(shop, "carrier_scan")))
    tells(shop, ret, CarrierStatus.PICKED_UP)
    tells(shop, ret, CarrierStatus.RETURNED_TO_SENDER)

    assert payable(shop, ret) == 0
    again = ships(shop, shop.now_is(ret))
    assert payable(shop, again) == 0
    tells(shop, again, CarrierStatus.PICKED_UP)
    assert payable(shop, again) == 1


def test_what_was_paid_stays_paid_when_the_carrier_brings_it_back(shop: Shop) -> None:
    ret = ships(shop, shop.approves(asks(shop, "carrier_scan")))
    tells(shop, ret, CarrierStatus.PICKED_UP)
    settled(shop, ret)
    tells(shop, ret, CarrierStatus.RETURNED_TO_SENDER)

    (group,) = shop.now_is(ret).groups()
    assert (group.logistics, group.credit) == (Logistics.AWAITING, True)
    assert group.settlement is SettlementState.SETTLED
    assert suspicions(shop) == []


@pytest.mark.parametrize("ends", ["cancels", "expires", "short_closes", "refuses"])
def test_what_ends_before_it_was_paid_is_not_due_any_more(shop: Shop, ends: str) -> None:
    ret = shop.approves(asks(shop, "approval"))
    acts = {
        "cancels": lambda: shop.do(
            lambda reads, context: ending.cancel(
                reads, ret.return_id, ending.Cancel(reason="KEEPS_IT"), context
            )
        ),
        "expires": lambda: shop.do(
            lambda reads, context: ending.expire(reads, ret.return_id, None, context)
        ),
        "short_closes": lambda: short_closes(shop, ret),
        "refuses": lambda: refuses(shop, ret),
    }

    acts[ends]()

    assert [group.credit for group in shop.now_is(ret).groups()] == [None]
    assert shop.returnable() == 3
    assert suspicions(shop) == []


def test_what_is_reopened_is_due_again(shop: Shop) -> None:
    ret = shop.approves(asks(shop, "approval"))
    short_closes(shop, ret)

    reopens(shop, ret, NamedQuantity(line_no="1", quantity=1))

    assert payable(shop, ret) == 1


@pytest.mark.parametrize("act", [short_closes, refuses])
def test_units_that_were_paid_are_never_given_up_as_the_customers_own(
    shop: Shop, act: object
) -> None:
    """They would be free to be returned, and paid back, once more."""
    ret = shop.approves(asks(shop, "approval"))
    settled(shop, ret)

    with pytest.raises(Conflict, match="not_allowed_now"):
        act(shop, ret)  # type: ignore[operator]  # one of the two

    assert shop.returnable() == 2


def test_goods_that_were_paid_and_never_sent_become_a_task_when_their_time_is_over(
    shop: Shop,
) -> None:
    ret = shop.approves(asks(shop, "approval"))
    settled(shop, ret)
    deadline = shop.now_is(ret).deadline
    assert deadline is not None
    assert deadline.kind is DeadlineKind.SHIP
    shop.now = deadline.due_at

    shop.do(lambda reads, context: ending.expire_if_due(reads, ret.return_id, context))

    (task,) = tasks(shop, REFUNDED_BEFORE_RETURN)
    assert (task.kind, task.amount) == (TaskKind.INVESTIGATION, eur(1000))
    assert events(shop, ret)[-2:] == ["return.overdue", "return.refund_questioned"]
    assert shop.now_is(ret).groups()[0].settlement is SettlementState.SETTLED


@pytest.mark.parametrize(
    ("fault", "count"), [(FaultParty.NONE, 1), (FaultParty.CUSTOMER, 1), (FaultParty.CARRIER, 0)]
)
def test_refunded_goods_that_are_lost_become_a_task_unless_the_refund_is_owed_all_the_same(
    shop: Shop, fault: FaultParty, count: int
) -> None:
    ret = shop.approves(asks(shop, "approval"))
    settled(shop, ret)

    after = loses(shop, ret, fault)

    assert len(tasks(shop, REFUNDED_BEFORE_RETURN)) == count
    (group,) = after.groups()
    assert (group.logistics, group.credit) == (Logistics.LOST, True)
    assert group.settlement is SettlementState.SETTLED
    assert suspicions(shop) == []


def test_goods_that_are_lost_before_they_were_paid_are_paid_as_the_loss_says(shop: Shop) -> None:
    ret = shop.approves(asks(shop, "approval"))

    loses(shop, ret, FaultParty.CUSTOMER)

    assert payable(shop, ret) == 0
    assert tasks(shop, REFUNDED_BEFORE_RETURN) == []


def test_refunded_goods_that_fail_inspection_become_a_task_and_stay_refunded(shop: Shop) -> None:
    ret = shop.approves(asks(shop, "receipt", 3))
    shop.receives(ret, item(quantity=3))
    settled(shop, ret)

    after = shop.inspects(ret, passed(1), failed(2, fault=FaultParty.CUSTOMER))

    (task,) = tasks(shop, REFUNDED_BEFORE_RETURN)
    assert task.amount == eur(2000)
    assert {group.credit for group in after.groups()} == {True}
    assert events(shop, ret)[-1] == "return.refund_questioned"
    assert suspicions(shop) == []


def test_goods_that_fail_before_they_were_paid_are_not_paid(shop: Shop) -> None:
    ret = shop.approves(asks(shop, "receipt"))
    shop.receives(ret, item())
    assert payable(shop, ret) == 1

    shop.inspects(ret, failed())

    assert payable(shop, ret) == 0
    assert tasks(shop, REFUNDED_BEFORE_RETURN) == []


def test_a_fee_that_was_taken_of_goods_that_turn_out_faulty_becomes_a_task(shop: Shop) -> None:
    ret = shop.approves(asks(shop, "receipt", fees={"restocking_percent": "15"}))
    shop.receives(ret, item())
    assert settled(shop, ret).amount == eur(850)

    shop.inspects(ret, passed(fault=FaultParty.MAKER))

    (task,) = tasks(shop, FEE_NOT_OWED)
    assert task.kind is TaskKind.PAYMENT
    assert events(shop, ret)[-1] == "return.fee_questioned"


def test_units_that_are_exchanged_are_not_paid_when_their_refund_would_fall_due(
    shop: Shop,
) -> None:
    under(shop, refund_due="approval")
    sells(shop)
    shop.counts({"BLUE": 1})
    ret = approves(shop, shop.asks("O-1", swap(for_="BLUE")))

    with pytest.raises(Conflict, match="nothing_to_settle"):
        shop.settles(ret)
    assert shop.now_is(ret).refund_due_at is None

    sends_replacement(shop, exchange_of(shop, ret))
    loses(shop, ret, FaultParty.CUSTOMER)
    assert tasks(shop, REFUNDED_BEFORE_RETURN) == []


def test_a_request_that_a_rule_approves_is_due_at_once(shop: Shop) -> None:
    ret = asks(shop, "approval", review="automatic")

    assert payable(shop, ret) == 1
    assert ret.refund_due_at == shop.now + timedelta(days=14)


def test_an_appeal_that_is_upheld_approves_like_a_reviewer(shop: Shop) -> None:
    ret = shop.rejects(asks(shop, "approval"))
    appeals(shop, ret, AppealAgainst.REJECTION)
    decides(shop, ret, uphold=True)

    assert payable(shop, ret) == 1


def test_fees_are_taken_of_early_refunds_too(shop: Shop) -> None:
    ret = shop.approves(asks(shop, "approval", 3, fees={"flat": euro("5.00")}))

    assert settled(shop, ret).amount == eur(2500)


def test_each_line_falls_due_by_its_own_decision(shop: Shop) -> None:
    other = {
        "id": "cheap",
        "title": {"en": "c", "zh-CN": "c"},
        "when": {"fact": "sku", "is": "SKU-2"},
        "then": {"refund_due": "approval"},
    }
    under(shop, other, refund_due="inspection")
    sells(shop, line(), line("2", price=300))

    ret = shop.approves(shop.asks("O-1", wish(1), wish(1, "2")))

    assert settled(shop, ret).amount == eur(300)
    comes(shop, ret)
    assert settled(shop, ret).amount == eur(1000)


def test_only_the_approved_part_of_a_line_falls_due(shop: Shop) -> None:
    ret = shop.approves(asks(shop, "approval", 3), line_1=2)

    assert settled(shop, ret).amount == eur(2000)
