"""Captured documents as decisions: races with the scans they are about, and captured again."""

import json
from dataclasses import replace
from typing import Any

from chalicelib.contracts.epcis import EpcisEvent
from chalicelib.epcis.capturing import capture, to_queue
from chalicelib.epcis.intake import Plan, plan_of
from chalicelib.epcis.model import Behaviour, CaptureJob, Verdict
from chalicelib.returns import refused_scans
from chalicelib.returns.arriving import Arrive, arrive
from chalicelib.returns.exceptions import ExceptionKind
from chalicelib.returns.model import Return
from chalicelib.returns.parcels import RETURNS_MAX, group, stack
from chalicelib.returns.scanning import Scan
from tests.builders import Shop, line, order, wish
from tests.contracts.test_barcodes import SSCC
from tests.epcis.documents import GTIN, LINK, PLACES, SSCC_URN, box_event, object_event, rma
from tests.receivings.test_receivings import opens
from tests.shipping.stories import whereabouts

DECLARED = {"errorDeclaration": {"declarationTime": "2026-11-23T09:00:00Z"}}


def plan(event: dict[str, Any]) -> Plan:
    read = EpcisEvent.model_validate_json(json.dumps(event))
    return plan_of(read.to_domain(event, PLACES), "dev-1")


def expected(shop: Shop) -> Return:
    """A return of two units, sold under a GTIN of fourteen digits."""
    shop.sells(order(line(quantity=2, gtin=f"0{GTIN}")))
    return shop.approves(shop.asks("O-1", wish(2)))


def captures(
    shop: Shop, *plans: Plan, behaviour: Behaviour = Behaviour.PROCEED, capture_id: str = "cap_1"
) -> CaptureJob:
    return shop.do(lambda reads, context: capture(reads, capture_id, behaviour, plans, context))


def takes(shop: Shop, scan: Scan) -> None:
    shop.do(lambda reads, context: refused_scans.take(reads, scan, context))


def books(shop: Shop, event: dict[str, Any]) -> None:
    for scan in plan(event).scans:
        takes(shop, scan)


def test_goods_are_found_however_many_digits_their_gtin_was_sold_with(shop: Shop) -> None:
    ret = expected(shop)

    books(shop, object_event(LINK, **rma(ret.number)))

    (received,) = shop.now_is(ret).lines
    assert sum(group.size for group in received.groups if group.warehouse == "WH1") == 1


def test_what_is_queued_is_what_was_not_held_back(shop: Shop) -> None:
    good, bad = plan(object_event(LINK)), plan(object_event(LINK, bizLocation=None))

    some = captures(shop, good, bad)
    none = captures(shop, good, bad, behaviour=Behaviour.ROLLBACK, capture_id="cap_2")

    assert to_queue(some, (good, bad)) == list(good.scans)
    assert to_queue(none, (good, bad)) == []
    assert [one.verdict for one in none.events] == [Verdict.ROLLED_BACK, Verdict.REFUSED]


def test_a_document_captured_again_is_the_same_job_unless_something_was_refused(
    shop: Shop,
) -> None:
    good = plan(object_event(LINK))
    ret = expected(shop)
    box = plan(box_event(bizStep="packing", **rma(ret.number)))
    stranger = replace(box, numbers=("R26AAAAAAAA0",))

    assert captures(shop, good) == captures(shop, good)
    refused = captures(shop, stranger, capture_id="cap_2")
    mended = captures(shop, box, capture_id="cap_2")

    assert refused.events[0].faults[0].code == "unknown_return"
    assert (mended.version, mended.events[0].verdict) == (2, Verdict.GROUPED)


def test_boxes_keep_the_returns_that_they_held(shop: Shop) -> None:
    first = expected(shop)
    shop.sells(order(line(), no="O-2"))
    second = shop.approves(shop.asks("O-2"))
    told = [plan(box_event(bizStep="packing", **rma(ret.number))) for ret in (first, second)]

    captures(shop, told[0])
    captures(shop, *told, capture_id="cap_2")

    box = shop.store.reads().parcel(SSCC)
    assert box is not None
    assert (box.return_ids, box.version) == ((first.return_id, second.return_id), 2)


def test_a_scan_that_is_booked_while_it_is_declared_erroneous_waits_for_a_person(
    shop: Shop,
) -> None:
    ret = expected(shop)
    event = object_event(f"{LINK}/21/S1", eventID="urn:uuid:1", **rma(ret.number))
    shop.store.meanwhile(lambda: books(shop, event))  # type: ignore[attr-defined]  # FakeStore

    job = captures(shop, plan(event | DECLARED))

    (exception_id,) = job.events[0].exception_ids
    exception = shop.store.reads().exception(exception_id)
    assert exception is not None
    assert (exception.kind, exception.movement_id) == (ExceptionKind.RETRACTED, None)
    assert shop.now_is(ret).open_exceptions == 1


def test_a_declaration_again_opens_nothing_more(shop: Shop) -> None:
    ret = expected(shop)
    event = object_event(f"{LINK}/21/S1", eventID="urn:uuid:1", **rma(ret.number))
    books(shop, event)

    first = captures(shop, plan(event | DECLARED))
    again = captures(shop, plan(event | DECLARED), capture_id="cap_2")

    assert len(first.events[0].exception_ids) == 1
    assert again.events[0].exception_ids == ()
    assert shop.now_is(ret).open_exceptions == 1


def test_what_was_refused_before_it_was_declared_erroneous_is_not_worked_on_any_more(
    shop: Shop,
) -> None:
    event = object_event(SSCC_URN, eventID="urn:uuid:1")
    books(shop, event)
    (scan,) = plan(event).scans

    captures(shop, plan(event | DECLARED))
    ret = expected(shop)
    shop.do(lambda reads, context: group(reads, SSCC, (ret.number,), context))
    takes(shop, scan)

    outcome = shop.store.reads().scan_outcome(scan.scan_id)
    assert outcome is not None
    assert (outcome.state, outcome.reason) == ("retracted", "declared_erroneous")


def test_a_box_that_arrived_is_said_to_stay_where_that_is_declared_erroneous(shop: Shop) -> None:
    ret = expected(shop)
    shop.do(lambda reads, context: group(reads, SSCC, (ret.number,), context))
    event = object_event(SSCC_URN, eventID="urn:uuid:1")
    before = captures(shop, plan(event | DECLARED | {"eventID": "urn:uuid:2"}), capture_id="cap_0")
    books(shop, event)

    job = captures(shop, plan(event | DECLARED))

    assert before.events[0].reason is None
    assert (job.events[0].verdict, job.events[0].reason) == (
        Verdict.DECLARED_ERRONEOUS,
        "arrival_stays",
    )
    assert whereabouts(shop.now_is(ret)) == [{"ARRIVED": 2}]


def test_what_waits_in_a_count_is_declared_erroneous_too(shop: Shop) -> None:
    ret = expected(shop)
    opens(shop, None, return_ref=ret.return_id, warehouse="WH1")
    later = {"eventTime": "2036-11-22T10:00:00+01:00"}
    event = object_event(f"{LINK}/21/S1", eventID="urn:uuid:1", **rma(ret.number), **later)
    books(shop, event)

    job = captures(shop, plan(event | DECLARED))

    assert len(job.events[0].exception_ids) == 1


def test_what_only_verified_has_nothing_to_take_back(shop: Shop) -> None:
    ret = expected(shop)
    event = object_event(LINK, bizStep="arriving", eventID="urn:uuid:1", **rma(ret.number))
    books(shop, event)

    job = captures(shop, plan(event | DECLARED))

    assert job.events[0].exception_ids == ()
    assert shop.now_is(ret).open_exceptions == 0


def test_a_full_box_may_be_told_of_at_every_step(shop: Shop) -> None:
    numbers = []
    for place in range(RETURNS_MAX):
        shop.sells(order(line(), no=f"O-{place + 10}"))
        numbers.append(shop.approves(shop.asks(f"O-{place + 10}")).number)
    named = [one for number in numbers for one in rma(number)["bizTransactionList"]]
    packed = plan(box_event(bizStep="packing", bizTransactionList=named))

    first = captures(shop, packed)
    again = captures(shop, packed, packed, capture_id="cap_2")

    assert [one.verdict for one in (*first.events, *again.events)] == [Verdict.GROUPED] * 3
    box = shop.store.reads().parcel(SSCC)
    assert box is not None
    assert (len(box.return_ids), box.version) == (RETURNS_MAX, 1)


def test_a_pallet_is_not_made_a_box(shop: Shop) -> None:
    first = expected(shop)
    shop.do(lambda reads, context: group(reads, "BOX-1", (first.number,), context))
    shop.do(lambda reads, context: stack(reads, SSCC, ("BOX-1",), context))

    job = captures(shop, plan(box_event(bizStep="packing", **rma(first.number))))

    assert job.events[0].faults[0].code == "box_is_pallet"
    pallet = shop.store.reads().parcel(SSCC)
    assert pallet is not None
    assert pallet.holds == ("BOX-1",)


def test_a_box_that_arrived_stays_there_when_more_is_said_of_it(shop: Shop) -> None:
    first = expected(shop)
    shop.sells(order(line(), no="O-2"))
    second = shop.approves(shop.asks("O-2"))
    told = [plan(box_event(bizStep="packing", **rma(ret.number))) for ret in (first, second)]
    captures(shop, told[0])
    shop.do(lambda reads, context: arrive(reads, SSCC, Arrive(warehouse="WH1"), context))

    captures(shop, told[1], capture_id="cap_2")

    box = shop.store.reads().parcel(SSCC)
    assert box is not None
    assert (len(box.return_ids), box.warehouse) == (2, "WH1")
    assert box.arrived_at is not None
