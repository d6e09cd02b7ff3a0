"""The quality report: everything that was seen, in both languages, of clean pictures only."""

from datetime import timedelta

import pytest

from chalicelib.core.errors import NotFound
from chalicelib.inspection.reporting import QcReport, report_of, superseded
from chalicelib.returns.inspecting import Inspect, inspect
from chalicelib.returns.model import FaultParty, Grade, Return
from chalicelib.returns.reinspecting import Reinspect, reinspect
from chalicelib.returns.selection import NamedQuantity
from chalicelib.uploads.model import PhotoState
from tests.builders import Shop, failed, passed, restock
from tests.inspection.lists import GOOD, checklist, publishes, samples
from tests.inspection.test_answers import came, has_photo
from tests.inspection.test_second import looks


def report(shop: Shop, ret: Return) -> QcReport:
    """Of the first inspection of a return."""
    reads = shop.store.reads()
    first = reads.inspections(ret.return_id)[0]
    return report_of(reads, ret.return_id, first.inspection_id, shop.now)


def test_a_report_says_in_both_languages_what_was_asked_and_answered(shop: Shop) -> None:
    publishes(shop, checklist())
    ret = came(shop)
    has_photo(shop, ret, "pho_1", PhotoState.CLEAN)
    answers = {**GOOD, "warranty_card": "no", "battery": "91", "remark": "ok"}

    shop.inspects(
        ret,
        passed(grade=Grade.B, checklist=answers, photos=("pho_1",), fault=FaultParty.CUSTOMER),
    )

    (group,) = report(shop, ret).groups
    told = {one.item_id: one for one in group.answers}
    assert told["warranty_card"].answer == {"en": "No", "zh-CN": "否"}
    assert told["warranty_card"].is_remarkable
    assert not told["powered_on"].is_remarkable
    assert told["battery"].answer == {"en": "91 %", "zh-CN": "91 %"}
    assert group.grade.words == {"en": "Opened, complete", "zh-CN": "已拆封、完整"}
    assert group.fault.words["zh-CN"] == "客户"
    assert [one.code for one in group.defects] == ["MISSING_PARTS"]
    assert group.photos == ("clean/pho_1.jpg",)
    assert group.checklist == "phones@1"
    assert [one.disposition.code for one in group.proposals] == ["RESTOCK"]


def test_answers_stand_in_the_order_of_the_sections(shop: Shop) -> None:
    publishes(shop, checklist())
    ret = came(shop)

    shop.inspects(ret, passed(checklist=GOOD))

    (group,) = report(shop, ret).groups
    assert [one.section.code for one in group.answers] == ["accessories", "function"]


def test_a_report_names_times_and_who_by_reference(shop: Shop) -> None:
    ret = came(shop)
    command = Inspect(groups=(passed(),), started_at=shop.now - timedelta(seconds=49))
    shop.do(lambda reads, context: inspect(reads, ret.return_id, command, context))

    told = report(shop, ret)

    assert (told.inspector, told.duration_s, told.warehouse) == ("someone", 50, "A")
    assert (told.return_number, told.order_no, told.quantity) == (ret.number, "O-1", 1)


def test_words_of_clients_from_before_there_were_lists_stand_for_themselves(shop: Shop) -> None:
    ret = came(shop)
    shop.inspects(ret, passed(checklist={"appearance": "ok"}))

    (group,) = report(shop, ret).groups

    (answer,) = group.answers
    assert (answer.question["en"], answer.answer["zh-CN"]) == ("appearance", "ok")


def test_a_report_says_what_came_of_the_second_look(shop: Shop) -> None:
    samples(shop)
    ret = came(shop)
    shop.inspects(ret, passed(2))
    waiting = report(shop, ret).second

    looks(shop, ret, passed(1), passed(1, grade=Grade.B))

    done = report(shop, ret).second
    assert waiting is not None
    assert waiting.outcome.code == "open"
    assert done is not None
    assert (done.outcome.code, done.units, done.agreed_units) == ("disagreed", 2, 1)
    assert done.inspector == "second"


def test_a_report_says_how_much_of_it_was_inspected_again(shop: Shop) -> None:
    ret = came(shop)
    shop.inspects(ret, failed(3))
    lines = (NamedQuantity(line_no="1", quantity=2),)
    command = Reinspect(reason="WRONG_GRADE", lines=lines)
    shop.do(lambda reads, context: reinspect(reads, ret.return_id, command, context))
    shop.inspects(ret, passed(1))
    shop.inspects(ret, passed(1))

    inspections = shop.store.reads().inspections(ret.return_id)

    again = superseded(inspections, inspections[0])
    assert again == {inspections[1].inspection_id: 1, inspections[2].inspection_id: 1}
    assert report(shop, ret).superseded_units == 2
    assert len(inspections) == 3


def test_goods_that_somebody_decided_about_need_no_proposal(shop: Shop) -> None:
    ret = came(shop)
    shop.inspects(ret, passed(3))
    shop.disposes(ret, restock(3))

    assert report(shop, ret).groups[0].proposals == ()


def test_there_is_no_report_of_what_nobody_inspected(shop: Shop) -> None:
    ret = came(shop)

    with pytest.raises(NotFound, match="inspection_not_found"):
        report_of(shop.store.reads(), ret.return_id, "ins_none", shop.now)
    with pytest.raises(NotFound, match="return_not_found"):
        report_of(shop.store.reads(), "ret_none", "ins_none", shop.now)
