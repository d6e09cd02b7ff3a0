"""Our refunds against the provider's list: every difference is named once, and nothing else."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.money import Money
from chalicelib.ledger.agreement import (
    BookedRefund,
    Difference,
    DifferenceKind,
    ListedRefund,
    differences,
)
from tests.builders import eur

OURS = BookedRefund(
    key="stl_a_1:card:1", payment="pi_1", amount=eur(700), is_paid=True, refund_id="re_1"
)
THEIRS = ListedRefund(
    refund_id="re_1", payment="pi_1", amount=eur(700), stands=True, key="stl_a_1:card:1"
)


def kinds(found: list[Difference]) -> list[str]:
    return [one.kind.value for one in found]


def test_the_same_on_both_sides_is_no_difference() -> None:
    assert differences([OURS], [THEIRS]) == []


def test_what_we_say_was_paid_and_they_do_not_list_is_missing() -> None:
    assert differences([OURS], []) == [
        Difference(
            kind=DifferenceKind.MISSING,
            payment="pi_1",
            key=OURS.key,
            refund_id="re_1",
            ours=eur(700),
        )
    ]


def test_what_they_list_as_failed_is_missing_too() -> None:
    assert kinds(differences([OURS], [replace(THEIRS, stands=False)])) == ["missing"]


@pytest.mark.parametrize("key", [None, "stl_b_2:card:1", "made elsewhere"])
def test_what_is_none_of_ours_is_extra(key: str | None) -> None:
    other = replace(THEIRS, refund_id="re_9", key=key)

    (found,) = differences([OURS], [THEIRS, other])

    assert (found.kind, found.refund_id, found.theirs) == (
        DifferenceKind.EXTRA,
        "re_9",
        eur(700),
    )


@pytest.mark.parametrize("amount", [eur(699), Money(700, "JPY")], ids=str)
def test_another_amount_or_currency_differs(amount: Money) -> None:
    (found,) = differences([OURS], [replace(THEIRS, amount=amount)])

    assert (found.kind, found.ours, found.theirs) == (DifferenceKind.AMOUNT, eur(700), amount)


def test_a_refund_of_another_payment_differs() -> None:
    assert kinds(differences([OURS], [replace(THEIRS, payment="pi_2")])) == ["payment_differs"]


def test_a_payment_may_have_several_names_of_theirs() -> None:
    listed = replace(THEIRS, payment="ch_1", also=frozenset({"pi_1", "ch_1"}))

    assert differences([OURS], [listed]) == []


def test_two_refunds_of_one_key_are_a_duplicate() -> None:
    again = replace(THEIRS, refund_id="re_0", amount=eur(500))

    (found,) = differences([OURS], [again, THEIRS])

    assert (found.kind, found.refund_id) == (DifferenceKind.DUPLICATE, "re_0")


def test_two_attempts_that_both_stand_are_a_duplicate() -> None:
    first = replace(OURS, key="stl_a_1:card:1", is_paid=False, refund_id=None)
    second = replace(OURS, key="stl_a_1:card:2", refund_id="re_2")
    listed = [THEIRS, replace(THEIRS, refund_id="re_2", key="stl_a_1:card:2")]

    (found,) = differences([first, second], listed)

    assert (found.kind, found.refund_id) == (DifferenceKind.DUPLICATE, "re_1")


def test_an_attempt_that_we_took_for_declined_and_that_stands_is_unbooked() -> None:
    first = replace(OURS, is_paid=False, refund_id=None)

    assert kinds(differences([first], [THEIRS])) == ["unbooked"]


def test_one_attempt_booked_and_another_listed_are_two_differences() -> None:
    second = replace(OURS, key="stl_a_1:card:2", refund_id="re_2")

    assert kinds(differences([second], [THEIRS])) == ["missing", "unbooked"]


def test_what_is_under_way_here_and_not_listed_is_no_difference() -> None:
    assert differences([replace(OURS, is_paid=False)], []) == []


legs = st.integers(0, 5)
booked_refunds = st.builds(
    BookedRefund,
    key=st.builds("stl_a_{}:card:{}".format, legs, st.integers(1, 2)),
    payment=st.sampled_from(["pi_1", "pi_2"]),
    amount=st.integers(1, 3).map(eur),
    is_paid=st.booleans(),
    refund_id=st.none() | st.integers(0, 9).map("re_{}".format),
)
listed_refunds = st.builds(
    ListedRefund,
    refund_id=st.integers(0, 99).map("re_{}".format),
    payment=st.sampled_from(["pi_1", "pi_2"]),
    amount=st.integers(1, 3).map(eur),
    stands=st.booleans(),
    key=st.none() | st.builds("stl_a_{}:card:{}".format, legs, st.integers(1, 2)),
)


@given(
    st.lists(booked_refunds, max_size=8, unique_by=lambda refund: refund.leg),
    st.lists(listed_refunds, max_size=8, unique_by=lambda refund: refund.refund_id),
)
def test_no_difference_is_said_exactly_where_both_sides_carry_the_same(
    booked: list[BookedRefund], listed: list[ListedRefund]
) -> None:
    found = differences(booked, listed)

    ours = sorted((b.key, b.payment, b.amount.minor) for b in booked if b.is_paid)
    theirs = sorted((r.key or "", r.payment, r.amount.minor) for r in listed if r.stands)
    assert (found == []) == (ours == theirs)
    known = {b.refund_id for b in booked} | {r.refund_id for r in listed if r.stands}
    assert all(one.refund_id in known for one in found)


@given(
    st.lists(booked_refunds, max_size=8, unique_by=lambda refund: refund.leg),
    st.lists(listed_refunds, max_size=8, unique_by=lambda refund: refund.refund_id),
    st.data(),
)
def test_the_order_of_their_list_changes_nothing(
    booked: list[BookedRefund], listed: list[ListedRefund], data: st.DataObject
) -> None:
    mixed = data.draw(st.permutations(listed))

    def told(refunds: list[ListedRefund]) -> list[tuple[str, str | None]]:
        found = [(one.kind.value, one.key) for one in differences(booked, refunds)]
        return sorted(found, key=str)

    assert told(mixed) == told(listed)
