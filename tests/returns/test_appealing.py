"""An objection is decided by somebody else, once, and changes exactly what was objected to."""

from dataclasses import replace

import pytest

from chalicelib.core.errors import Conflict, Invalid, NotAllowed, NotFound
from chalicelib.core.money import Money
from chalicelib.returns import appealing, inspecting, review
from chalicelib.returns.model import (
    AppealAgainst,
    AppealState,
    Authorization,
    Closure,
    DeadlineKind,
    Disposition,
    InspectionResult,
    Logistics,
    Return,
    ReturnType,
)
from chalicelib.returns.standing import status_of
from chalicelib.returns.units import quantities
from chalicelib.returns.wishes import RequestedLine
from chalicelib.tasks.model import TaskKind, TaskState
from tests.builders import Shop, eur, failed, goes, item, line, order, passed, restock, wish
from tests.returns.undoing import appeals, by, decides, suspicions, task_of, told, withdraws

REJECTION, GRADE, AMOUNT = AppealAgainst.REJECTION, AppealAgainst.GRADE, AppealAgainst.AMOUNT


@pytest.fixture
def shop(shop: Shop) -> Shop:
    shop.sells(order(line("1", quantity=3), line("2", quantity=2)))
    return shop


@pytest.fixture
def rejected(shop: Shop) -> Return:
    """Two units of line 1 and one of line 2, all rejected by "someone"."""
    return shop.rejects(shop.asks("O-1", wish(2, "1"), wish(1, "2")))


@pytest.fixture
def denied(shop: Shop) -> Return:
    """Two units: one passed, one failed and not paid for; both put in their places."""
    ret = shop.approves(shop.asks(quantity=2))
    shop.receives(ret, item(quantity=2))
    shop.inspects(ret, passed(1), failed(1))
    shop.disposes(ret, restock(1))
    return shop.disposes(ret, goes(Disposition.REPAIR, 1))


def test_an_open_appeal_is_somebodys_work_and_changes_nothing_yet(
    shop: Shop, rejected: Return
) -> None:
    after = appeals(shop, rejected, REJECTION)

    (appeal,) = after.appeals
    assert (appeal.state, appeal.opened_by) == (AppealState.OPEN, "customer-1")
    assert after.lines == rejected.lines
    assert told(shop, rejected.subject)[-1] == "return.appealed"
    task = task_of(shop, TaskKind.APPEAL, rejected.subject, appeal.appeal_id)
    assert (task.state, task.role) == (TaskState.OPEN, "reviewer")


def test_an_upheld_rejection_holds_the_units_again(shop: Shop, rejected: Return) -> None:
    appeals(shop, rejected, REJECTION, "1")

    after = decides(shop, rejected, uphold=True)

    (group,) = after.lines[0].groups
    assert (group.authorization, group.logistics) == (Authorization.APPROVED, Logistics.AWAITING)
    assert group.refusal_code is None
    assert after.lines[1] == rejected.lines[1]
    assert shop.returnable() == 1
    assert after.deadline is not None
    assert after.deadline.kind is DeadlineKind.SHIP
    assert told(shop, rejected.subject)[-2:] == ["return.appeal_upheld", "return.approved"]
    assert suspicions(shop) == []


def test_without_lines_it_is_about_all_of_them(shop: Shop, rejected: Return) -> None:
    appeals(shop, rejected, REJECTION)

    after = decides(shop, rejected, uphold=True)

    assert [quantities(line).awaiting for line in after.lines] == [2, 1]


def test_units_that_were_asked_for_again_meanwhile_are_replaced(
    shop: Shop, rejected: Return
) -> None:
    shop.asks()
    appeals(shop, rejected, REJECTION, "1")

    after = decides(shop, rejected, uphold=True)

    assert quantities(after.lines[0]).awaiting == 2
    assert suspicions(shop) == []


def test_it_cannot_be_upheld_where_nothing_is_left_to_hold(shop: Shop, rejected: Return) -> None:
    shop.asks(quantity=3)
    appeals(shop, rejected, REJECTION, "1")

    with pytest.raises(Conflict, match="not_returnable_quantity"):
        decides(shop, rejected, uphold=True)

    assert shop.now_is(rejected).open_appeals


def test_a_dismissed_appeal_leaves_everything_as_it_was(shop: Shop, rejected: Return) -> None:
    appeals(shop, rejected, REJECTION)

    after = decides(shop, rejected, uphold=False)

    (appeal,) = after.appeals
    assert (appeal.state, appeal.decided_by) == (AppealState.DISMISSED, "judge")
    assert appeal.answer == "We looked again."
    assert after.lines == rejected.lines
    task = task_of(shop, TaskKind.APPEAL, rejected.subject, appeal.appeal_id)
    assert (task.state, task.done_by) == (TaskState.DONE, "judge")


def test_an_upheld_grade_is_inspected_again(shop: Shop, denied: Return) -> None:
    shop.settles(denied)
    assert shop.now_is(denied).closure is Closure.COMPLETED
    appeals(shop, denied, GRADE)
    assert shop.now_is(denied).closure is Closure.COMPLETED

    after = decides(shop, denied, uphold=True)

    assert after.closure is Closure.REOPENED
    assert quantities(after.lines[0]).reinspection == 1
    assert told(shop, denied.subject)[-2:] == ["return.appeal_upheld", "return.reopened"]
    assert suspicions(shop) == []
    again = shop.inspects(denied, passed(1))
    assert all(g.inspection is InspectionResult.PASSED for g in again.groups())


def test_an_upheld_amount_awards_money_and_is_finances_work(shop: Shop, denied: Return) -> None:
    shop.settles(denied)
    appeals(shop, denied, AMOUNT)

    after = decides(shop, denied, uphold=True, award=eur(1000))

    (appeal,) = after.appeals
    assert appeal.award == eur(1000)
    assert after.closure is Closure.REOPENED
    task = task_of(shop, TaskKind.PAYMENT, denied.subject, appeal.appeal_id)
    assert task.role == "finance"


@pytest.mark.parametrize(
    ("award", "code"),
    [
        (eur(1001), "award_too_large"),
        (eur(0), "award_too_large"),
        (Money(100, "USD"), "currency_differs"),
        (None, "award_misplaced"),
    ],
    ids=["above what was paid", "nothing", "currency", "none"],
)
def test_no_more_is_awarded_than_was_paid_and_not_settled(
    shop: Shop, denied: Return, award: Money | None, code: str
) -> None:
    """2 × 10.00 were paid, 10.00 of it went back."""
    shop.settles(denied)
    appeals(shop, denied, AMOUNT)

    with pytest.raises(Invalid, match=code):
        decides(shop, denied, uphold=True, award=award)


def test_earlier_awards_count(shop: Shop, denied: Return) -> None:
    shop.settles(denied)
    appeals(shop, denied, AMOUNT)
    decides(shop, denied, uphold=True, award=eur(600))
    appeals(shop, denied, AMOUNT, "1")

    with pytest.raises(Invalid, match="award_too_large"):
        decides(shop, denied, uphold=True, award=eur(401))

    assert decides(shop, denied, uphold=True, award=eur(400)).appeals[-1].award == eur(400)


@pytest.mark.parametrize("uphold", [True, False])
def test_an_award_belongs_to_an_upheld_amount_only(
    shop: Shop, rejected: Return, uphold: bool
) -> None:
    appeals(shop, rejected, REJECTION)

    with pytest.raises(Invalid, match="award_misplaced"):
        decides(shop, rejected, uphold=uphold, award=eur(1))


@pytest.mark.parametrize("who", ["someone", "customer-1"], ids=["the reviewer", "the appellant"])
def test_nobody_judges_their_own_decision_or_appeal(shop: Shop, rejected: Return, who: str) -> None:
    appeals(shop, rejected, REJECTION)

    with pytest.raises(Conflict, match="same_person"):
        decides(shop, rejected, uphold=True, who=who)


def test_nobody_judges_their_own_grade(shop: Shop, denied: Return) -> None:
    appeals(shop, denied, GRADE)

    with pytest.raises(Conflict, match="same_person"):
        decides(shop, denied, uphold=True, who="someone")


def test_nobody_who_ever_decided_judges_the_decision(shop: Shop) -> None:
    ret = shop.asks("O-1", wish(2, "1"), wish(1, "2"))
    none = review.ApprovedQuantity(line_no="1", quantity=0)
    first, second = review.Approve(lines=(none,)), review.Approve()
    shop.do(lambda r, c: review.approve(r, ret.return_id, first, c), by(shop, "rita"))
    shop.do(lambda r, c: review.approve(r, ret.return_id, second, c), by(shop, "paul"))
    appeals(shop, ret, REJECTION)

    for who in ("rita", "paul"):
        with pytest.raises(Conflict, match="same_person"):
            decides(shop, ret, uphold=False, who=who)


def test_nobody_who_ever_inspected_judges_a_grade(shop: Shop) -> None:
    ret = shop.approves(shop.asks(quantity=2))
    shop.receives(ret, item(quantity=2))
    bad, good = inspecting.Inspect(groups=(failed(1),)), inspecting.Inspect(groups=(passed(1),))
    shop.do(lambda r, c: inspecting.inspect(r, ret.return_id, bad, c), by(shop, "rita"))
    shop.do(lambda r, c: inspecting.inspect(r, ret.return_id, good, c), by(shop, "paul"))
    appeals(shop, ret, GRADE)

    for who in ("rita", "paul"):
        with pytest.raises(Conflict, match="same_person"):
            decides(shop, ret, uphold=False, who=who)


@pytest.mark.parametrize("gone", [Disposition.SCRAP, Disposition.DONATE, Disposition.RTV])
def test_goods_that_are_gone_are_paid_for_without_another_look(
    shop: Shop, gone: Disposition
) -> None:
    ret = shop.approves(shop.asks(quantity=2))
    shop.receives(ret, item(quantity=2))
    shop.inspects(ret, failed(2))
    shop.disposes(ret, goes(gone, 1))
    ret = shop.disposes(ret, goes(Disposition.REPAIR, 1))
    appeals(shop, ret, GRADE)

    after = decides(shop, ret, uphold=True)

    assert [(group.disposition, group.credit) for group in after.groups()] == [
        (gone, True),
        (None, None),
    ]
    shop.settles(ret)
    assert shop.settlement(ret).amount == eur(1000)
    assert suspicions(shop) == []


def test_an_upheld_rejection_is_worth_what_the_order_says_now(shop: Shop) -> None:
    ret = shop.rejects(shop.asks())
    sold = shop.sold()
    first, second = sold.lines
    shop.registers(replace(sold, lines=(replace(first, unit_price=eur(600)), second)))
    appeals(shop, ret, REJECTION)
    decides(shop, ret, uphold=True)
    shop.receives(ret, item())
    shop.inspects(ret, passed())

    shop.settles(ret)

    assert shop.settlement(ret).amount == eur(600)


def test_an_upheld_rejection_needs_the_papers_of_an_approval(shop: Shop) -> None:
    ret = shop.rejects(shop.asks(type=ReturnType.RECALL))
    appeals(shop, ret, REJECTION)

    with pytest.raises(Conflict, match="documents_missing"):
        decides(shop, ret, uphold=True)

    assert shop.now_is(ret).open_appeals


def test_an_upheld_rejection_needs_the_sale(shop: Shop) -> None:
    ret = shop.rejects(
        shop.asks(None, RequestedLine(sku="SKU-1", quantity=1, reason="CHANGED_MIND"))
    )
    appeals(shop, ret, REJECTION)

    with pytest.raises(Conflict, match="sale_not_found_yet"):
        decides(shop, ret, uphold=True)


def test_an_appeal_ends_once(shop: Shop, rejected: Return) -> None:
    appeals(shop, rejected, REJECTION)
    decides(shop, rejected, uphold=False)

    with pytest.raises(Conflict, match="appeal_ended"):
        decides(shop, rejected, uphold=True)
    with pytest.raises(Conflict, match="appeal_ended"):
        withdraws(shop, rejected)


def test_who_appealed_may_withdraw_and_nobody_else(shop: Shop, rejected: Return) -> None:
    appeals(shop, rejected, REJECTION)
    with pytest.raises(NotAllowed, match="not_your_appeal"):
        withdraws(shop, rejected, who="another")

    after = withdraws(shop, rejected)

    assert after.appeals[0].state is AppealState.WITHDRAWN
    assert told(shop, rejected.subject)[-1] == "return.appeal_withdrawn"
    appeals(shop, rejected, REJECTION)


def test_an_open_appeal_keeps_a_return_open_and_its_end_closes_it(
    shop: Shop, denied: Return
) -> None:
    appeals(shop, denied, GRADE)
    shop.settles(denied)
    assert shop.now_is(denied).closure is Closure.OPEN

    assert decides(shop, denied, uphold=False).closure is Closure.COMPLETED


@pytest.mark.parametrize(
    ("first", "second"), [((), ()), ((), ("1",)), (("1",), ()), (("1", "2"), ("2",))]
)
def test_the_same_is_not_objected_to_twice_at_once(
    shop: Shop, rejected: Return, first: tuple[str, ...], second: tuple[str, ...]
) -> None:
    appeals(shop, rejected, REJECTION, *first)

    with pytest.raises(Conflict, match="already_appealed"):
        appeals(shop, rejected, REJECTION, *second)


def test_other_lines_may_be_objected_to_beside_it(shop: Shop, rejected: Return) -> None:
    appeals(shop, rejected, REJECTION, "1")

    assert len(appeals(shop, rejected, REJECTION, "2").open_appeals) == 2


def test_a_return_has_ten_appeals_at_most(shop: Shop, rejected: Return) -> None:
    for _ in range(appealing.APPEALS_MAX):
        appeals(shop, rejected, REJECTION)
        withdraws(shop, rejected)

    with pytest.raises(Conflict, match="too_many_appeals"):
        appeals(shop, rejected, REJECTION)


def test_what_was_not_decided_so_is_not_objected_to(shop: Shop, denied: Return) -> None:
    with pytest.raises(Conflict, match="nothing_to_appeal"):
        appeals(shop, denied, AMOUNT)
    with pytest.raises(Invalid, match="unknown_line"):
        appeals(shop, denied, GRADE, "9")
    with pytest.raises(Conflict, match="not_allowed_now"):
        appeals(shop, shop.asks(), REJECTION)


def test_an_appeal_that_is_not_there_is_not_found(shop: Shop, rejected: Return) -> None:
    appeals(shop, rejected, REJECTION)

    with pytest.raises(NotFound, match="appeal_not_found"):
        shop.do(
            lambda reads, ctx: appealing.withdraw(reads, rejected.return_id, "apl_none", ctx),
            by(shop, "customer-1"),
        )


def test_grounds_and_answers_are_in_no_event(shop: Shop, rejected: Return) -> None:
    appeals(shop, rejected, REJECTION)
    decides(shop, rejected, uphold=True)

    said = str([event.data for event in shop.store.reads().events(rejected.subject)])
    assert "It was new." not in said
    assert "We looked again." not in said
    assert status_of(shop.now_is(rejected)) == "APPROVED"
