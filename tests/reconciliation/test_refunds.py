"""A difference is judged by the leg as it stands now, and by what the provider says when asked."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.core.events import Event, Json
from chalicelib.ledger.agreement import BookedRefund, Difference, DifferenceKind
from chalicelib.reconciliation.refunds import Unsettled, booked_in, judged
from chalicelib.settlement.model import MANUAL, Leg, LegState
from chalicelib.settlement.ports import RefundOutcome, RefundState
from tests.builders import eur
from tests.ledger.workload import journal, money

LEG = Leg(
    payment_id="card",
    provider="sandbox",
    provider_ref="pay-1",
    amount=eur(700),
    state=LegState.PAID,
    key="stl_a_1:card:2",
    attempt=2,
    reference="rf-1",
)
LISTED = Difference(
    kind=DifferenceKind.EXTRA,
    payment="pay-1",
    key=LEG.key,
    refund_id="rf-1",
    theirs=eur(700),
)
MISSING = Difference(
    kind=DifferenceKind.MISSING, payment="pay-1", key=LEG.key, refund_id="rf-1", ours=eur(700)
)


def says(state: RefundState, minor: int | None = None) -> Callable[[Leg], RefundOutcome]:
    amount = None if minor is None else eur(minor)
    return lambda leg: RefundOutcome(state=state, amount=amount)


def not_asked(leg: Leg) -> RefundOutcome:
    raise AssertionError("what is listed need not be asked for")


def kind_of(found: Difference, leg: Leg | None) -> str | None:
    real = judged(found, leg, not_asked)
    assert not isinstance(real, Unsettled)
    return None if real is None else real.kind.value


def test_what_is_listed_and_paid_alike_is_no_difference_after_all() -> None:
    assert kind_of(LISTED, LEG) is None


@pytest.mark.parametrize(
    ("found", "leg", "kind"),
    [
        (replace(LISTED, theirs=eur(701)), LEG, "amount_differs"),
        (replace(LISTED, payment="pay-2"), LEG, "payment_differs"),
        (replace(LISTED, refund_id="rf-2"), LEG, "duplicate"),
        (replace(LISTED, key="stl_a_1:card:1"), LEG, "duplicate"),
        (replace(LISTED, key="stl_a_1:card:1"), replace(LEG, state=LegState.MANUAL), "unbooked"),
        (LISTED, None, "extra"),
    ],
    ids=["amount", "payment", "second refund", "earlier attempt", "paid by hand", "no leg"],
)
def test_what_is_listed_and_not_as_we_have_it_is_one(
    found: Difference, leg: Leg | None, kind: str
) -> None:
    assert kind_of(found, leg) == kind


@pytest.mark.parametrize("state", sorted(set(LegState) - {LegState.PAID}))
def test_what_they_paid_and_we_did_not_book_is_unbooked(state: LegState) -> None:
    real = judged(LISTED, replace(LEG, state=state), not_asked)

    assert real == replace(LISTED, kind=DifferenceKind.UNBOOKED, ours=None)


def test_a_payment_may_have_several_names_of_theirs() -> None:
    assert kind_of(replace(LISTED, payment="ch-1", also=frozenset({"pay-1"})), LEG) is None


def test_a_leg_of_a_payment_without_a_reference_is_named_by_its_payment() -> None:
    assert kind_of(replace(LISTED, payment="card"), replace(LEG, provider_ref=None)) is None


@pytest.mark.parametrize("state", [RefundState.SUCCEEDED, RefundState.PENDING])
@pytest.mark.parametrize("minor", [None, 700])
def test_what_is_not_listed_and_there_when_asked_is_no_difference(
    state: RefundState, minor: int | None
) -> None:
    assert judged(MISSING, LEG, says(state, minor)) is None


@pytest.mark.parametrize("state", [RefundState.NOT_FOUND, RefundState.DECLINED])
def test_what_is_neither_listed_nor_there_when_asked_is_missing(state: RefundState) -> None:
    assert judged(MISSING, LEG, says(state)) == MISSING


def test_what_is_there_with_another_amount_when_asked_differs() -> None:
    real = judged(MISSING, LEG, says(RefundState.SUCCEEDED, 699))

    assert real == replace(MISSING, kind=DifferenceKind.AMOUNT, theirs=eur(699))


def test_where_the_provider_does_not_know_it_is_not_settled() -> None:
    assert judged(MISSING, LEG, says(RefundState.UNKNOWN)) == Unsettled(key=LEG.key)


@pytest.mark.parametrize(
    "leg",
    [replace(LEG, state=LegState.FROZEN), replace(LEG, key="stl_a_1:card:3", provider=MANUAL)],
    ids=["came back", "paid otherwise"],
)
def test_what_we_do_not_claim_any_more_is_not_missed(leg: Leg) -> None:
    assert judged(MISSING, leg, not_asked) is None


def refund(key: str, minor: int, **more: Json) -> dict[str, Json]:
    return {
        "payment_id": "card",
        "provider": "sandbox",
        "provider_ref": "pay-1",
        "amount": money(minor),
        "key": key,
        "reference": "rf-1",
        **more,
    }


def events(*told: tuple[str, dict[str, Json]]) -> list[Event]:
    return list(journal(*told))


def test_a_paid_refund_is_booked_under_what_its_provider_calls_the_payment() -> None:
    paid = events(("refund.paid", refund("k:1", 700)))

    assert booked_in(paid, "sandbox") == [
        BookedRefund(key="k:1", payment="pay-1", amount=eur(700), is_paid=True, refund_id="rf-1")
    ]
    assert booked_in(paid, "stripe") == []


def test_events_from_before_references_were_in_them_are_booked_by_our_name() -> None:
    told = refund("k:1", 700)
    del told["provider_ref"]

    assert booked_in(events(("refund.paid", told)), "sandbox")[0].payment == "card"


def test_the_last_event_of_a_key_counts() -> None:
    told = events(("refund.paid", refund("k:1", 700)), ("refund.failed_later", refund("k:1", 700)))

    assert [one.is_paid for one in booked_in(told, "sandbox")] == [False]


def test_events_about_nothing_paid_or_declined_book_nothing() -> None:
    told = events(("refund.unanswered", refund("k:1", 700)), ("refund.retried", refund("k:2", 7)))

    assert booked_in(told, "sandbox") == []
