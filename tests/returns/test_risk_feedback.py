"""Reviewers say whether a risk signal was right: kept with the return, told without their words."""

import json
from dataclasses import replace

import pytest

from chalicelib.core.errors import Invalid, NotFound, Stale
from chalicelib.core.events import Actor, Context, chain_fault
from chalicelib.returns import risk_feedback
from chalicelib.returns.model import Return
from tests.builders import Shop, line, order, wish

SIGNAL = "high-value"


@pytest.fixture
def ret(shop: Shop) -> Return:
    """A request whose value is a signal of its policy."""
    shop.sells(order(line(quantity=2, price=90_000), policy_version="marketplace-30d"))
    ret = shop.asks(quantity=2)
    assert ret.decision is not None
    assert ret.decision.risk.signals == {SIGNAL: 20}
    return ret


def says(
    shop: Shop,
    ret: Return,
    *,
    right: bool = False,
    signal_id: str = SIGNAL,
    note: str | None = None,
    context: Context | None = None,
) -> Return:
    command = risk_feedback.GiveFeedback(signal_id=signal_id, right=right, note=note)
    return shop.do(
        lambda reads, context: risk_feedback.give_feedback(reads, ret.return_id, command, context),
        context,
    )


def test_a_word_on_a_signal_is_kept_with_who_and_when(shop: Shop, ret: Return) -> None:
    after = says(shop, ret, note="They furnish hotels.")

    (given,) = after.risk_feedback
    assert (given.signal_id, given.right, given.by) == (SIGNAL, False, "someone")
    assert (given.note, given.at) == ("They furnish hotels.", shop.now)
    assert after == shop.now_is(ret)
    assert after.decision == ret.decision, "nothing is decided anew"


def test_the_note_is_in_no_event(shop: Shop, ret: Return) -> None:
    says(shop, ret, note="Mrs Smith furnishes hotels.")

    events = shop.store.reads().events(ret.subject)
    assert chain_fault(events) is None
    assert events[-1].type == "return.risk_feedback_given"
    assert events[-1].data["signal_id"] == SIGNAL
    assert (events[-1].data["right"], events[-1].data["points"]) == (False, 20)
    assert "Smith" not in json.dumps([event.data for event in events])


def test_a_later_word_of_the_same_person_takes_the_place_of_the_former(
    shop: Shop, ret: Return
) -> None:
    says(shop, ret, right=False)
    after = says(shop, ret, right=True)

    assert [one.right for one in after.risk_feedback] == [True]


def test_each_person_has_a_word(shop: Shop, ret: Return) -> None:
    says(shop, ret, right=False)
    other = replace(shop.context(), actor=Actor(id="somebody-else", role="reviewer"))

    after = says(shop, ret, right=True, context=other)

    assert {(one.by, one.right) for one in after.risk_feedback} == {
        ("someone", False),
        ("somebody-else", True),
    }


def test_the_same_word_again_changes_nothing(shop: Shop, ret: Return) -> None:
    after = says(shop, ret, note="Known.")

    assert says(shop, ret, note="Known.") == after


def test_there_is_nothing_to_say_of_a_signal_that_did_not_hold(shop: Shop, ret: Return) -> None:
    with pytest.raises(Invalid) as refused:
        says(shop, ret, signal_id="high-rate")

    assert refused.value.code == "unknown_signal"
    assert refused.value.details["signals"] == [SIGNAL]


def test_a_draft_has_no_signals_yet(shop: Shop, ret: Return) -> None:
    shop.sells(order(line(sku="S-2"), no="O-2", policy_version="marketplace-30d"))
    draft = shop.asks("O-2", wish(), submit=False)

    with pytest.raises(Invalid) as refused:
        says(shop, draft)

    assert refused.value.code == "unknown_signal"


def test_it_is_said_of_the_version_that_was_looked_at(shop: Shop, ret: Return) -> None:
    with pytest.raises(Stale):
        says(shop, ret, context=shop.context(version=ret.version + 1))


def test_nothing_is_said_of_a_return_that_is_not_there(shop: Shop) -> None:
    command = risk_feedback.GiveFeedback(signal_id=SIGNAL, right=True)

    with pytest.raises(NotFound):
        shop.do(lambda reads, context: risk_feedback.give_feedback(reads, "no", command, context))
