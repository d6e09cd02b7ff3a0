"""Goods go back to their supplier once, all or none, and come back where it does not take them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.errors import Conflict, Invalid, NotFound, Stale
from chalicelib.core.ids import is_vendor_number
from chalicelib.inventory.model import Account, MovementKind
from chalicelib.ledger.balances import Balances, faults_of, unposted
from chalicelib.ledger.model import Account as Book
from chalicelib.returns.model import Closure, Disposition
from chalicelib.returns.sending_to_vendor import RETURNED_BY_VENDOR
from chalicelib.suppliers import claiming, drafting, returning
from chalicelib.suppliers.chasing import Outcome, chase
from chalicelib.suppliers.claims import VendorClaimState
from chalicelib.suppliers.documents import RtvState
from chalicelib.suppliers.drafting import RETURNS_MAX, DraftRtv, WantedUnits
from chalicelib.suppliers.model import Terms
from chalicelib.suppliers.waiting import waiting
from tests.builders import NOW, Shop, eur, goes
from tests.returns.undoing import reverses, suspicions
from tests.suppliers.trade import (
    ACME,
    AGREED,
    bad_goods,
    claim_of,
    credited,
    decided_on,
    drafts,
    events_of,
    now_is,
    sends,
    sent_off,
    ships,
    states,
)


@pytest.fixture(autouse=True)
def acme(shop: Shop) -> None:
    states(shop)


def test_a_draft_gathers_what_waits_and_points_to_the_inspections(shop: Shop) -> None:
    first, second = bad_goods(shop, "O-1"), bad_goods(shop, "O-2", quantity=3)

    rtv = drafts(shop, first, second)

    assert is_vendor_number(rtv.number)
    assert shop.store.reads().rtv_by_number(rtv.number) == rtv
    assert (rtv.state, rtv.quantity, rtv.cost) == (RtvState.DRAFT, 5, eur(20_00))
    assert [line.grade for line in rtv.lines] == ["C", "C"]
    seen = [e for e in shop.store.reads().events(first.subject) if e.type == "return.inspected"]
    assert rtv.lines[0].inspection_id == seen[0].data["inspection_id"]
    assert rtv.claim_by == seen[0].time + timedelta(days=90)
    assert list(waiting(shop.now_is(first))) == [], "what is in a document waits no more"
    assert suspicions(shop) == []


def test_a_unit_is_in_one_document_only(shop: Shop) -> None:
    ret = bad_goods(shop)
    drafts(shop, ret, items=(WantedUnits(return_id=ret.return_id, line_no="1", quantity=1),))

    other = drafts(shop, ret)

    assert other.quantity == 1
    with pytest.raises(Conflict, match="not_waiting_for_vendor"):
        drafts(shop, ret)


def test_of_two_documents_that_want_a_unit_at_once_one_is_written(shop: Shop) -> None:
    ret = bad_goods(shop)
    shop.store.interference.append(lambda: drafts(shop, ret))  # type: ignore[attr-defined]  # fake

    with pytest.raises(Conflict, match="not_waiting_for_vendor"):
        drafts(shop, ret)

    held = {group.held_by for group in shop.now_is(ret).groups()}
    assert len(held) == 1
    assert None not in held


@pytest.mark.parametrize(
    "other",
    [{"supplier_id": "OTHER"}, {"disposition": Disposition.SCRAP}],
    ids=["of another supplier", "not set aside for it"],
)
def test_only_what_waits_for_the_supplier_is_drafted(shop: Shop, other: dict[str, Any]) -> None:
    ret = bad_goods(shop, **other)

    with pytest.raises(Conflict, match="not_waiting_for_vendor"):
        drafts(shop, ret)


def test_goods_of_another_warehouse_are_another_document(shop: Shop) -> None:
    ret = bad_goods(shop)

    with pytest.raises(Conflict, match="not_waiting_for_vendor"):
        drafts(shop, ret, warehouse="B")


def test_where_nothing_was_agreed_nothing_goes_back(shop: Shop) -> None:
    states(shop, terms=Terms(is_agreed=False))
    ret = bad_goods(shop)

    with pytest.raises(Conflict, match="rtv_not_agreed"):
        drafts(shop, ret)


def test_a_document_of_very_many_returns_is_refused(shop: Shop) -> None:
    items = tuple(WantedUnits(return_id=f"ret_{n}") for n in range(RETURNS_MAX + 1))

    with pytest.raises(Invalid, match="rtv_size") as refused:
        drafts(shop, items=items)

    assert refused.value.details == {"possible": RETURNS_MAX, "asked": RETURNS_MAX + 1}
    assert "another document" in refused.value.message, "it says how to go on"


def test_a_cancelled_draft_lets_its_units_wait_again(shop: Shop) -> None:
    ret = bad_goods(shop)
    rtv = drafts(shop, ret)

    shop.do(lambda reads, context: drafting.cancel(reads, rtv.rtv_id, context))

    assert now_is(shop, rtv).state is RtvState.CANCELLED
    assert drafts(shop, ret).quantity == 2
    assert events_of(shop, ret.subject)[-3:] == [
        "return.listed_for_vendor",
        "return.unlisted_for_vendor",
        "return.listed_for_vendor",
    ]
    assert suspicions(shop) == []


def test_a_sent_document_has_its_claim_for_the_agreed_share(shop: Shop) -> None:
    rtv = sends(shop, drafts(shop, bad_goods(shop)))

    claim = claim_of(shop, rtv)

    assert (rtv.state, rtv.claim_id) == (RtvState.SENT, claim.claim_id)
    assert (claim.state, claim.amount, claim.quantity) == (VendorClaimState.SENT, eur(6_40), 2)
    assert claim.evidence.inspections == (rtv.lines[0].inspection_id,)


@pytest.mark.parametrize(
    "terms",
    [replace(AGREED, quantity_min=3), replace(AGREED, value_min=eur(8_01))],
    ids=["too few", "too little worth"],
)
def test_less_than_was_agreed_is_not_sent(shop: Shop, terms: Terms) -> None:
    states(shop, terms=terms)
    rtv = drafts(shop, bad_goods(shop))

    with pytest.raises(Conflict, match="below_minimum"):
        sends(shop, rtv)


def test_goods_leave_with_the_document_and_not_before(shop: Shop) -> None:
    first, second = bad_goods(shop, "O-1"), bad_goods(shop, "O-2")
    rtv = sends(shop, drafts(shop, first, second))
    assert shop.on_hand("SKU-1", Account.QUARANTINE) == 4

    rtv = ships(shop, rtv)

    assert (rtv.state, rtv.carrier, rtv.tracking_no) == (RtvState.GOODS_SHIPPED, "dhl", "T-1")
    assert shop.on_hand("SKU-1", Account.QUARANTINE) == 0
    assert shop.on_hand("SKU-1", Account.VENDOR) == 4
    moved = shop.store.reads().movements_of(second.subject)
    assert [one.kind for one in moved].count(MovementKind.VENDOR_RETURN) == 1
    assert events_of(shop, second.subject)[-1] == "return.sent_to_vendor"
    assert suspicions(shop) == []
    with pytest.raises(Conflict, match="rtv_not_in_state"):
        ships(shop, rtv)


def test_of_two_who_ship_at_once_one_does(shop: Shop) -> None:
    rtv = sends(shop, drafts(shop, bad_goods(shop)))
    shop.store.interference.append(lambda: ships(shop, rtv))  # type: ignore[attr-defined]  # fake

    with pytest.raises(Conflict, match="rtv_not_in_state"):
        ships(shop, rtv, "T-2")

    assert (now_is(shop, rtv).tracking_no, shop.on_hand("SKU-1", Account.VENDOR)) == ("T-1", 2)
    assert suspicions(shop) == []


def test_units_that_a_document_holds_are_moved_by_it_alone(shop: Shop) -> None:
    ret = bad_goods(shop)
    rtv = drafts(shop, ret)

    with pytest.raises(Conflict, match="not_allowed_now"):
        reverses(shop, shop.now_is(ret))

    shop.do(lambda reads, own: drafting.cancel(reads, rtv.rtv_id, own))
    (free,) = reverses(shop, shop.now_is(ret)).groups()
    assert free.disposition is Disposition.HOLD


def test_a_document_names_the_version_that_was_looked_at(shop: Shop) -> None:
    rtv = drafts(shop, bad_goods(shop))

    with pytest.raises(Stale):
        shop.do(
            lambda reads, context: returning.send(reads, rtv.rtv_id, None, context),
            decided_on(7, shop),
        )
    with pytest.raises(NotFound, match="rtv_not_found"):
        shop.do(lambda reads, context: returning.send(reads, "rtv_none", None, context))


def test_a_credit_closes_the_document_and_is_booked_by_its_claim(shop: Shop) -> None:
    rtv = sent_off(shop, bad_goods(shop))

    rtv = credited(shop, rtv, 6_40)

    claim = claim_of(shop, rtv)
    assert (rtv.state, rtv.credited, claim.state) == (
        RtvState.CREDITED,
        eur(6_40),
        VendorClaimState.RECOVERED,
    )
    postings = shop.store.reads().postings(claim.subject)
    balances = Balances.of(postings, "EUR")
    assert faults_of(claim.subject, postings) == []
    assert unposted(shop.store.reads().events(claim.subject), postings) == []
    assert balances.minor(Book.SUPPLIER_PAID) == 6_40
    assert balances.minor(Book.SUPPLIER_DUE) == 0
    assert suspicions(shop) == []


def test_what_is_missing_of_a_credit_is_asked_for_by_the_claim(shop: Shop) -> None:
    rtv = credited(shop, sent_off(shop, bad_goods(shop)), 4_00)
    assert claim_of(shop, rtv).state is VendorClaimState.PARTLY_RECOVERED

    rtv = credited(shop, rtv, 2_40, "CN-2")

    assert (rtv.state, rtv.credited) == (RtvState.CREDITED, eur(6_40))
    assert claim_of(shop, rtv).state is VendorClaimState.RECOVERED
    assert suspicions(shop) == []


def test_refused_goods_come_back_on_hold(shop: Shop) -> None:
    ret = bad_goods(shop)
    rtv = sent_off(shop, ret)
    rtv = shop.do(
        lambda reads, context: returning.reject(reads, rtv.rtv_id, "NO_FAULT_FOUND", context)
    )
    assert (rtv.state, shop.on_hand("SKU-1", Account.VENDOR)) == (RtvState.REJECTED, 2)
    assert claim_of(shop, rtv).state is VendorClaimState.REJECTED

    rtv = shop.do(lambda reads, context: returning.take_back(reads, rtv.rtv_id, context))

    (group,) = shop.now_is(ret).groups()
    assert (group.disposition, group.held_by) == (Disposition.HOLD, None)
    assert shop.on_hand("SKU-1", Account.QUARANTINE) == 2
    shop.disposes(ret, goes(Disposition.SCRAP, 2, origin=Disposition.HOLD))
    assert suspicions(shop) == []
    with pytest.raises(Conflict, match="goods_not_there"):
        shop.do(lambda reads, context: returning.take_back(reads, rtv.rtv_id, context))


def test_goods_that_never_left_are_on_hold_once_the_supplier_refuses(shop: Shop) -> None:
    ret = bad_goods(shop)
    rtv = sends(shop, drafts(shop, ret))
    off = claiming.WriteOff(code="INSOLVENT", accountable="buyer-1")

    rtv = shop.do(lambda reads, context: returning.write_off(reads, rtv.rtv_id, off, context))

    assert (rtv.state, rtv.closing_code) == (RtvState.WRITTEN_OFF, "INSOLVENT")
    (group,) = shop.now_is(ret).groups()
    assert (group.disposition, group.held_by) == (Disposition.HOLD, None)
    with pytest.raises(Conflict, match="goods_not_there"):
        shop.do(lambda reads, context: returning.take_back(reads, rtv.rtv_id, context))
    assert suspicions(shop) == []


def test_a_completed_return_is_open_again_when_its_goods_are_on_hold(shop: Shop) -> None:
    ret = bad_goods(shop)
    shop.settles(ret)
    assert shop.now_is(ret).closure is Closure.COMPLETED
    rtv = sends(shop, drafts(shop, ret))

    shop.do(lambda reads, context: returning.reject(reads, rtv.rtv_id, "NOT_OURS", context))

    assert shop.now_is(ret).closure is Closure.REOPENED
    last = shop.store.reads().events(ret.subject)[-1]
    assert (last.type, last.data["reason"]) == ("return.reopened", RETURNED_BY_VENDOR)


def test_a_draft_is_told_of_once_before_the_agreed_time_is_over(shop: Shop) -> None:
    rtv = drafts(shop, bad_goods(shop))
    early = shop.do(lambda reads, context: chase(reads, rtv.subject, context))
    shop.now = NOW + timedelta(days=84)
    due = shop.do(lambda reads, context: chase(reads, rtv.subject, context))
    again = shop.do(lambda reads, context: chase(reads, rtv.subject, context))

    assert (early, due, again) == (Outcome.UNCHANGED, Outcome.REMINDED, Outcome.UNCHANGED)


def test_an_order_command_is_the_same_when_it_is_repeated(shop: Shop) -> None:
    ret = bad_goods(shop)
    context = shop.context()
    command = DraftRtv(warehouse="A", items=(WantedUnits(return_id=ret.return_id),))
    first = shop.do(lambda reads, _: drafting.draft(reads, ACME, command, context), context)

    with pytest.raises(Conflict, match="not_waiting_for_vendor"):
        shop.do(lambda reads, _: drafting.draft(reads, ACME, command, context), context)

    assert now_is(shop, first) == first
