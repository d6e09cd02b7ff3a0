"""What somebody tries who wants more, sooner or less looked at than is theirs."""

from datetime import timedelta

import pytest

from chalicelib.core.errors import Conflict, PolicyRefused
from chalicelib.policy.document import Review
from chalicelib.policy.replaying import replay
from chalicelib.returns import asking, editing
from chalicelib.returns.consenting import open_consent
from chalicelib.returns.model import LinkedDocument, Return
from chalicelib.returns.standing import status_of
from chalicelib.returns.wishes import RequestedLine
from chalicelib.uploads import service
from tests import policies
from tests.builders import NOW, Shop, line, order, wish
from tests.policies import form, rule
from tests.returns.persons import TWO, approved, by, filed, rejected, sold, submitted

AUTOMATIC = rule("all", review="automatic", window={"days": None})
ABOVE_50 = {"fact": "request_value", "above": {"amount": "50.00", "currency": "EUR"}}
PHOTO = LinkedDocument(kind="photo", ref="P-1")


def asked(shop: Shop, ret: Return) -> Return:
    """A reviewer asks about all that is under review."""
    command, context = asking.RequestInfo(question="Which colour?"), by(shop, "anna")
    return shop.do(
        lambda reads, context: asking.request_info(reads, ret.return_id, command, context), context
    )


def edited(
    shop: Shop, ret: Return, *lines: RequestedLine, who: str = "cus-1", role: str = "customer"
) -> Return:
    command = editing.Edit(lines=lines, by_customer=role == "customer")
    context = by(shop, who, role)
    return shop.do(
        lambda reads, context: editing.edit(reads, ret.return_id, command, context), context
    )


def watched(shop: Shop) -> None:
    """An order whose line 1 a person looks at, and whose line 2 nobody does."""
    games = rule("games", {"fact": "category", "is": "games"}, review="person")
    rest = rule("rest", review="automatic", window={"days": 30})
    under = policies.publish(shop.store, form("own", games, rest))
    lines = (line("1", quantity=3, category="games"), line("2", quantity=3))
    shop.sells(order(*lines, policy_version=under))


@pytest.mark.parametrize("fact", ["quantity", "line_value"])
def test_a_line_that_is_asked_for_in_two_halves_is_asked_for_whole(shop: Shop, fact: str) -> None:
    limit = 3 if fact == "quantity" else {"amount": "30.00", "currency": "EUR"}
    many = rule("many", {"fact": fact, "above": limit}, review="senior")
    order_no = sold(shop, many, AUTOMATIC)

    halves = (wish(2), wish(2, reason="SIZE_TOO_LARGE"))

    assert shop.quotes(order_no, *halves).decision.review is Review.SENIOR
    decision = filed(shop, order_no, lines=halves).decision
    assert decision is not None
    assert decision.review is Review.SENIOR


def test_the_rest_of_a_dear_request_is_still_part_of_it_after_a_question(shop: Shop) -> None:
    order_no = sold(shop, rule("dear", ABOVE_50, review="person"), AUTOMATIC)
    ret = filed(shop, order_no, lines=(wish(5, "1"), wish(4, "2")))
    approved(shop, ret, quantities={"1": 5})

    answered = submitted(shop, asked(shop, ret))

    assert answered.decision is not None
    assert answered.decision.review is Review.PERSON
    assert [group.authorization for group in answered.lines[1].groups] == ["UNDER_REVIEW"]


def test_what_was_decided_before_a_question_is_still_explained_by_what_was_known_then(
    shop: Shop,
) -> None:
    dear = rule("dear", ABOVE_50, fees={"restocking_percent": "10"})
    order_no = sold(shop, dear)
    ret = filed(shop, order_no, lines=(wish(5, "1"), wish(4, "2")))
    rejected_line = approved(shop, ret, quantities={"1": 0})

    answered = submitted(shop, asked(shop, rejected_line))

    assert answered.decision is not None
    version = answered.decision.policy_version
    policy = shop.store.reads().policy(version)
    assert policy is not None
    again = replay(answered.decision, {version: policy})
    assert (again.same, again.different) == (("1", "2"), ())


def test_goods_that_nobody_asked_for_in_time_are_not_put_on_a_rejected_request(shop: Shop) -> None:
    watched(shop)
    ret = rejected(shop, filed(shop))
    shop.now += timedelta(days=365)

    with pytest.raises(PolicyRefused, match="outside_window"):
        edited(shop, ret, wish(1, "1"), wish(1, "2"))
    with pytest.raises(PolicyRefused, match="outside_window"):
        edited(shop, ret, wish(3, "2"))


def test_what_was_asked_for_in_time_is_still_corrected_later(shop: Shop) -> None:
    watched(shop)
    ret = rejected(shop, filed(shop))
    shop.now += timedelta(days=365)

    again = submitted(shop, edited(shop, ret, wish(1, reason="SIZE_TOO_LARGE")))

    assert status_of(again) == "UNDER_REVIEW"


def test_goods_that_nobody_asked_for_in_time_are_not_put_on_with_an_answer(shop: Shop) -> None:
    watched(shop)
    ret = asked(shop, filed(shop))
    shop.now += timedelta(days=31)

    with pytest.raises(PolicyRefused, match="outside_window"):
        edited(shop, ret, wish(2, "1"), wish(3, "2"))
    assert status_of(edited(shop, ret, wish(1, "1"))) == "NEEDS_INFO"


def test_no_rule_approves_on_a_photo_that_a_customer_only_says_there_is(shop: Shop) -> None:
    order_no = sold(shop, rule("photo", review="automatic", evidence=["photo"]))
    said = LinkedDocument(kind="photo", ref="P-1", by_customer=True)

    ret = filed(shop, order_no, who="cus-1", role="customer", documents=(said,))

    assert status_of(ret) == "UNDER_REVIEW"
    assert ret.decision is not None
    assert ret.decision.reasons == ("documents_unseen",)
    assert status_of(approved(shop, ret)) == "APPROVED", "a person may believe it"
    assert status_of(filed(shop, order_no, documents=(PHOTO,))) == "APPROVED", "staff have seen it"


def test_who_changed_what_is_asked_for_does_not_approve_it(shop: Shop) -> None:
    order_no = sold(shop, four_eyes=["requester_approver"])
    draft = filed(shop, order_no, who="cus-1", role="customer", quantity=1, submit=False)
    edited(shop, draft, wish(5), who="eve", role="admin")
    ret = submitted(shop, draft, "cus-1", "customer")

    with pytest.raises(Conflict, match="same_person"):
        approved(shop, ret, "eve", "admin")
    assert status_of(approved(shop, ret, "anna")) == "APPROVED"


def test_a_consent_ends_with_a_suspicion_that_its_giver_did_not_know_of(shop: Shop) -> None:
    signal = {
        "id": "seen-before",
        "title": {"en": "Seen before", "zh-CN": "用过的照片"},
        "when": {"fact": "photo_reused", "is": True},
        "weight": 50,
    }
    order_no = sold(shop, rule("two", review=TWO), signals=[signal])
    photographed(shop, filed(shop, order_no, quantity=1))
    ret = approved(shop, filed(shop, order_no, quantity=1), "anna")
    assert open_consent(ret) is not None

    photographed(shop, ret)

    assert open_consent(shop.now_is(ret)) is None
    assert status_of(approved(shop, ret, "bert")) == "UNDER_REVIEW", "anna has to look again"
    assert status_of(approved(shop, ret, "anna")) == "APPROVED"


def photographed(shop: Shop, ret: Return) -> None:
    """The same picture each time."""
    asked_for = service.RequestPhoto(content_type="image/jpeg", size=1000)
    clean = service.CleanPhoto(width=640, height=480, dhash="00ff13579bdf0246")
    photo = shop.do(
        lambda reads, context: service.request_photo(reads, ret.return_id, asked_for, context)
    )
    shop.do(
        lambda reads, context: service.accept_photo(
            reads, ret.return_id, photo.photo_id, clean, context
        )
    )


def test_an_answer_about_one_line_does_not_unite_who_approves_and_who_pays_for_another(
    shop: Shop,
) -> None:
    games = rule("games", {"fact": "category", "is": "games"}, window={"days": 1})
    looked_at = rule("all", review="person", window={"days": None})
    pairs = ["approver_refunder"]
    policies.publish(shop.store, form("then", games, looked_at, policy="p"))
    policies.publish(shop.store, form("now", looked_at, policy="p", four_eyes=pairs))
    policies.shelve(shop.store, "p", ("then", NOW - timedelta(days=99)), ("now", NOW))
    lines = (line("1", category="games"), line("2"))
    shop.sells(order(*lines, policy_version="then"))
    ret = filed(shop, lines=(wish(1, "1"), wish(1, "2")))
    assert ret.decision is not None
    assert [one.policy_version for one in ret.decision.lines] == ["now", "then"]
    approved(shop, ret, quantities={"1": 1})

    answered = submitted(shop, asked(shop, ret))

    assert answered.decision is not None
    assert answered.decision.four_eyes == ("approver_refunder",)
