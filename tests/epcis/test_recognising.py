"""One event told with an id and without one is one event, in whichever order it is told."""

from itertools import permutations
from typing import Any

import pytest

from chalicelib.epcis.capturing import to_queue
from chalicelib.epcis.intake import Plan
from chalicelib.epcis.model import Behaviour, Verdict
from chalicelib.returns.scanning import ScanOutcome
from tests.builders import Shop
from tests.epcis.documents import LINK, box_event, object_event, rma
from tests.epcis.test_capturing import DECLARED, captures, expected, plan, takes

PLAIN = object_event(f"{LINK}/21/S1", f"{LINK}/21/S2")
NAMED = PLAIN | {"eventID": "urn:uuid:1"}
OTHER = PLAIN | {"eventID": "urn:uuid:2"}


def told(shop: Shop, place: int, *events: dict[str, Any]) -> list[tuple[str, ...]]:
    """The ids of the scans of each event."""
    job = captures(shop, *map(plan, events), capture_id=f"cap_{place}")
    return [one.scan_ids for one in job.events]


@pytest.mark.parametrize("order", [*permutations((PLAIN, NAMED, PLAIN, NAMED))], ids=str)
def test_an_event_has_the_same_scans_with_its_id_and_without(
    shop: Shop, order: tuple[dict[str, Any], ...]
) -> None:
    scans = [told(shop, place, event)[0] for place, event in enumerate(order)]

    assert len(set(scans)) == 1
    assert len(scans[0]) == 2


def test_in_one_document_too(shop: Shop) -> None:
    first, second = told(shop, 1, NAMED, PLAIN)

    assert first == second


def test_events_with_ids_of_their_own_are_as_many_whatever_they_say(shop: Shop) -> None:
    named, other, plain = (told(shop, n, one)[0] for n, one in enumerate((NAMED, OTHER, PLAIN)))

    assert named != other
    assert plain == named
    assert told(shop, 9, OTHER)[0] == other


def test_an_id_is_given_to_an_event_that_had_none_once(shop: Shop) -> None:
    plain, named, other = (told(shop, n, one)[0] for n, one in enumerate((PLAIN, NAMED, OTHER)))

    assert plain == named
    assert other != plain


def test_what_was_refused_is_not_known_again(shop: Shop) -> None:
    ret = expected(shop)
    fields = {**rma(ret.number), "bizStep": "receiving"}
    good = box_event(f"{LINK}/21/S1", **fields)
    bad = object_event(LINK, bizLocation=None)

    rolled = captures(
        shop, plan(good | {"eventID": "urn:uuid:1"}), plan(bad), behaviour=Behaviour.ROLLBACK
    )
    plain = told(shop, 2, good)[0]

    assert [one.verdict for one in rolled.events] == [Verdict.ROLLED_BACK, Verdict.REFUSED]
    assert plain == plan(good).told.scan_ids


def test_what_was_told_without_an_id_is_declared_erroneous_by_it(shop: Shop) -> None:
    ret = expected(shop)
    event = object_event(f"{LINK}/21/S1", **rma(ret.number))
    plans = (plan(event),)
    for scan in to_queue(captures(shop, *plans), plans):
        takes(shop, scan)

    job = captures(shop, plan(event | {"eventID": "urn:uuid:1"} | DECLARED), capture_id="cap_2")

    assert len(job.events[0].exception_ids) == 1
    assert shop.now_is(ret).open_exceptions == 1


def test_a_scan_is_queued_under_the_id_that_its_job_tells(shop: Shop) -> None:
    told(shop, 1, PLAIN)
    plans: tuple[Plan, ...] = (plan(NAMED),)

    job = captures(shop, *plans, capture_id="cap_2")
    for scan in to_queue(job, plans):
        takes(shop, scan)

    found = shop.store.reads().scan_outcomes(job.events[0].scan_ids)
    assert set(found) == set(job.events[0].scan_ids)
    assert all(isinstance(one, ScanOutcome) for one in found.values())
    assert job.events[0].scan_ids != plan(NAMED).told.scan_ids


def test_more_goods_under_a_known_id_are_not_booked_behind_its_job(shop: Shop) -> None:
    job = captures(shop, plan(NAMED))
    more = plan(NAMED | {"epcList": [*NAMED["epcList"], f"{LINK}/21/S3"]})

    again = captures(shop, more)

    assert again == job
    assert [scan.scan_id for scan in to_queue(again, (more,))] == list(job.events[0].scan_ids)
