"""Commands on red-letter invoices: each is one write, heard twice it is done once."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.errors import Conflict, NotFound, Stale
from chalicelib.core.events import Actor, Context
from chalicelib.core.money import Money
from chalicelib.invoicing.handover import handed_over
from chalicelib.invoicing.model import CreditNote, NoteLine, NoteLineKind, NoteState, NoteTax
from chalicelib.invoicing.presenting import Buyer
from chalicelib.invoicing.red_letter import (
    CONFIRMATION,
    TAX_CODES,
    BlueUse,
    RedLetter,
    RedReason,
    RedState,
    RedStep,
)
from chalicelib.invoicing.red_letters import AskFor, TakeStep, ask_for, lapse, restate_use, take
from chalicelib.invoicing.seller import Identity
from chalicelib.store import keys
from chalicelib.tasks.model import Task
from tests.builders import NOW, Shop
from tests.fakes import FakeStore
from tests.invoicing.settlements import draft

UNUSED = AskFor(reason=RedReason.SALES_RETURN, blue_use=BlueUse.UNUSED)
USED = AskFor(reason=RedReason.SALES_RETURN, blue_use=BlueUse.USED)


def yuan(minor: int) -> Money:
    return Money(minor, "CNY")


def issued(**changes: Any) -> CreditNote:
    line = NoteLine(
        kind=NoteLineKind.GOODS,
        code="S",
        net=yuan(1000),
        taxes=(NoteTax(name="增值税", rate="0.13", amount=yuan(130)),),
        line_no="1",
        quantity=1,
    )
    made = replace(
        draft(1, 1),
        currency="CNY",
        lines=(line,),
        unbilled=yuan(0),
        state=NoteState.ISSUED,
        number="CN-2026-000001",
    )
    return replace(made, **changes)


def kept(shop: Shop, note: CreditNote) -> CreditNote:
    store = shop.store
    assert isinstance(store, FakeStore)
    store.records[keys.key_of(note)] = note
    return note


def asks(shop: Shop, command: AskFor = USED, version: int | None = None) -> RedLetter:
    told = shop.context(version=version)
    return shop.do(lambda reads, context: ask_for(reads, "cno_1_1", command, context), told)


def steps(shop: Shop, step: RedStep, reference: str | None = None, **more: Any) -> RedLetter:
    red_id = next(one.red_id for one in records(shop, RedLetter))
    command = TakeStep(step=step, reference=reference)
    return shop.do(lambda reads, context: take(reads, red_id, command, context), **more)


def records(shop: Shop, kind: type[Any]) -> list[Any]:
    store = shop.store
    assert isinstance(store, FakeStore)
    return [record for record in store.records.values() if isinstance(record, kind)]


def told(shop: Shop) -> list[str]:
    (red,) = records(shop, RedLetter)
    return [event.type for event in shop.store.reads().events(red.subject)]


def test_a_numbered_note_is_taken_back(shop: Shop) -> None:
    kept(shop, issued())
    red = asks(shop, UNUSED)
    steps(shop, RedStep.START)
    steps(shop, RedStep.HAND_OVER)
    done = steps(shop, RedStep.ISSUE, "26112")

    assert (done.state, done.red_invoice_no, done.total) == (
        RedState.ISSUED,
        "26112",
        yuan(-1130),
    )
    assert (done.red_id, done.version) == (red.red_id, 4)
    assert told(shop) == [
        "red_letter.needed",
        "red_letter.started",
        "red_letter.handed_over",
        "red_letter.issued",
    ]


def test_asked_for_again_it_is_the_one_that_there_is(shop: Shop) -> None:
    kept(shop, issued())

    assert asks(shop) == asks(shop)
    with pytest.raises(Conflict, match="red_letter_exists"):
        asks(shop, UNUSED)


def test_one_that_was_cancelled_is_begun_anew(shop: Shop) -> None:
    kept(shop, issued())
    first = asks(shop)
    steps(shop, RedStep.CANCEL)

    again = asks(shop, UNUSED)

    assert (again.red_id, again.state, again.version) == (first.red_id, RedState.NEEDED, 3)
    assert told(shop) == ["red_letter.needed", "red_letter.cancelled", "red_letter.needed"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"state": NoteState.DRAFT}, "credit_note_not_issued"),
        ({"state": NoteState.VOIDED}, "credit_note_not_issued"),
        (
            {
                "currency": "EUR",
                "lines": (
                    NoteLine(kind=NoteLineKind.GOODS, code="S", net=Money(1, "EUR"), line_no="1"),
                ),
            },
            "not_a_chinese_invoice",
        ),
        (
            {"lines": (NoteLine(kind=NoteLineKind.FEE, code="flat", net=yuan(5)),)},
            "nothing_to_take_back",
        ),
    ],
)
def test_a_note_that_has_none_to_ask_for_is_refused(
    shop: Shop, changes: dict[str, Any], code: str
) -> None:
    kept(shop, issued(**changes))

    with pytest.raises(Conflict, match=code):
        asks(shop)


def test_what_nobody_knows_is_not_found(shop: Shop) -> None:
    with pytest.raises(NotFound, match="credit_note_not_found"):
        asks(shop)
    context = shop.context()
    with pytest.raises(NotFound, match="red_letter_not_found"):
        take(shop.store.reads(), "red_1", TakeStep(step=RedStep.START), context)


def test_people_act_on_the_version_that_they_looked_at(shop: Shop) -> None:
    kept(shop, issued(version=2))
    with pytest.raises(Stale):
        asks(shop, version=1)
    asks(shop, version=2)

    with pytest.raises(Stale):
        steps(shop, RedStep.ASK, "F-1", context=shop.context(version=7))


@pytest.mark.parametrize(
    ("before", "step", "reference"),
    [
        ([], RedStep.ASK, "F-1"),
        ([(RedStep.ASK, "F-1")], RedStep.CONFIRM, None),
        ([(RedStep.ASK, "F-1"), (RedStep.CONFIRM, None)], RedStep.HAND_OVER, None),
        ([(RedStep.ASK, "F-1")], RedStep.REFUSE, "E-7"),
        (
            [(RedStep.ASK, "F-1"), (RedStep.CONFIRM, None), (RedStep.HAND_OVER, None)],
            RedStep.ISSUE,
            "26112",
        ),
        ([], RedStep.CANCEL, None),
    ],
)
def test_a_step_that_is_told_twice_is_taken_once(
    shop: Shop, before: list[tuple[RedStep, str | None]], step: RedStep, reference: str | None
) -> None:
    kept(shop, issued())
    asks(shop)
    for earlier, earlier_reference in before:
        steps(shop, earlier, earlier_reference)

    first, again = steps(shop, step, reference), steps(shop, step, reference)

    assert again == first
    assert len(told(shop)) == len(before) + 2


def test_a_refusal_is_a_task_for_finance(shop: Shop) -> None:
    kept(shop, issued())
    asks(shop)
    steps(shop, RedStep.ASK, "F-1")
    red = steps(shop, RedStep.REFUSE, "E-7")

    (task,) = records(shop, Task)
    assert (task.role, task.subject, task.reasons, task.amount) == (
        "finance",
        red.subject,
        ("red_letter_refused",),
        yuan(1130),
    )


def at(shop: Shop, moment: Any, red: RedLetter) -> bool:
    context = Context(
        actor=Actor(id="number_notes", role="machine"),
        now=moment,
        command_id=f"cmd-{moment}",
        correlation_id="night",
    )
    return shop.store.run(lambda reads: lapse(reads, red.red_id, context), context=context)


def test_a_form_lapses_after_three_days_once(shop: Shop) -> None:
    kept(shop, issued())
    asks(shop)
    red = steps(shop, RedStep.ASK, "F-1")
    asked = shop.now

    assert not at(shop, asked + CONFIRMATION - timedelta(seconds=1), red)
    assert at(shop, asked + CONFIRMATION, red)
    assert not at(shop, asked + CONFIRMATION, red)

    (now,), (task,) = records(shop, RedLetter), records(shop, Task)
    assert (now.state, task.reasons) == (RedState.VOID, ("red_letter_void",))
    assert steps(shop, RedStep.ASK, "F-2").state is RedState.AWAITING


def test_a_form_that_was_confirmed_in_time_does_not_lapse(shop: Shop) -> None:
    kept(shop, issued())
    asks(shop)
    red = steps(shop, RedStep.ASK, "F-1")
    steps(shop, RedStep.CONFIRM)

    assert not at(shop, NOW + timedelta(days=30), red)


def test_a_buyer_who_books_the_invoice_meanwhile_is_told_and_changes_what_is_allowed(
    shop: Shop,
) -> None:
    kept(shop, issued())
    red = asks(shop, UNUSED)

    def restates(use: BlueUse) -> RedLetter:
        return shop.do(lambda reads, context: restate_use(reads, red.red_id, use, context))

    assert restates(BlueUse.UNUSED) == red
    assert restates(BlueUse.USED).allowed == (RedStep.ASK, RedStep.CANCEL)
    assert told(shop) == ["red_letter.needed", "red_letter.use_restated"]


@pytest.mark.parametrize("reason", RedReason)
def test_the_tax_system_knows_every_reason_by_its_code(shop: Shop, reason: RedReason) -> None:
    note = kept(shop, issued())
    red = replace(asks(shop), reason=reason)

    form = handed_over(red, note, seller=Identity(names={"zh-CN": "艾克米"}), buyer=Buyer())

    assert (form.reason_code, form.total) == (TAX_CODES[reason], yuan(-1130))
    assert form.net + form.tax == form.total
    assert form.seller is not None, "who the merchant is now, where the note does not say"
