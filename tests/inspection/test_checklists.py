"""Checklists are versions: what was in force stays, what is wrong is named, the newest counts."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.errors import Invalid, NotFound, Stale
from chalicelib.inspection.built_in import built_in
from chalicelib.inspection.checking import faults_of
from chalicelib.inspection.checklist import AnswerKind, Cap, Choice, Section, Trigger
from chalicelib.inspection.choosing import name_for
from chalicelib.inspection.publishing import CATEGORIES_MAX, listed, publish, read
from chalicelib.returns.model import Grade, Return
from tests.builders import Shop, line, order
from tests.inspection.lists import LOOK, POWERED, ask, checklist, publishes, words
from tests.settlement.charged import under


@pytest.mark.parametrize("category", sorted(built_in()))
def test_what_comes_with_the_product_has_no_faults_and_binds_nobody(category: str) -> None:
    one = built_in()[category]

    assert list(faults_of(one)) == []
    assert (one.strict, one.answers_required, one.number) == (False, False, 1)
    if category == "default":
        assert set(Section) == {item.section for item in one.items}


def test_a_version_is_in_force_from_its_date_and_the_one_before_stays_readable(shop: Shop) -> None:
    first = publishes(shop, checklist(POWERED))
    begins = shop.now + timedelta(days=7)
    second = publishes(shop, checklist(POWERED, LOOK, effective_from=begins))

    reads = shop.store.reads()
    assert (first.number, second.number) == (1, 2)
    assert read(reads, "phones", None, shop.now) == first
    assert read(reads, "phones", None, begins) == second
    assert read(reads, "phones", 1, begins) == first
    assert [one.name for one in listed(reads, shop.now) if one.category == "phones"] == ["phones@1"]


def test_a_category_of_ours_is_read_as_it_came_until_something_is_published(shop: Shop) -> None:
    assert read(shop.store.reads(), "footwear", None, shop.now).number == 1
    publishes(shop, checklist(category="footwear"))

    reads = shop.store.reads()
    assert read(reads, "footwear", None, shop.now).number == 2
    assert read(reads, "footwear", 1, shop.now) == built_in()["footwear"]


def test_what_is_not_there_is_not_found(shop: Shop) -> None:
    with pytest.raises(NotFound, match="checklist_not_found"):
        read(shop.store.reads(), "boats", None, shop.now)
    with pytest.raises(NotFound, match="checklist_not_found"):
        read(shop.store.reads(), "footwear", 3, shop.now)


def test_nothing_is_in_force_before_it_was_published(shop: Shop) -> None:
    wanted = checklist(effective_from=shop.now - timedelta(days=1))

    with pytest.raises(Invalid, match="checklist_faults") as refused:
        shop.do(lambda reads, context: publish(reads, wanted, context))

    assert [(one.pointer, one.code) for one in refused.value.errors] == [
        ("/effective_from", "effective_in_past")
    ]


def test_who_looked_at_an_older_version_is_told(shop: Shop) -> None:
    publishes(shop, checklist())
    context = shop.context(version=0)
    wanted = checklist(effective_from=context.now)

    with pytest.raises(Stale, match="stale_version"):
        shop.do(lambda reads, _: publish(reads, wanted, context), context)


def choice(code: str) -> Choice:
    return Choice(code=code, words=words(code))


@pytest.mark.parametrize(
    ("wanted", "pointer", "code"),
    [
        (checklist(category="Big Phones"), "/category", "category_malformed"),
        (replace(checklist(), items=()), "/items", "checklist_empty"),
        (checklist(title={"en": "x"}), "/title/zh-CN", "words_missing"),
        (checklist(POWERED, POWERED), "/items/1/id", "named_twice"),
        (checklist(replace(LOOK, choices=(choice("a"),))), "/items/0/choices", "too_few_choices"),
        (checklist(ask("x", choices=LOOK.choices)), "/items/0/choices", "choices_not_asked"),
        (checklist(ask("x", unit="%")), "/items/0/unit", "only_for_numbers"),
        (checklist(ask("x", kind=AnswerKind.NUMBER)), "/items/0/unit", "unit_missing"),
        (
            checklist(ask("x", kind=AnswerKind.NUMBER, unit="g", at_least="9", at_most="1")),
            "/items/0/at_most",
            "bounds_cross",
        ),
        (
            checklist(ask("x", photo_when=Trigger(answers=("maybe",)))),
            "/items/0/photo_when/answers/0",
            "answer_unknown",
        ),
        (checklist(ask("x", photo_when=Trigger())), "/items/0/photo_when", "answers_expected"),
        (
            checklist(
                ask("x", kind=AnswerKind.NUMBER, unit="g", photo_when=Trigger(answers=("1",)))
            ),
            "/items/0/photo_when",
            "bound_expected",
        ),
        (
            checklist(ask("x", best=Grade.B, defect="UNHEARD_OF")),
            "/items/0/caps/0/defect",
            "defect_not_offered",
        ),
        (checklist(applies_to=("A", "a")), "/applies_to/1", "named_twice"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_list_that_means_nothing_is_not_published(wanted: Any, pointer: str, code: str) -> None:
    assert (pointer, code) in [(one.pointer, one.code) for one in faults_of(wanted)]


def test_a_bound_of_a_number_is_no_fault() -> None:
    cap = Cap(when=Trigger(below="80"), best=Grade.C)
    number = ask("x", kind=AnswerKind.NUMBER, unit="%", caps=(cap,))

    assert list(faults_of(checklist(number))) == []


def asked(shop: Shop, category: str | None, **stated: Any) -> Return:
    under(shop, **stated)
    shop.sells(order(line(category=category), policy_version="of-the-test"))
    return shop.asks()


@pytest.mark.parametrize(
    ("category", "name"),
    [
        ("Footwear", "footwear"),
        ("Shoes", "footwear"),
        ("手机数码", "electronics"),
        ("Boats", "default"),
        (None, "default"),
    ],
)
def test_goods_are_inspected_by_the_list_of_their_category(
    shop: Shop, category: str | None, name: str
) -> None:
    ret = asked(shop, category)

    known = shop.store.reads().checklists()
    assert name_for(ret, ret.lines[0], shop.now, known) == name


def test_what_policy_names_comes_before_what_the_goods_are(shop: Shop) -> None:
    ret = asked(shop, "Shoes", checklist="electronics")

    assert name_for(ret, ret.lines[0], shop.now, shop.store.reads().checklists()) == "electronics"


def test_a_list_of_the_merchants_own_takes_categories_from_ours(shop: Shop) -> None:
    publishes(shop, checklist(category="boots", applies_to=("SHOES",)))
    ret = asked(shop, "Shoes")

    assert name_for(ret, ret.lines[0], shop.now, shop.store.reads().checklists()) == "boots"


def test_there_are_so_many_categories_that_all_lists_fit_into_an_answer(shop: Shop) -> None:
    for number in range(CATEGORIES_MAX):
        publishes(shop, checklist(POWERED, category=f"kind-{number}"))

    with pytest.raises(Invalid) as refused:
        publishes(shop, checklist(POWERED, category="one-more"))

    assert [error.code for error in refused.value.errors] == ["too_many_categories"]
    assert publishes(shop, checklist(POWERED, category="kind-1")).number == 2
