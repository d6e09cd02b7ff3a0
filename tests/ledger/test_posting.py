"""The money ledger balances, says what happened, and can be made again from the events."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.events import Event, Json
from chalicelib.ledger.balances import Balances, faults_of, unposted
from chalicelib.ledger.model import Account, Entry, Posting, combined, reversing
from chalicelib.ledger.posting import POSTED, posting_for, postings_for
from tests.builders import NOW, eur
from tests.ledger.workload import Count, Told, journal, leg, money, workloads

SUBJECT = "return/ret_1"


def posted(*told: tuple[str, dict[str, Json]]) -> tuple[Posting, ...]:
    return postings_for(journal(*told))


def entries(posting: Posting) -> dict[tuple[str, str | None], int]:
    return {(one.account.value, one.detail): one.minor for one in posting.entries}


@given(workloads())
def test_the_ledger_comes_to_what_was_counted_on_paper(work: tuple[Told, Count]) -> None:
    told, count = work

    postings = posted(*told)

    balances = Balances.of(postings, "EUR")
    assert sum(balances.by_account.values()) == 0
    assert balances.owed().minor == count.owed
    assert balances.under_way().minor == sum(minor for _, minor in count.under_way)
    for payment, minor in count.refunded.items():
        assert balances.refunded(payment).minor == minor
    assert -balances.minor(Account.FEES) == count.fees
    assert balances.minor(Account.RETURNED) == count.returned
    assert -balances.minor(Account.STORE_CREDIT) == count.lots.total()
    assert balances.minor(Account.DISPUTED) == sum(minor for _, minor in count.disputes)
    assert balances.minor(Account.WRITE_OFF) == count.lost
    assert balances.minor(Account.CREDIT_GIVEN) == 0
    assert balances.minor(Account.SUPPLIER_PAID) == count.recovered


@given(workloads())
def test_nothing_that_can_happen_is_a_fault(work: tuple[Told, Count]) -> None:
    events = journal(*work[0])

    postings = postings_for(events)

    assert faults_of(SUBJECT, postings) == []
    assert unposted(events, postings) == []


@given(workloads(), st.data())
def test_a_posting_that_is_lost_changed_or_added_is_found(
    work: tuple[Told, Count], data: st.DataObject
) -> None:
    events = journal(*work[0], ("compensation.awarded", {"award": money(5)}))
    postings = list(postings_for(events))
    place = data.draw(st.integers(0, len(postings) - 1))
    victim = postings[place]

    lost = [*postings[:place], *postings[place + 1 :]]
    doubled = tuple(replace(entry, minor=entry.minor * 2) for entry in victim.entries)
    changed = [*lost, replace(victim, entries=doubled)]
    added = [*postings, replace(victim, posting_id="pst_other", event_id="evt_other")]

    assert [fault.code for fault in unposted(events, lost)] == ["not_posted"]
    assert [fault.code for fault in unposted(events, changed)] == ["posted_otherwise"]
    assert [fault.code for fault in unposted(events, added)] == ["without_event"]


def test_a_settlement_is_owed_less_its_fees_and_under_way_where_it_is_sent() -> None:
    (posting,) = posted(
        (
            "settlement.started",
            {
                "amount": money(8000),
                "fees": [{"amount": money(500)}],
                "legs": [leg("card", 6000), leg("wallet", 1500)],
            },
        )
    )

    assert entries(posting) == {
        ("returned", None): 8500,
        ("fees", None): -500,
        ("customer_due", None): -500,
        ("under_way", "card"): -6000,
        ("under_way", "wallet"): -1500,
    }


def test_card_paid_wallet_declined_leaves_the_rest_owed_until_it_is_paid() -> None:
    started: tuple[str, dict[str, Json]] = (
        "settlement.started",
        {"amount": money(8000), "legs": [leg("card", 6000), leg("wallet", 2000)]},
    )
    declined = posted(
        started, ("refund.paid", leg("card", 6000)), ("refund.declined", leg("wallet", 2000))
    )
    paid = posted(
        started,
        ("refund.paid", leg("card", 6000)),
        ("refund.declined", leg("wallet", 2000)),
        ("refund.retried", leg("wallet", 2000)),
        ("refund.paid", leg("wallet", 2000)),
    )

    partial, settled = Balances.of(declined, "EUR"), Balances.of(paid, "EUR")

    assert (partial.owed(), partial.refunded("card")) == (eur(2000), eur(6000))
    assert (settled.owed(), settled.under_way()) == (eur(0), eur(0))
    assert settled.refunded("wallet") == eur(2000)


def test_a_chargeback_after_a_refund_is_a_loss_and_before_it_pays_what_is_owed() -> None:
    after = posted(
        ("payment.charged_back", leg("card", 700)),
        ("payment.chargeback_lost", {**leg("card", 700), "settles": money(0)}),
    )
    before = posted(
        ("compensation.awarded", {"award": money(700)}),
        ("payment.charged_back", leg("card", 700)),
        ("payment.chargeback_lost", {**leg("card", 700), "settles": money(700)}),
    )

    assert Balances.of(after, "EUR").minor(Account.WRITE_OFF) == 700
    assert Balances.of(before, "EUR").minor(Account.WRITE_OFF) == 0
    assert Balances.of(before, "EUR").owed() == eur(0)


def test_what_a_supplier_owes_is_paid_or_written_off() -> None:
    postings = posted(
        ("vendor_claim.accepted", {"amount": money(900)}),
        ("vendor_claim.credited", {"amount": money(600)}),
        ("vendor_claim.written_off", {"amount": money(300)}),
    )

    balances = Balances.of(postings, "EUR")

    assert balances.minor(Account.SUPPLIER_DUE) == 0
    assert balances.minor(Account.SUPPLIER_PAID) == 600
    assert balances.minor(Account.WRITE_OFF) == 300


def test_a_settlement_that_is_reversed_before_it_was_sent_leaves_nothing() -> None:
    stated: dict[str, Json] = {"amount": money(700), "fees": [{"amount": money(100)}]}

    postings = posted(("settlement.started", stated), ("settlement.reversed", stated))

    assert not any(Balances.of(postings, "EUR").by_account.values())


def test_a_credit_that_is_cancelled_is_owed_again() -> None:
    stated: dict[str, Json] = {
        "credit_id": "crd_1",
        "amount": money(110),
        "settles": money(100),
    }
    given: dict[str, Json] = {"credit_id": "crd_1", "amount": money(100)}
    awarded: tuple[str, dict[str, Json]] = ("compensation.awarded", {"award": money(100)})
    issued = [("settlement.credited", given), ("credit.issued", stated)]
    cancelled = [("settlement.credit_withdrawn", given), ("credit.cancelled", stated)]

    during = Balances.of(posted(awarded, *issued), "EUR")
    after = Balances.of(posted(awarded, *issued, *cancelled), "EUR")

    assert (during.owed(), during.minor(Account.STORE_CREDIT, "crd_1")) == (eur(0), -110)
    assert (after.owed(), after.minor(Account.STORE_CREDIT)) == (eur(100), 0)
    assert during.minor(Account.CREDIT_GIVEN) == after.minor(Account.CREDIT_GIVEN) == 0


def test_an_exchange_for_less_leaves_the_difference_owed_and_for_more_is_charged() -> None:
    less = posted(("settlement.exchanged", {"value": money(900), "price": money(700)}))
    more = posted(
        (
            "settlement.exchanged",
            {"value": money(700), "price": money(900), "charged_to": "link-1"},
        )
    )

    assert Balances.of(less, "EUR").owed() == eur(200)
    assert Balances.of(more, "EUR").owed() == eur(0)
    assert Balances.of(more, "EUR").minor(Account.CHARGED, "link-1") == 200


@pytest.mark.parametrize("event_type", sorted(POSTED))
def test_every_meaning_balances_or_says_nothing_where_nothing_is_stated(event_type: str) -> None:
    (event,) = journal((event_type, {"payment_id": "card", "amount": money(0)}))

    assert posting_for(event) is None


def test_an_event_that_is_not_about_money_is_not_posted() -> None:
    (event,) = journal(("return.submitted", {"value": money(500)}))

    assert posting_for(event) is None


def test_the_same_event_is_the_same_posting() -> None:
    (event,) = journal(("compensation.awarded", {"award": money(5)}))

    assert posting_for(event) == posting_for(event)


def test_an_event_in_two_currencies_is_refused() -> None:
    (event,) = journal(
        (
            "settlement.exchanged",
            {"value": money(5), "price": {"amount": "5", "currency": "JPY"}},
        )
    )

    with pytest.raises(AssertionError, match="one currency"):
        posting_for(event)


def award(minor: int) -> Event:
    (event,) = journal(("compensation.awarded", {"award": money(minor)}))
    return event


def test_a_posting_that_does_not_balance_cannot_be_made() -> None:
    posting = posting_for(award(500))
    assert posting is not None
    uneven = (Entry(account=Account.FEES, minor=1), Entry(account=Account.RETURNED, minor=-2))

    for wrong in (uneven, (), (Entry(account=Account.FEES, minor=0),), posting.entries * 2):
        with pytest.raises(AssertionError):
            replace(posting, entries=wrong)


def test_a_posting_is_undone_by_its_opposite_once() -> None:
    posting = posting_for(award(500))
    assert posting is not None
    undone = reversing(posting, event_id="evt_2", event_type="compensation.withdrawn", at=NOW)
    again = reversing(posting, event_id="evt_3", event_type="compensation.withdrawn", at=NOW)
    other = replace(
        undone, entries=combined([Entry(account=a, minor=m) for a, m in _OTHER]), event_id="e"
    )

    assert not any(Balances.of([posting, undone], "EUR").by_account.values())
    assert faults_of(SUBJECT, [posting, undone]) == []
    assert "reversed_twice" in codes([posting, undone, again])
    assert "reverses_nothing" in codes([undone])
    assert "reverses_otherwise" in codes([posting, other])


_OTHER = ((Account.CUSTOMER_DUE, 400), (Account.COMPENSATION, -400))


def codes(postings: list[Posting]) -> list[str]:
    return [fault.code for fault in faults_of(SUBJECT, postings)]


def test_a_balance_on_the_wrong_side_an_event_twice_and_two_currencies_are_faults() -> None:
    (paid,) = posted(("compensation.paid", {"amount": money(5), "method": "bank"}))
    (yen,) = posted(("compensation.awarded", {"award": {"amount": "5", "currency": "JPY"}}))

    assert codes([paid]) == ["wrong_side"]
    assert "posted_twice" in codes([paid, paid])
    assert "mixed_currencies" in codes([paid, yen])
    assert codes([]) == []
