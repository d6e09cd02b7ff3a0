"""A picture that came with another return before is a sign, and only for other returns."""

import pytest

from chalicelib.core.events import chain_fault
from chalicelib.policy.document import Review
from chalicelib.policy.verdict import Decision
from chalicelib.returns.model import Return
from chalicelib.uploads import service
from chalicelib.uploads.model import Photo, PhotoState
from tests import policies
from tests.builders import Shop, line, order
from tests.fakes import FakeStore

SCRATCH = "00ff13579bdf0246"
DENT = "fedcba9876543210"
JPEG = service.RequestPhoto(content_type="image/jpeg", size=1000)


@pytest.fixture
def returns(shop: Shop) -> list[Return]:
    """Three drafts about the same order."""
    shop.sells(order(line(quantity=9), policy_version="electronics-serial"))
    return [shop.asks(submit=False) for _ in range(3)]


def photographs(shop: Shop, ret: Return, fingerprint: str | None) -> Photo:
    photo = shop.do(
        lambda reads, context: service.request_photo(reads, ret.return_id, JPEG, context)
    )
    return accepts(shop, photo, fingerprint)


def accepts(shop: Shop, photo: Photo, fingerprint: str | None) -> Photo:
    clean = service.CleanPhoto(width=640, height=480, dhash=fingerprint)
    return shop.do(
        lambda reads, context: service.accept_photo(
            reads, photo.return_id, photo.photo_id, clean, context
        )
    )


def reused(shop: Shop, ret: Return) -> tuple[str, ...]:
    return shop.now_is(ret).photo_reused_from


def told(shop: Shop, ret: Return) -> list[object]:
    events = shop.store.reads().events(ret.subject)
    assert chain_fault(events) is None
    return [one.data["used_in"] for one in events if one.type == "return.photo_reused"]


def test_a_picture_seen_for_the_first_time_marks_nothing(shop: Shop, returns: list[Return]) -> None:
    first, second, _ = returns

    photographs(shop, first, SCRATCH)
    photographs(shop, second, DENT)

    assert reused(shop, first) == reused(shop, second) == ()
    known = shop.store.reads().photo_print(SCRATCH)
    assert known is not None
    assert known.return_id == first.return_id


def test_a_picture_of_another_return_marks_the_later_one(shop: Shop, returns: list[Return]) -> None:
    first, second, third = returns

    photographs(shop, first, SCRATCH)
    photographs(shop, second, SCRATCH)
    photographs(shop, third, SCRATCH)

    assert reused(shop, first) == ()
    assert reused(shop, second) == reused(shop, third) == (first.return_id,)
    assert told(shop, second) == [first.return_id]


def test_two_pictures_of_one_return_mark_it_once_and_of_two_returns_twice(
    shop: Shop, returns: list[Return]
) -> None:
    first, second, third = returns
    photographs(shop, first, SCRATCH)
    photographs(shop, second, DENT)

    for fingerprint in (SCRATCH, SCRATCH, DENT):
        photographs(shop, third, fingerprint)

    assert reused(shop, third) == (first.return_id, second.return_id)
    assert len(told(shop, third)) == 3, "each picture is told of"


def test_of_two_alike_at_once_one_is_the_first(shop: Shop, returns: list[Return]) -> None:
    assert isinstance(shop.store, FakeStore)
    one, other, _ = returns
    shop.store.meanwhile(lambda: photographs(shop, other, SCRATCH))

    photographs(shop, one, SCRATCH)

    known = shop.store.reads().photo_print(SCRATCH)
    assert known is not None
    marked = {ret.return_id: reused(shop, ret) for ret in (one, other)}
    assert sorted(marked.values()) == [(), (known.return_id,)]


def test_the_same_picture_twice_in_one_return_is_no_reuse(
    shop: Shop, returns: list[Return]
) -> None:
    photographs(shop, returns[0], SCRATCH)
    photographs(shop, returns[0], SCRATCH)

    assert reused(shop, returns[0]) == ()


def test_a_photo_that_is_told_of_again_marks_nothing_twice(
    shop: Shop, returns: list[Return]
) -> None:
    photographs(shop, returns[0], SCRATCH)
    photo = photographs(shop, returns[1], SCRATCH)
    before = shop.now_is(returns[1])

    assert accepts(shop, photo, SCRATCH) == photo
    assert shop.now_is(returns[1]) == before


def test_a_picture_of_nearly_nothing_is_accepted_and_never_the_same(
    shop: Shop, returns: list[Return]
) -> None:
    photographs(shop, returns[0], None)
    photo = photographs(shop, returns[1], None)

    assert (photo.state, photo.dhash) == (PhotoState.CLEAN, None)
    assert reused(shop, returns[1]) == ()


def test_a_reused_picture_is_a_fact_when_the_return_is_decided(
    shop: Shop, returns: list[Return]
) -> None:
    photographs(shop, returns[0], SCRATCH)
    photographs(shop, returns[1], SCRATCH)

    honest, suspected = (decided(shop, ret) for ret in returns[:2])

    assert "photo-reused" not in honest.risk.signals
    assert suspected.risk.signals["photo-reused"] == 30


def decided(shop: Shop, ret: Return) -> Decision:
    decision = shop.submits(ret).decision
    assert decision is not None, "what is submitted is decided"
    return decision


def weighed(shop: Shop) -> str:
    """A policy under which a reused photo is for two persons to look at."""
    signal = {
        "id": "photo",
        "title": {"en": "Photo", "zh-CN": "照片"},
        "when": {"fact": "photo_reused", "is": True},
        "weight": 50,
    }
    tiers = [{"score": 50, "review": "two_persons"}]
    return policies.publish(
        shop.store, policies.form("weighed", signals=[signal], risk_tiers=tiers)
    )


def test_a_photo_that_comes_while_people_decide_raises_the_risk_and_the_review(shop: Shop) -> None:
    shop.sells(order(line(quantity=9), policy_version=weighed(shop)))
    first, second = shop.asks(), shop.asks()
    photographs(shop, first, SCRATCH)

    photographs(shop, second, SCRATCH)

    decision = shop.now_is(second).decision
    assert decision is not None
    assert (decision.review, decision.risk.score) == (Review.TWO_PERSONS, 50)
    assert decision.reasons[0] == "risk:50"
    _, _, review = shop.store.reads().review_of(second.return_id)
    assert review is not None
    assert (review.tier, review.risk) == (Review.TWO_PERSONS, 50)
    untouched = shop.now_is(first).decision
    assert untouched is not None
    assert untouched.review is Review.PERSON


def test_what_is_decided_already_stays_so(shop: Shop) -> None:
    shop.sells(order(line(quantity=9), policy_version=weighed(shop)))
    first, second = shop.asks(), shop.asks()
    photographs(shop, first, SCRATCH)
    shop.approves(second)

    photographs(shop, second, SCRATCH)

    assert shop.now_is(second).decision == second.decision
