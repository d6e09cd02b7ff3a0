"""Answers are held against a strict list, and only against it; what they mean is found always."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.errors import Invalid
from chalicelib.inspection.checklist import Checklist
from chalicelib.returns.inspecting import Inspect, InspectedGroup, Inspection, inspect
from chalicelib.returns.model import Grade, InspectionResult, Return
from chalicelib.store import keys
from chalicelib.store.codec import decode
from chalicelib.uploads.model import Photo, PhotoState
from tests.builders import Shop, failed, item, line, order, passed
from tests.fakes import FakeStore
from tests.inspection.lists import GOOD, checklist, publishes


def came(shop: Shop, quantity: int = 3, **more: Any) -> Return:
    shop.sells(order(line(quantity=quantity, category="phones", **more)))
    ret = shop.approves(shop.asks(quantity=quantity))
    return shop.receives(ret, item(quantity=quantity)).ret


def has_photo(shop: Shop, ret: Return, photo_id: str, state: PhotoState) -> None:
    assert isinstance(shop.store, FakeStore)
    photo = Photo(
        photo_id=photo_id,
        return_id=ret.return_id,
        content_type="image/jpeg",
        size=1,
        upload_key="in/1",
        requested_at=shop.now,
        requested_by="someone",
        state=state,
        clean_key=f"clean/{photo_id}.jpg",
    )
    shop.store.records[keys.key_of(photo)] = photo


def records(shop: Shop, ret: Return) -> list[Inspection]:
    return shop.store.reads().inspections(ret.return_id)


def refusals(shop: Shop, ret: Return, *groups: InspectedGroup) -> list[tuple[str, str]]:
    with pytest.raises(Invalid, match="inspection_faults") as refused:
        shop.inspects(ret, *groups)
    return [(one.pointer, one.code) for one in refused.value.errors]


@pytest.mark.parametrize(
    ("group", "pointer", "code"),
    [
        (passed(checklist={}), "/groups/0/checklist/powered_on", "answer_missing"),
        (
            passed(checklist={"powered_on": "yes"}),
            "/groups/0/checklist/warranty_card",
            "answer_missing",
        ),
        (passed(checklist={**GOOD, "smell": "no"}), "/groups/0/checklist/smell", "item_unknown"),
        (
            passed(checklist={**GOOD, "powered_on": "maybe"}),
            "/groups/0/checklist/powered_on",
            "answer_unknown",
        ),
        (passed(checklist={**GOOD, "look": "old"}), "/groups/0/checklist/look", "answer_unknown"),
        (
            passed(checklist={**GOOD, "battery": "101"}),
            "/groups/0/checklist/battery",
            "answer_unknown",
        ),
        (
            passed(checklist={**GOOD, "battery": "NaN"}),
            "/groups/0/checklist/battery",
            "answer_unknown",
        ),
        (
            passed(checklist={**GOOD, "remark": "  "}),
            "/groups/0/checklist/remark",
            "answer_unknown",
        ),
        (
            passed(grade=Grade.C, checklist={**GOOD, "powered_on": "no"}),
            "/groups/0/photos",
            "photo_missing",
        ),
        (
            passed(grade=Grade.A, checklist={**GOOD, "warranty_card": "no"}),
            "/groups/0/grade",
            "grade_above_answers",
        ),
        (
            passed(grade=Grade.B, checklist={**GOOD, "battery": "79.9"}),
            "/groups/0/grade",
            "grade_above_answers",
        ),
        (passed(checklist=GOOD, defects=("ODD",)), "/groups/0/defects/0", "defect_not_offered"),
        (passed(checklist=GOOD, photos=("pho_1",)), "/groups/0/photos/0", "photo_not_clean"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_not_fit_a_published_list_is_refused_with_its_place(
    shop: Shop, group: InspectedGroup, pointer: str, code: str
) -> None:
    publishes(shop, checklist())

    assert (pointer, code) in refusals(shop, came(shop), group)


def test_every_fault_is_told_at_once(shop: Shop) -> None:
    publishes(shop, checklist())

    found = refusals(shop, came(shop), passed(), passed(checklist=GOOD, defects=("ODD",)))

    assert {pointer.split("/")[2] for pointer, _ in found} == {"0", "1"}


def test_what_fits_is_kept_with_the_version_it_was_held_against(shop: Shop) -> None:
    publishes(shop, checklist())
    ret = came(shop)

    shop.inspects(ret, passed(grade=Grade.B, checklist={**GOOD, "warranty_card": "no"}))

    (record,) = records(shop, ret)
    assert record.checklist_version == {"1": "phones@1"}
    assert record.groups[0].defects == ("MISSING_PARTS",)
    assert record.groups[0].units[0].count == 1


def test_a_version_that_begins_later_does_not_count_yet(shop: Shop) -> None:
    publishes(shop, checklist(effective_from=shop.now + timedelta(days=1)))
    ret = came(shop)

    shop.inspects(ret, passed(checklist={"appearance": "ok"}))

    assert records(shop, ret)[0].checklist_version == {"1": "electronics@1"}


@pytest.mark.parametrize("answers", [{}, {"appearance": "ok", "packaging": "torn"}])
def test_clients_from_before_there_were_lists_are_understood(
    shop: Shop, answers: dict[str, str]
) -> None:
    ret = came(shop)

    shop.inspects(ret, passed(grade=Grade.A, checklist=answers))

    assert records(shop, ret)[0].groups[0].checklist == answers


def test_answers_to_a_list_of_ours_stand_for_their_defects_without_binding(shop: Shop) -> None:
    ret = came(shop)

    shop.inspects(ret, passed(grade=Grade.A, checklist={"warranty_card_present": "no"}))

    assert records(shop, ret)[0].groups[0].defects == ("MISSING_PARTS",)


@pytest.mark.parametrize("wanted", [checklist(answers_required=False), checklist(strict=False)])
def test_answers_may_be_left_out_where_the_list_says_so(shop: Shop, wanted: Checklist) -> None:
    publishes(shop, wanted)
    ret = came(shop)

    shop.inspects(ret, passed())

    assert len(records(shop, ret)) == 1


def test_a_photo_is_one_of_this_return_that_was_found_clean(shop: Shop) -> None:
    publishes(shop, checklist())
    ret = came(shop)
    has_photo(shop, ret, "pho_1", PhotoState.CLEAN)
    has_photo(shop, ret, "pho_2", PhotoState.REQUESTED)
    broken = {**GOOD, "powered_on": "no"}

    found = refusals(shop, ret, failed(checklist=broken, photos=("pho_1", "pho_2")))
    shop.inspects(ret, failed(checklist=broken, photos=("pho_1",)))

    assert found == [("/groups/0/photos/1", "photo_not_clean")]


def timed(shop: Shop, ret: Return, **more: Any) -> Return:
    command = Inspect(groups=(passed(),), **more)
    return shop.do(lambda reads, context: inspect(reads, ret.return_id, command, context))


def test_how_long_it_took_is_stated_or_counted_from_the_start(shop: Shop) -> None:
    ret = came(shop)

    timed(shop, ret, duration_s=90)
    timed(shop, ret, started_at=shop.now - timedelta(seconds=59))
    timed(shop, ret)

    assert [one.duration_s for one in records(shop, ret)] == [90, 60, None]


@pytest.mark.parametrize(
    ("days", "code"), [(1, "started_in_future"), (-2, "duration_too_long")], ids=str
)
def test_nobody_inspects_in_the_future_or_for_days(shop: Shop, days: int, code: str) -> None:
    ret = came(shop)

    with pytest.raises(Invalid, match="inspection_faults") as refused:
        timed(shop, ret, started_at=shop.now + timedelta(days=days))

    assert [one.code for one in refused.value.errors] == [code]


def test_a_record_of_the_first_release_is_read_as_it_was() -> None:
    old = (
        '{"inspection_id":"ins_1","return_id":"ret_1","inspected_at":"2026-01-01T00:00:00Z",'
        '"inspected_by":"x","groups":[{"line_no":"1","quantity":1,"grade":"A","result":"PASSED"}],'
        '"movement_id":null,"version":1}'
    )

    record = decode(old, Inspection)

    assert record.groups[0].result is InspectionResult.PASSED
    assert (record.checklist_version, record.second_task, record.groups[0].units) == ({}, None, ())
