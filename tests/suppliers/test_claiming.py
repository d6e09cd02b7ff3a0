"""What a supplier owes: claimed once, recovered in parts, and right in the books to the cent."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.core.errors import Conflict, Invalid, NotFound
from chalicelib.core.money import Money
from chalicelib.ledger.balances import Balances, faults_of, unposted
from chalicelib.ledger.model import Account
from chalicelib.liability.model import LiabilityState, Liable
from chalicelib.reconciliation.money import money_findings
from chalicelib.returns import resolving
from chalicelib.returns.exceptions import ResolutionKind
from chalicelib.returns.model import Disposition
from chalicelib.returns.rulings import ClaimAgainst, Resolve
from chalicelib.suppliers import claiming
from chalicelib.suppliers.chasing import Outcome, chase
from chalicelib.suppliers.claims import Age, Evidence, VendorClaim, VendorClaimState
from chalicelib.suppliers.opening import ClaimedLine
from chalicelib.tasks.model import TaskKind, TaskState, task_id_for
from tests.builders import Shop, eur, item, line, order
from tests.returns.undoing import suspicions
from tests.suppliers.trade import (
    bad_goods,
    claim_of,
    drafts,
    events_of,
    now_is,
    opens,
    recovers,
    sends,
    states,
    told,
)


@pytest.fixture(autouse=True)
def acme(shop: Shop) -> None:
    states(shop)


@pytest.fixture
def claim(shop: Shop) -> VendorClaim:
    """8.00 of scrapped goods, of which 80 % were agreed; the supplier was told."""
    ret = bad_goods(shop, disposition=Disposition.SCRAP)
    return told(shop, opens(shop, ClaimedLine(return_id=ret.return_id, line_no="1", quantity=2)))


def balances(shop: Shop, claim: VendorClaim) -> Balances:
    """Of the claim, once its ledger was compared with its events and with itself."""
    reads = shop.store.reads()
    events, postings = reads.events(claim.subject), reads.postings(claim.subject)
    stored = reads.vendor_claim(claim.claim_id)
    assert stored is not None
    assert faults_of(claim.subject, postings) == []
    assert unposted(events, postings) == []
    assert list(money_findings(stored, events, postings)) == []
    return Balances.of(postings, "EUR")


def accepts(shop: Shop, claim: VendorClaim, amount: int | None) -> VendorClaim:
    accepted = eur(amount) if amount is not None else None
    return shop.do(
        lambda reads, context: claiming.acknowledge(
            reads, claim.claim_id, "ACME-1", accepted, context
        )
    )


def writes_off(shop: Shop, claim: VendorClaim) -> VendorClaim:
    command = claiming.WriteOff(code="NOT_WORTH_IT", accountable="buyer-1")
    return shop.do(
        lambda reads, context: claiming.write_off(reads, claim.claim_id, command, context)
    )


def test_destroyed_goods_are_claimed_with_what_inspections_said(
    shop: Shop, claim: VendorClaim
) -> None:
    assert (claim.state, claim.amount) == (VendorClaimState.SENT, eur(6_40))
    assert len(claim.evidence.inspections) == 1
    assert claim.units[0].inspection_id == claim.evidence.inspections[0]
    assert suspicions(shop) == []


def test_a_unit_is_claimed_once(shop: Shop, claim: VendorClaim) -> None:
    again = ClaimedLine(return_id=claim.units[0].return_id, line_no="1", quantity=1)

    with pytest.raises(Conflict, match="not_claimable"):
        opens(shop, again)


def test_units_of_two_lines_of_a_request_are_not_taken_twice(shop: Shop) -> None:
    ret = bad_goods(shop, disposition=Disposition.SCRAP)
    two = ClaimedLine(return_id=ret.return_id, line_no="1", quantity=2)

    with pytest.raises(Conflict, match="not_claimable"):
        opens(shop, two, ClaimedLine(return_id=ret.return_id, line_no="1", quantity=1))


@pytest.mark.parametrize("disposition", [Disposition.RTV, Disposition.HOLD])
def test_goods_that_are_still_here_are_no_claim_without_goods(
    shop: Shop, disposition: Disposition
) -> None:
    ret = bad_goods(shop, disposition=disposition)

    with pytest.raises(Conflict, match="not_claimable"):
        opens(shop, ClaimedLine(return_id=ret.return_id, line_no="1", quantity=1))


def test_goods_of_another_supplier_are_refused(shop: Shop) -> None:
    ret = bad_goods(shop, disposition=Disposition.SCRAP, supplier_id="OTHER")

    with pytest.raises(Invalid, match="unknown_line"):
        opens(shop, ClaimedLine(return_id=ret.return_id, line_no="1", quantity=1))


def test_without_a_known_cost_somebody_says_how_much(shop: Shop) -> None:
    unit = ClaimedLine(sku="SKU-9", quantity=3)
    with pytest.raises(Invalid, match="amount_required"):
        opens(shop, unit)

    claim = opens(shop, unit, amount=eur(9_00), evidence=Evidence(documents=("QC-1",)))

    assert (claim.amount, claim.evidence.documents) == (eur(9_00), ("QC-1",))


def test_recoveries_add_up_to_the_claim(shop: Shop, claim: VendorClaim) -> None:
    claim = recovers(shop, claim, 4_00)
    assert (claim.state, claim.left) == (VendorClaimState.PARTLY_RECOVERED, eur(2_40))

    claim = recovers(shop, claim, 2_40, "CN-2")

    assert (claim.state, claim.recovered) == (VendorClaimState.RECOVERED, eur(6_40))
    books = balances(shop, claim)
    assert books.minor(Account.SUPPLIER_PAID) == 6_40
    assert books.minor(Account.SUPPLIER_DUE) == 0
    assert books.minor(Account.SUPPLIER_RECOVERY) == -6_40


def test_more_than_was_claimed_needs_a_reason(shop: Shop, claim: VendorClaim) -> None:
    with pytest.raises(Conflict, match="above_claimed") as refused:
        recovers(shop, claim, 6_41)
    assert refused.value.details["left"] == eur(6_40)

    claim = recovers(shop, claim, 7_00, reason="They paid the freight too.")

    assert (claim.state, claim.left) == (VendorClaimState.RECOVERED, eur(0))
    assert balances(shop, claim).minor(Account.SUPPLIER_PAID) == 7_00


def test_one_reference_is_booked_once(shop: Shop, claim: VendorClaim) -> None:
    recovers(shop, claim, 1_00)

    with pytest.raises(Conflict, match="reference_known"):
        recovers(shop, claim, 1_00)


def test_a_recovery_is_in_the_currency_of_the_claim(shop: Shop, claim: VendorClaim) -> None:
    command = claiming.Recover(amount=Money(100, "USD"), reference="CN-1")

    with pytest.raises(Invalid, match="currency_differs"):
        shop.do(lambda reads, context: claiming.recover(reads, claim.claim_id, command, context))


def test_what_was_accepted_is_owed_until_it_comes_or_is_given_up(
    shop: Shop, claim: VendorClaim
) -> None:
    claim = accepts(shop, claim, 5_00)
    assert balances(shop, claim).minor(Account.SUPPLIER_DUE) == 5_00
    claim = recovers(shop, claim, 3_00)
    assert balances(shop, claim).minor(Account.SUPPLIER_DUE) == 2_00

    claim = writes_off(shop, claim)

    books = balances(shop, claim)
    assert (claim.state, claim.written_off) == (VendorClaimState.WRITTEN_OFF, eur(2_00))
    assert books.minor(Account.SUPPLIER_DUE) == 0
    assert books.minor(Account.WRITE_OFF) == 2_00
    assert suspicions(shop) == []


def test_a_claim_that_nobody_accepted_leaves_the_books_alone(
    shop: Shop, claim: VendorClaim
) -> None:
    claim = writes_off(shop, claim)

    assert balances(shop, claim).by_account == {}


def test_a_claim_that_says_other_than_its_ledger_is_found(shop: Shop, claim: VendorClaim) -> None:
    claim = recovers(shop, claim, 1_00)
    reads = shop.store.reads()
    events, postings = reads.events(claim.subject), reads.postings(claim.subject)

    found = list(money_findings(replace(claim, recoveries=()), events, postings))

    assert {one.kind for one in found} == {"ledger_vendor_claim"}
    assert {str(one.found["about"]) for one in found if isinstance(one.found, dict)} == {
        "supplier_due",
        "supplier_paid",
    }


def test_no_more_is_accepted_than_is_claimed(shop: Shop, claim: VendorClaim) -> None:
    with pytest.raises(Conflict, match="above_claimed"):
        accepts(shop, claim, 6_41)


def test_what_was_accepted_cannot_be_rejected_any_more(shop: Shop, claim: VendorClaim) -> None:
    claim = accepts(shop, claim, 1_00)

    with pytest.raises(Conflict, match="claim_accepted"):
        shop.do(lambda reads, context: claiming.reject(reads, claim.claim_id, "NOT_OURS", context))


@pytest.mark.parametrize("end", ["rejected", "written off", "recovered"])
def test_what_has_ended_stays_ended(shop: Shop, claim: VendorClaim, end: str) -> None:
    if end == "rejected":
        shop.do(lambda reads, context: claiming.reject(reads, claim.claim_id, "PRICE", context))
    elif end == "written off":
        writes_off(shop, claim)
    else:
        recovers(shop, claim, 6_40)

    with pytest.raises(Conflict, match="vendor_claim_ended"):
        writes_off(shop, claim)
    with pytest.raises(Conflict, match="vendor_claim_not_in_state"):
        told(shop, claim)


def test_before_the_supplier_was_told_nothing_comes(shop: Shop) -> None:
    ret = bad_goods(shop, disposition=Disposition.SCRAP)
    claim = opens(shop, ClaimedLine(return_id=ret.return_id, line_no="1", quantity=1))

    with pytest.raises(Conflict, match="vendor_claim_not_in_state"):
        recovers(shop, claim, 1_00)
    with pytest.raises(NotFound):
        shop.do(lambda reads, context: claiming.send(reads, "vcl_none", context))


def test_what_the_supplier_states_counts_once_finance_confirmed_it(
    shop: Shop, claim: VendorClaim
) -> None:
    stated = shop.do(
        lambda reads, context: claiming.state_credit(
            reads, claim.claim_id, eur(6_40), "CN-7", context
        )
    )
    assert (stated.recovered, stated.stated[0].is_confirmed) == (eur(0), False)
    assert balances(shop, stated).by_account == {}

    confirmed = recovers(shop, stated, 6_40, "CN-7")

    assert confirmed.stated[0].is_confirmed
    assert confirmed.state is VendorClaimState.RECOVERED


def test_an_objection_is_work_for_finance_and_ends_nothing(shop: Shop, claim: VendorClaim) -> None:
    disputed = shop.do(
        lambda reads, context: claiming.dispute(reads, claim.claim_id, "NO_FAULT_FOUND", context)
    )

    task = shop.store.reads().task(task_id_for(TaskKind.VENDOR_CLAIM, claim.subject, "disputed"))
    assert (disputed.state, disputed.disputed_code) == (VendorClaimState.SENT, "NO_FAULT_FOUND")
    assert task is not None
    assert (task.role, task.reasons) == ("finance", ("disputed",))
    with pytest.raises(Conflict, match="already_disputed"):
        shop.do(lambda reads, context: claiming.dispute(reads, claim.claim_id, "PRICE", context))
    recovers(shop, claim, 6_40)
    done = shop.store.reads().task(task.task_id)
    assert done is not None
    assert done.state is TaskState.DONE


def test_unknown_codes_are_refused(shop: Shop, claim: VendorClaim) -> None:
    with pytest.raises(Invalid, match="unknown_code"):
        shop.do(lambda reads, context: claiming.dispute(reads, claim.claim_id, "MOOD", context))


@pytest.mark.parametrize(
    ("days", "age"),
    [
        (0, Age.DAYS_0_30),
        (30, Age.DAYS_0_30),
        (31, Age.DAYS_31_60),
        (60, Age.DAYS_31_60),
        (61, Age.DAYS_61_90),
        (90, Age.DAYS_61_90),
        (91, Age.DAYS_OVER_90),
    ],
)
def test_a_claim_has_an_age_since_the_supplier_was_told(
    shop: Shop, claim: VendorClaim, days: int, age: Age
) -> None:
    assert claim.sent_at is not None
    assert claim.age(claim.sent_at + timedelta(days=days)) is age


def test_what_is_recovered_has_no_age(shop: Shop, claim: VendorClaim) -> None:
    assert recovers(shop, claim, 6_40).age(shop.now) is None


def test_somebody_is_told_when_the_supplier_does_not_answer_and_told_again(
    shop: Shop, claim: VendorClaim
) -> None:
    def chased() -> Outcome:
        return shop.do(lambda reads, context: chase(reads, claim.subject, context))

    assert chased() is Outcome.UNCHANGED
    shop.now += timedelta(days=14)
    assert [chased(), chased()] == [Outcome.REMINDED, Outcome.UNCHANGED]
    shop.now += timedelta(days=14)
    assert chased() is Outcome.REMINDED

    stored = shop.store.reads().vendor_claim(claim.claim_id)
    assert stored is not None
    assert stored.reminders == 2
    recovers(shop, claim, 6_40)
    shop.now += timedelta(days=90)
    assert chased() is Outcome.UNCHANGED


def test_a_liability_claim_on_a_supplier_is_pursued_and_ended_as_one(shop: Shop) -> None:
    shop.sells(order(line(supplier_id="ACME")))
    ret = shop.approves(shop.asks())
    (extra,) = shop.receives(ret, item(quantity=2)).exceptions
    asked = Resolve(
        resolution=ResolutionKind.CLAIM,
        reason="Wrong goods in the box.",
        claim=ClaimAgainst(against=Liable.SUPPLIER, party="ACME", amount=eur(3_00)),
    )
    done = shop.do(
        lambda reads, context: resolving.resolve(reads, extra.exception_id, asked, context)
    )
    liability_id = done.resolutions[0].claim_id
    assert liability_id is not None

    claim = told(shop, opens(shop, liability_claim_id=liability_id))
    assert claim.amount == eur(3_00)
    with pytest.raises(Conflict, match="liability_claim_ended"):
        opens(shop, liability_claim_id=liability_id)
    recovers(shop, claim, 3_00)

    liability = shop.store.reads().liability_claim(liability_id)
    assert liability is not None
    assert (liability.state, liability.vendor_claim_id) == (
        LiabilityState.RECOVERED,
        claim.claim_id,
    )
    assert shop.store.reads().postings(liability.subject) == [], "the money is booked once"
    assert balances(shop, claim).minor(Account.SUPPLIER_PAID) == 3_00
    assert suspicions(shop) == []


def test_a_claim_of_a_document_that_is_rejected_ends_the_document(shop: Shop) -> None:
    rtv = sends(shop, drafts(shop, bad_goods(shop)))
    claim = claim_of(shop, rtv)

    shop.do(lambda reads, context: claiming.reject(reads, claim.claim_id, "TOO_LATE", context))

    after = now_is(shop, rtv)
    assert (after.state.value, after.closing_code) == ("REJECTED", "TOO_LATE")
    assert events_of(shop, rtv.subject)[-1] == "rtv.rejected"
