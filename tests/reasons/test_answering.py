"""Who may give which reason for what, and which of its questions have to be answered."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.campaigns import service
from chalicelib.campaigns.model import CampaignType, Query
from chalicelib.core.errors import Invalid
from chalicelib.core.events import Actor, Context
from chalicelib.reasons import managing
from chalicelib.reasons.catalogue import Choice, Question, QuestionKind, Reason
from chalicelib.returns import editing, quoting, requesting
from chalicelib.returns.model import Resolution, Return, ReturnType
from chalicelib.returns.quote import Quote
from chalicelib.returns.wishes import RequestedLine, RequestReturn
from tests.builders import Shop, line, order, wish
from tests.withdrawals.buyers import Counter, sale

WORDS = {"en": "How are the goods?", "zh-CN": "商品状况如何？"}
CONDITION = Question(
    question_id="condition",
    words=WORDS,
    kind=QuestionKind.CHOICE,
    choices=(Choice(choice_id="used", words=WORDS), Choice(choice_id="unopened", words=WORDS)),
    required=True,
)
SEALED = Question(question_id="sealed", words=WORDS, kind=QuestionKind.YES_NO, required=True)
WHY = Question(question_id="why", words=WORDS)
GOOD = {"condition": "used", "sealed": "no"}


@pytest.fixture
def sold(shop: Shop) -> Shop:
    """Three units, in a shop that asks three questions of whoever changed their mind."""
    shop.sells(order(line(quantity=3)))
    reads = shop.store.reads()
    mind = reads.reason_catalogue().reasons["CHANGED_MIND"]
    amend(shop, replace(mind, questions=(CONDITION, SEALED, WHY)))
    return shop


def amend(shop: Shop, reason: Reason) -> None:
    shop.do(lambda reads, context: managing.put(reads, reason, context))


def ends(shop: Shop, code: str) -> None:
    shop.do(lambda reads, context: managing.deactivate(reads, code, context))


def by(shop: Shop, role: str) -> Context:
    return replace(shop.context(), actor=Actor(id="someone", role=role))


def asks(shop: Shop, *wishes: RequestedLine, role: str = "customer", **more: Any) -> Return:
    command = RequestReturn(order_no="O-1", lines=wishes, customer_id="cus-1", **more)
    return shop.do(
        lambda reads, context: requesting.create(reads, command, context), by(shop, role)
    )


def faults(act: Callable[[], object]) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        act()
    return [(fault.pointer, fault.code) for fault in refused.value.errors]


def test_answers_are_kept_with_the_line(sold: Shop) -> None:
    ret = asks(sold, wish(answers={**GOOD, "why": "Too blue."}))

    (kept,) = ret.lines
    assert kept.answers == {"condition": "used", "sealed": "no", "why": "Too blue."}


def test_what_somebody_answered_is_in_no_event(sold: Shop) -> None:
    ret = asks(sold, wish(answers={**GOOD, "why": "Call me at 555"}))

    events = sold.store.reads().events(ret.subject)
    assert events
    assert not [event for event in events if "555" in str(event.data)]


def test_a_required_question_has_to_be_answered(sold: Shop) -> None:
    found = faults(lambda: asks(sold, wish(), wish(answers={"sealed": "yes"})))

    assert found == [
        ("/lines/0/answers/condition", "answer_required"),
        ("/lines/0/answers/sealed", "answer_required"),
        ("/lines/1/answers/condition", "answer_required"),
    ]


@pytest.mark.parametrize("role", ["customer", "support", "admin"])
def test_whoever_can_ask_the_customer_has_to(sold: Shop, role: str) -> None:
    assert faults(lambda: asks(sold, wish(), role=role))


@pytest.mark.parametrize("role", ["machine", "device"])
def test_a_machine_passes_on_what_it_was_told(sold: Shop, role: str) -> None:
    assert asks(sold, wish(), role=role).lines[0].answers == {}


def test_where_nobody_is_there_to_be_asked_nothing_is_demanded(sold: Shop) -> None:
    assert asks(sold, wish(), role="admin", answers_due=False).lines[0].answers == {}


@pytest.mark.parametrize("role", ["customer", "machine"])
@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        ({**GOOD, "condition": "eaten"}, ("/lines/0/answers/condition", "unknown_answer")),
        ({**GOOD, "sealed": "maybe"}, ("/lines/0/answers/sealed", "unknown_answer")),
        ({**GOOD, "why": "  "}, ("/lines/0/answers/why", "unknown_answer")),
        ({**GOOD, "colour": "red"}, ("/lines/0/answers/colour", "unknown_question")),
    ],
)
def test_what_is_answered_fits_what_was_asked(
    sold: Shop, role: str, answers: dict[str, str], fault: tuple[str, str]
) -> None:
    assert faults(lambda: asks(sold, wish(answers=answers), role=role)) == [fault]


def test_an_unknown_reason_is_told_which_there_are(shop: Shop) -> None:
    shop.sells(order(line()))

    with pytest.raises(Invalid) as refused:
        asks(shop, wish(reason="BAD_MOOD"))

    (fault,) = refused.value.errors
    assert (fault.pointer, fault.code) == ("/lines/0/reason", "unknown_reason")
    assert "CHANGED_MIND" in fault.message
    assert "SALES_STRATEGY" not in fault.message


def test_a_reason_that_is_not_offered_any_more_is_unknown(sold: Shop) -> None:
    before = asks(sold, wish(answers=GOOD))
    ends(sold, "CHANGED_MIND")

    found = faults(lambda: asks(sold, wish(answers=GOOD)))

    assert found == [("/lines/0/reason", "unknown_reason")]
    assert sold.now_is(before).lines[0].reason == "CHANGED_MIND"


def test_what_is_not_for_customers_is_for_staff(shop: Shop) -> None:
    shop.sells(order(line(quantity=2)))

    found = faults(lambda: asks(shop, wish(reason="UNDELIVERABLE")))

    assert found == [("/lines/0/reason", "unknown_reason")]
    by_staff = asks(shop, wish(reason="UNDELIVERABLE"), role="support")
    assert by_staff.lines[0].reason == "UNDELIVERABLE"


def test_a_reason_is_for_some_types_of_returns(shop: Shop) -> None:
    shop.sells(order(line(quantity=2)))
    strategy = wish(reason="SALES_STRATEGY")

    found = faults(lambda: asks(shop, strategy, role="sales"))

    assert found == [("/lines/0/reason", "reason_not_for_type")]
    adjustment = ReturnType.SALES_ADJUSTMENT
    assert asks(shop, strategy, role="sales", type=adjustment, submit=False).type is adjustment


def test_a_reason_allows_some_resolutions(shop: Shop) -> None:
    shop.sells(order(line(quantity=2)))
    late = wish(reason="LATE_DELIVERY", resolution=Resolution.REPAIR)

    found = faults(lambda: asks(shop, late))

    assert found == [("/lines/0/resolution", "resolution_not_for_reason")]
    assert asks(shop, wish(reason="LATE_DELIVERY")).lines[0].resolution is Resolution.REFUND


def test_a_merchant_asks_for_a_note_with_any_reason(shop: Shop) -> None:
    shop.sells(order(line(quantity=2)))
    late = shop.store.reads().reason_catalogue().reasons["LATE_DELIVERY"]
    amend(shop, replace(late, note_required=True))

    found = faults(lambda: asks(shop, wish(reason="LATE_DELIVERY")))

    assert found == [("/lines/0/note", "note_required")]
    noted = asks(shop, wish(reason="LATE_DELIVERY", note="After the party."))
    assert noted.lines[0].note == "After the party."


def test_a_reason_of_the_merchant_is_given_like_any_other(shop: Shop) -> None:
    shop.sells(order(line()))
    amend(shop, Reason(code="TOO_LOUD", group="PRODUCT", words=WORDS))

    assert asks(shop, wish(reason="TOO_LOUD")).lines[0].reason == "TOO_LOUD"


def test_a_quote_asks_what_the_request_will(sold: Shop) -> None:
    def quotes(*wishes: RequestedLine) -> Quote:
        command = RequestReturn(order_no="O-1", lines=wishes)
        return quoting.quote(sold.store.reads(), command, by(sold, "customer"))

    assert len(faults(lambda: quotes(wish()))) == 2
    assert quotes(wish(answers=GOOD)).eligible


def test_a_blind_return_is_asked_the_same(sold: Shop) -> None:
    blind = RequestedLine(quantity=1, sku="SKU-1", reason="CHANGED_MIND")
    command = RequestReturn(lines=(blind,), customer_id="cus-1")

    def ask() -> Return:
        return sold.do(
            lambda reads, context: requesting.create(reads, command, context), by(sold, "customer")
        )

    assert len(faults(ask)) == 2


def edits(shop: Shop, ret: Return, *wishes: RequestedLine, role: str = "customer") -> Return:
    command = editing.Edit(lines=wishes, by_customer=role == "customer")
    return shop.do(
        lambda reads, context: editing.edit(reads, ret.return_id, command, context),
        by(shop, role),
    )


def test_who_changes_the_lines_answers_for_them(sold: Shop) -> None:
    ret = asks(sold, wish(answers=GOOD), submit=False)

    assert len(faults(lambda: edits(sold, ret, wish(2)))) == 2
    assert edits(sold, ret, wish(2, answers=GOOD)).lines[0].answers == GOOD


def test_who_sends_fewer_keeps_the_reason_that_staff_gave(shop: Shop) -> None:
    shop.sells(order(line(quantity=3)))
    ret = asks(
        shop,
        wish(3, reason="SALES_STRATEGY"),
        role="sales",
        type=ReturnType.SALES_ADJUSTMENT,
        submit=False,
    )
    ends(shop, "SALES_STRATEGY")

    assert edits(shop, ret, wish(1, reason="SALES_STRATEGY")).lines[0].requested == 1


def test_a_call_back_asks_nothing_of_who_changes_it(sold: Shop) -> None:
    ret = asks(
        sold,
        wish(3),
        role="sales",
        type=ReturnType.RECALL,
        submit=False,
        campaign_id="cmp-1",
        answers_due=False,
    )

    assert edits(sold, ret, wish(2)).lines[0].requested == 2


def test_a_withdrawal_needs_no_reason_that_is_offered(shop: Shop) -> None:
    shop.sells(sale())
    ends(shop, "CHANGED_MIND")
    counter = Counter(shop)

    made = counter.return_of(counter.takes())

    assert [line.reason for line in made.lines] == ["CHANGED_MIND"]


def campaign(shop: Shop, type_: CampaignType, reason: str) -> service.Started:
    new = service.NewCampaign(
        type=type_,
        title="Lot L7",
        necessity="The glass may crack.",
        query=Query(skus=("SKU-1",)),
        reason=reason,
    )
    return shop.do(lambda reads, context: service.create(reads, new, context))


def test_a_call_back_names_a_reason_that_is_offered_for_its_type(sold: Shop) -> None:
    ends(sold, "EXPIRED")

    assert faults(lambda: campaign(sold, CampaignType.RECALL, "EXPIRED")) == [
        ("/reason", "unknown_reason")
    ]
    assert faults(lambda: campaign(sold, CampaignType.RECALL, "SALES_STRATEGY")) == [
        ("/reason", "reason_not_for_type")
    ]
    begun = campaign(sold, CampaignType.SALES_ADJUSTMENT, "SALES_STRATEGY")
    assert begun.campaign.reason == "SALES_STRATEGY"


def test_a_call_back_may_name_a_reason_that_asks_questions(sold: Shop) -> None:
    begun = campaign(sold, CampaignType.RECALL, "CHANGED_MIND")

    assert begun.campaign.reason == "CHANGED_MIND"
