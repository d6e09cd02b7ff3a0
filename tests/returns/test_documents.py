"""Papers: each type needs its own before approval; what is missing is shown and asked for."""

import json

import pytest

from chalicelib.core.errors import Conflict
from chalicelib.orders.model import DeliveredItem
from chalicelib.returns.documents import DOCUMENTS_MAX, missing, missing_of
from chalicelib.returns.handover import investigation_id
from chalicelib.returns.model import LinkedDocument, ReturnType
from chalicelib.returns.standing import status_of
from chalicelib.returns.wishes import RequestedLine
from chalicelib.tasks.model import Task
from tests.builders import Shop, delivery, line, order, wish

NEEDED = {
    ReturnType.CUSTOMER_RETURN: (),
    ReturnType.WITHDRAWAL: (),
    ReturnType.QUALITY: ("photo|qc_report",),
    ReturnType.SALES_ADJUSTMENT: ("sales_contract", "application_form"),
    ReturnType.RECALL: ("application_form", "qc_report"),
    ReturnType.STOCK_ERROR: ("outbound_order", "application_form"),
}


def papers(*kinds: str) -> tuple[LinkedDocument, ...]:
    return tuple(LinkedDocument(kind=kind, ref=f"{kind}-1") for kind in kinds)


def investigation(shop: Shop, return_id: str) -> Task | None:
    return shop.store.reads().task(investigation_id(return_id))


@pytest.mark.parametrize("type_", ReturnType)
def test_each_type_needs_its_papers(type_: ReturnType) -> None:
    assert missing_of(type_, (), is_blind=False) == NEEDED[type_]


@pytest.mark.parametrize("type_", ReturnType)
def test_without_a_sale_its_proof_is_needed_too_but_not_for_our_own_error(
    type_: ReturnType,
) -> None:
    proof = () if type_ is ReturnType.STOCK_ERROR else ("proof_of_purchase",)

    assert missing_of(type_, (), is_blind=True) == NEEDED[type_] + proof


@pytest.mark.parametrize("kind", ["photo", "qc_report"])
def test_of_alternatives_one_will_do(kind: str) -> None:
    assert missing_of(ReturnType.QUALITY, papers(kind), is_blind=False) == ()


def test_papers_of_other_kinds_may_be_there_and_count_for_nothing() -> None:
    assert missing_of(ReturnType.QUALITY, papers("letter"), is_blind=False) == ("photo|qc_report",)


def test_outbound_orders_are_linked_by_themselves_for_what_is_asked_back(shop: Shop) -> None:
    first = delivery(DeliveredItem(line_no="1", quantity=1), no="D-1")
    second = delivery(DeliveredItem(line_no="2", quantity=1), no="D-2")
    shop.sells(order(line("1"), line("2"), deliveries=(first, second)))

    draft = shop.asks("O-1", wish(1, "2"), submit=False)
    edited = shop.edits(draft, wish(1, "1"))

    assert draft.documents == (LinkedDocument(kind="outbound_order", ref="D-2"),)
    assert edited.documents == (LinkedDocument(kind="outbound_order", ref="D-1"),)


def test_approval_waits_for_papers(shop: Shop) -> None:
    shop.sells(order(line()))
    ret = shop.asks(type=ReturnType.QUALITY)

    with pytest.raises(Conflict, match="documents_missing") as refused:
        shop.approves(ret)
    approved = shop.approves(shop.links(ret, "qc_report"))

    assert refused.value.details["missing_documents"] == ["photo|qc_report"]
    assert status_of(approved) == "APPROVED"


def test_a_return_without_its_papers_may_be_rejected(shop: Shop) -> None:
    shop.sells(order(line()))

    assert status_of(shop.rejects(shop.asks(type=ReturnType.QUALITY))) == "REJECTED"


def test_a_paper_linked_twice_is_there_once_and_changes_nothing(shop: Shop) -> None:
    shop.sells(order(line()))
    ret = shop.links(shop.asks(), "invoice")

    assert shop.links(ret, "invoice") == ret


def test_a_linked_paper_is_told_by_its_kind_never_by_its_reference(shop: Shop) -> None:
    shop.sells(order(line()))
    ret = shop.links(shop.asks(), "invoice", ref="Miller, Anna")

    event = shop.store.reads().events(ret.subject)[-1]

    assert (event.type, event.data["kind"]) == ("return.document_linked", "invoice")
    assert "Miller" not in json.dumps(event.data)


def test_a_return_has_only_so_many_papers(shop: Shop) -> None:
    shop.sells(order(line()))
    many = tuple(LinkedDocument(kind="photo", ref=str(no)) for no in range(DOCUMENTS_MAX))
    ret = shop.asks(documents=many)

    with pytest.raises(Conflict, match="too_many_documents"):
        shop.links(ret, "invoice")


def test_a_closed_return_takes_no_more_papers(shop: Shop) -> None:
    shop.sells(order(line()))
    ret = shop.accepts(shop.asks())
    shop.settles(ret)

    with pytest.raises(Conflict, match="already_closed"):
        shop.links(ret, "invoice")
    with pytest.raises(Conflict, match="already_closed"):
        shop.reports_cause(ret)


CAUSED = [ReturnType.SALES_ADJUSTMENT, ReturnType.RECALL, ReturnType.STOCK_ERROR]


@pytest.mark.parametrize("type_", CAUSED)
def test_a_cause_is_investigated_and_reported_before_approval(
    shop: Shop, type_: ReturnType
) -> None:
    shop.sells(order(line()))
    all_papers = papers("sales_contract", "application_form", "qc_report")
    ret = shop.asks(type=type_, documents=all_papers)
    opened = investigation(shop, ret.return_id)

    with pytest.raises(Conflict, match="cause_report_required"):
        shop.approves(ret)
    reported = shop.reports_cause(ret)
    done = investigation(shop, ret.return_id)

    assert opened is not None
    assert (opened.state, opened.role) == ("open", "support")
    assert done is not None
    assert (done.state, done.done_by) == ("done", "someone")
    assert status_of(shop.approves(reported)) == "APPROVED"


def test_other_types_are_not_investigated(shop: Shop) -> None:
    shop.sells(order(line()))
    ret = shop.asks(type=ReturnType.QUALITY)

    assert investigation(shop, ret.return_id) is None
    assert shop.reports_cause(ret).cause_report is not None, "but may be"


def test_a_cause_that_was_reported_on_the_draft_needs_no_investigation(shop: Shop) -> None:
    shop.sells(order(line()))
    draft = shop.reports_cause(shop.asks(type=ReturnType.RECALL, submit=False))

    ret = shop.submits(draft)

    assert investigation(shop, ret.return_id) is None


def test_a_draft_is_not_investigated_until_it_is_submitted(shop: Shop) -> None:
    shop.sells(order(line()))
    draft = shop.asks(type=ReturnType.RECALL, submit=False)
    before = investigation(shop, draft.return_id)

    shop.submits(draft)

    assert before is None
    assert investigation(shop, draft.return_id) is not None


def test_asking_again_opens_no_second_investigation(shop: Shop) -> None:
    shop.sells(order(line()))
    ret = shop.rejects(shop.asks(type=ReturnType.RECALL))
    first = investigation(shop, ret.return_id)

    shop.submits(ret)

    assert investigation(shop, ret.return_id) == first


def test_a_later_report_takes_the_place_of_an_earlier_one(shop: Shop) -> None:
    shop.sells(order(line()))
    first = shop.reports_cause(shop.asks(type=ReturnType.RECALL))

    second = shop.reports_cause(first)

    assert first.cause_report is not None
    assert second.cause_report is not None
    assert second.cause_report.reported_at > first.cause_report.reported_at


def test_a_report_is_told_without_a_word_of_it(shop: Shop) -> None:
    shop.sells(order(line()))
    ret = shop.reports_cause(shop.asks(type=ReturnType.RECALL))

    event = shop.store.reads().events(ret.subject)[-1]

    assert event.type == "return.cause_reported"
    assert event.actor.id == "someone"
    assert "relabelled" not in json.dumps(event.data)


def test_a_blind_return_shows_that_its_proof_is_missing(shop: Shop) -> None:
    wished = RequestedLine(sku="S", quantity=1, reason="CHANGED_MIND")

    ret = shop.asks(None, wished, customer_id="cus-1")

    assert missing(ret) == ("proof_of_purchase",)
