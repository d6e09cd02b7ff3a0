"""Overriding policy: refusals are set aside with a reason, facts are not, and others approve."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.errors import Conflict, Invalid, PolicyRefused
from chalicelib.orders.model import LineKind
from chalicelib.policy.document import Review
from chalicelib.returns import quoting, requesting
from chalicelib.returns.standing import status_of
from chalicelib.returns.wishes import RequestedLine, RequestReturn
from tests import policies
from tests.builders import NOW, Shop, line, order, wish
from tests.policies import form, rule
from tests.returns.persons import approved, by, filed, rejected, sold, submitted

NEVER = rule("never", eligible=False, code="never_back")
WHY = "Ten years a customer."


def refused_order(shop: Shop) -> str:
    return sold(shop, NEVER)


def test_a_refusal_of_policy_is_set_aside_and_a_person_decides(shop: Shop) -> None:
    order_no = refused_order(shop)
    with pytest.raises(PolicyRefused):
        filed(shop, order_no)

    ret = filed(shop, order_no, who="sam", role="senior_reviewer", override=WHY)

    assert status_of(ret) == "UNDER_REVIEW"
    assert ret.decision is not None
    assert ret.decision.review is Review.PERSON
    assert "override" in ret.decision.reasons
    step = ret.decision.lines[0].trace[-1]
    assert (step.rule, step.code, step.passed) == ("override", "overridden", True)
    assert step.facts == {"set_aside": ["never_back"]}
    assert ret.override is not None
    assert (ret.override.by, ret.override.reason) == ("sam", WHY)
    assert ret.override.codes == ("never_back",)


def test_the_reason_is_on_the_return_and_in_no_event(shop: Shop) -> None:
    ret = filed(shop, refused_order(shop), who="sam", role="senior_reviewer", override=WHY)

    assert WHY not in str(shop.store.reads().events(ret.subject))


def test_what_is_overridden_is_never_approved_by_a_rule(shop: Shop) -> None:
    order_no = sold(shop, rule("all", review="automatic"))

    ret = filed(shop, order_no, who="sam", role="senior_reviewer", override=WHY)

    assert status_of(ret) == "UNDER_REVIEW"


def test_who_overrode_does_not_approve_whatever_the_policy_says(shop: Shop) -> None:
    ret = filed(shop, refused_order(shop), who="sam", role="senior_reviewer", override=WHY)

    with pytest.raises(Conflict, match="same_person"):
        approved(shop, ret, "sam", "senior_reviewer")

    assert status_of(approved(shop, ret, "anna")) == "APPROVED"


def test_a_stricter_review_stays(shop: Shop) -> None:
    order_no = sold(shop, NEVER, rule("two", review="two_persons"))

    ret = filed(shop, order_no, who="sam", role="senior_reviewer", override=WHY)

    assert ret.decision is not None
    assert ret.decision.review is Review.TWO_PERSONS


def test_what_was_not_shipped_stays_refused(shop: Shop) -> None:
    under = policies.publish(shop.store, form("own", NEVER))
    shop.sells(order(line(), policy_version=under, deliveries=()))

    with pytest.raises(PolicyRefused):
        filed(shop, quantity=1, who="sam", role="senior_reviewer", override=WHY)


def test_a_service_stays_refused(shop: Shop) -> None:
    under = policies.publish(shop.store, form("own", NEVER))
    shop.sells(order(line(kind=LineKind.SERVICE), policy_version=under))

    with pytest.raises(PolicyRefused):
        filed(shop, quantity=1, who="sam", role="senior_reviewer", override=WHY)


def test_no_more_comes_back_than_was_sold(shop: Shop) -> None:
    with pytest.raises(Conflict, match="not_returnable_quantity"):
        filed(
            shop,
            refused_order(shop),
            quantity=6,
            who="sam",
            role="senior_reviewer",
            override=WHY,
        )


def test_a_draft_is_overridden_when_it_is_submitted(shop: Shop) -> None:
    draft = filed(shop, refused_order(shop), who="cus-1", role="customer", submit=False)

    ret = submitted(shop, draft, "sam", "senior_reviewer", override=WHY)

    assert status_of(ret) == "UNDER_REVIEW"
    assert ret.override is not None
    assert ret.submitted_by == "sam"
    with pytest.raises(Conflict, match="same_person"):
        approved(shop, ret, "sam", "senior_reviewer")


def test_asked_anew_it_has_to_be_overridden_anew(shop: Shop) -> None:
    ret = filed(shop, refused_order(shop), who="sam", role="senior_reviewer", override=WHY)
    rejected(shop, ret)

    with pytest.raises(PolicyRefused):
        submitted(shop, ret)
    again = submitted(shop, ret, "sue", "senior_reviewer", override="Once more.")

    assert again.override is not None
    assert (again.override.by, again.override.reason) == ("sue", "Once more.")


@pytest.mark.parametrize("more", [{"submit": False}, {"order_no": None}], ids=["draft", "blind"])
def test_where_no_policy_decides_there_is_nothing_to_override(
    shop: Shop, more: dict[str, Any]
) -> None:
    order_no = refused_order(shop)
    command = RequestReturn(order_no=order_no, lines=(wish(1),), override=WHY)
    if "order_no" in more:
        blind = RequestedLine(quantity=1, reason="CHANGED_MIND", sku="SKU-1")
        command = replace(command, lines=(blind,))
    command = replace(command, **more)

    with pytest.raises(Invalid, match="nothing_to_override"):
        requesting.create(shop.store.reads(), command, by(shop, "sam", "senior_reviewer"))


def test_a_quote_with_an_override_equals_what_submit_then_decides(shop: Shop) -> None:
    order_no = refused_order(shop)
    command = RequestReturn(
        order_no=order_no, lines=(wish(2),), override=WHY, requested_at=NOW + timedelta(hours=1)
    )

    quoted = quoting.quote(shop.store.reads(), command, by(shop, "sam", "senior_reviewer"))
    ret = filed(
        shop,
        order_no,
        who="sam",
        role="senior_reviewer",
        override=WHY,
        requested_at=command.requested_at,
    )

    assert quoted.eligible
    assert ret.decision == quoted.decision
