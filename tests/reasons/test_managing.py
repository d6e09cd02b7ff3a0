"""A merchant adds, changes and ends reasons; a code keeps its meaning."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.errors import Conflict, Invalid, NotFound, Stale
from chalicelib.core.events import chain_fault
from chalicelib.core.remembering import FOR
from chalicelib.reasons import managing
from chalicelib.reasons.amendments import Amendments, KnownReasons
from chalicelib.reasons.built_in import built_in
from chalicelib.reasons.catalogue import Catalogue, Choice, Question, QuestionKind, Reason
from chalicelib.returns.model import FaultParty, Resolution
from tests.builders import NOW, Shop
from tests.fakes import FakeStore

WORDS = {"en": "Battery swollen", "zh-CN": "电池鼓包"}
SWOLLEN = Reason(code="SWOLLEN", group="PRODUCT", words=WORDS, fault=FaultParty.MAKER)
ASKED = Question(question_id="since", words=WORDS)
CHOICE = Question(
    question_id="since",
    words=WORDS,
    kind=QuestionKind.CHOICE,
    choices=(Choice(choice_id="now", words=WORDS), Choice(choice_id="then", words=WORDS)),
)


def puts(shop: Shop, reason: Reason, version: int | None = None) -> managing.Changed:
    return shop.do(
        lambda reads, context: managing.put(reads, reason, context), shop.context(version=version)
    )


def ends(shop: Shop, code: str, version: int | None = None) -> managing.Changed:
    return shop.do(
        lambda reads, context: managing.deactivate(reads, code, context),
        shop.context(version=version),
    )


def catalogue(shop: Shop) -> Catalogue:
    return shop.store.reads().reason_catalogue()


def told(shop: Shop) -> list[tuple[str, Any]]:
    events = shop.store.reads().events("reasons/catalogue")
    assert chain_fault(events) is None
    return [(event.type, event.data) for event in events]


def known(shop: Shop, code: str) -> Reason:
    return catalogue(shop).reasons[code]


def test_a_reason_is_added_under_a_group(shop: Shop) -> None:
    done = puts(shop, SWOLLEN)

    assert done.is_new
    assert known(shop, "SWOLLEN") == SWOLLEN
    assert catalogue(shop).version == done.catalogue.version == 2
    assert told(shop) == [("reasons.changed", {"code": "SWOLLEN", "change": "added", "version": 2})]


def test_what_follows_from_a_built_in_reason_is_changed(shop: Shop) -> None:
    mind = known(shop, "CHANGED_MIND")
    wanted = replace(
        mind,
        words={"en": "I do not want it", "zh-CN": "不想要"},
        questions=(CHOICE,),
        evidence=("photo_of_seal",),
        outcomes=(Resolution.STORE_CREDIT,),
    )

    done = puts(shop, wanted)

    assert not done.is_new
    assert known(shop, "CHANGED_MIND") == wanted
    assert told(shop)[0][1]["change"] == "changed"
    assert list(catalogue(shop).reasons) == list(built_in().reasons)


def test_the_same_again_changes_nothing_whatever_version_was_looked_at(shop: Shop) -> None:
    puts(shop, SWOLLEN, version=1)

    puts(shop, SWOLLEN, version=1)

    assert len(told(shop)) == 1


def test_a_reason_is_not_offered_any_more_and_may_be_again(shop: Shop) -> None:
    ends(shop, "EXPIRED")
    ends(shop, "EXPIRED")

    assert not known(shop, "EXPIRED").active
    assert "EXPIRED" not in {one.code for one in catalogue(shop).usable(by_customer=False)}

    puts(shop, replace(known(shop, "EXPIRED"), active=True))

    assert known(shop, "EXPIRED").active
    assert [data["change"] for _, data in told(shop)] == ["deactivated", "changed"]


def test_a_reason_that_nobody_knows_cannot_be_ended(shop: Shop) -> None:
    with pytest.raises(NotFound) as refused:
        ends(shop, "NEVER_HEARD")

    assert refused.value.code == "reason_not_found"


def test_other_stays(shop: Shop) -> None:
    with pytest.raises(Conflict) as refused:
        ends(shop, "OTHER")

    assert refused.value.code == "other_stays"


@pytest.mark.parametrize("name", ["active", "customer_visible", "note_required"])
def test_other_stays_as_it_is_for_whatever_has_no_reason(shop: Shop, name: str) -> None:
    changed: dict[str, Any] = {name: False}

    assert faults(shop, replace(known(shop, "OTHER"), **changed)) == [(f"/{name}", "other_stays")]


def test_who_looked_at_an_older_version_is_told(shop: Shop) -> None:
    puts(shop, SWOLLEN, version=1)

    with pytest.raises(Stale) as refused:
        ends(shop, "SWOLLEN", version=1)

    assert refused.value.details == {"expected": 1, "actual": 2}


def test_two_who_change_it_at_once_are_both_kept() -> None:
    store = FakeStore(clock=lambda: NOW)
    shop = Shop(store)
    store.meanwhile(lambda: puts(shop, SWOLLEN))

    ends(shop, "EXPIRED")

    assert "SWOLLEN" in catalogue(shop).reasons
    assert not known(shop, "EXPIRED").active
    assert catalogue(shop).version == 3


def faults(shop: Shop, reason: Reason) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        puts(shop, reason)
    assert refused.value.code == "reason_faults"
    assert told(shop) == []
    return [(fault.pointer, fault.code) for fault in refused.value.errors]


@pytest.mark.parametrize(
    ("changed", "pointer", "code"),
    [
        ({"code": "swollen"}, "/code", "code_malformed"),
        ({"code": "X"}, "/code", "code_malformed"),
        ({"group": "NOWHERE"}, "/group", "unknown_group"),
        ({"words": {"en": "Swollen"}}, "/words/zh-CN", "words_missing"),
        ({"words": {**WORDS, "en": " "}}, "/words/en", "words_missing"),
        ({"outcomes": ()}, "/outcomes", "nothing_allowed"),
        ({"outcomes": 2 * (Resolution.REFUND,)}, "/outcomes/1", "named_twice"),
        ({"types": ()}, "/types", "nothing_allowed"),
        ({"evidence": ("photo", "video", "photo")}, "/evidence/2", "named_twice"),
        ({"questions": (ASKED, ASKED)}, "/questions/1/id", "named_twice"),
        (
            {"questions": (replace(ASKED, words={"zh-CN": "何时"}),)},
            "/questions/0/words/en",
            "words_missing",
        ),
        (
            {"questions": (replace(ASKED, choices=CHOICE.choices),)},
            "/questions/0/choices",
            "choices_not_asked",
        ),
        (
            {"questions": (replace(CHOICE, choices=CHOICE.choices[:1]),)},
            "/questions/0/choices",
            "too_few_choices",
        ),
        (
            {"questions": (replace(CHOICE, choices=2 * CHOICE.choices[:1]),)},
            "/questions/0/choices/1/id",
            "named_twice",
        ),
        (
            {
                "questions": (
                    replace(
                        CHOICE, choices=(CHOICE.choices[0], Choice(choice_id="then", words={}))
                    ),
                )
            },
            "/questions/0/choices/1/words/zh-CN",
            "words_missing",
        ),
        (
            {"questions": (replace(ASKED, question_id="condition"),)},
            "/questions/0/kind",
            "condition_is_chosen",
        ),
        (
            {"questions": (replace(CHOICE, question_id="condition"),)},
            "/questions/0/choices/0/id",
            "condition_unknown",
        ),
        ({"like": "NEVER_HEARD"}, "/like", "unknown_reason"),
    ],
)
def test_a_fault_is_pointed_at(
    shop: Shop, changed: dict[str, Any], pointer: str, code: str
) -> None:
    assert (pointer, code) in faults(shop, replace(SWOLLEN, **changed))


def test_all_faults_are_told_at_once(shop: Shop) -> None:
    found = faults(shop, replace(SWOLLEN, group="NOWHERE", outcomes=(), like="NEVER_HEARD"))

    assert [pointer for pointer, _ in found] == ["/group", "/like", "/outcomes"]


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [({"group": "DELIVERY"}, "/group"), ({"fault": FaultParty.CUSTOMER}, "/fault")],
)
def test_a_code_never_gets_another_meaning(
    shop: Shop, changed: dict[str, Any], pointer: str
) -> None:
    built_in = known(shop, "QUALITY_DEFECT")

    assert faults(shop, replace(built_in, **changed)) == [(pointer, "meaning_fixed")]


def test_a_code_of_the_merchant_keeps_its_meaning_too_after_it_has_ended(shop: Shop) -> None:
    puts(shop, SWOLLEN)
    ends(shop, "SWOLLEN")

    with pytest.raises(Invalid) as refused:
        puts(shop, replace(SWOLLEN, fault=FaultParty.CARRIER))

    assert [fault.code for fault in refused.value.errors] == ["meaning_fixed"]


def test_built_in_reasons_have_codes_of_their_own_in_other_systems(shop: Shop) -> None:
    changed = replace(known(shop, "EXPIRED"), like="QUALITY_DEFECT")

    assert faults(shop, changed) == [("/like", "like_is_for_own")]


def test_there_are_only_so_many(shop: Shop) -> None:
    many = tuple(replace(SWOLLEN, code=f"OWN_{no}") for no in range(managing.AMENDED_MAX))
    full = Amendments(reasons=many)

    class Reads:
        def reason_amendments(self) -> Amendments:
            return full

    with pytest.raises(Invalid) as refused:
        managing.put(Reads(), SWOLLEN, shop.context())

    assert [fault.code for fault in refused.value.errors] == ["too_many_reasons"]
    changed = replace(many[0], evidence=("photo",))
    assert managing.put(Reads(), changed, shop.context()).result.reason == changed


def test_a_process_remembers_the_catalogue_for_half_a_minute() -> None:
    kept, asked = Amendments(), []
    moment = NOW
    reasons = KnownReasons()

    def read() -> Amendments:
        asked.append(moment)
        return kept

    assert "SWOLLEN" not in reasons.catalogue(read, lambda: moment).reasons
    kept = Amendments(reasons=(SWOLLEN,), version=1)
    moment = NOW + FOR - timedelta(seconds=1)
    assert "SWOLLEN" not in reasons.catalogue(read, lambda: moment).reasons
    moment = NOW + FOR
    assert "SWOLLEN" in reasons.catalogue(read, lambda: moment).reasons
    assert len(asked) == 2
