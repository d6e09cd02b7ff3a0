"""What policy decides without a person: approved at once, unless something is missing."""

import pytest

from chalicelib.inventory.model import Account
from chalicelib.policy.document import Review
from chalicelib.returns import quoting
from chalicelib.returns.model import DeadlineKind, LinkedDocument, ReturnType
from chalicelib.returns.standing import status_of
from chalicelib.returns.wishes import RequestReturn
from tests import policies
from tests.builders import Shop, line, order, wish
from tests.children import exchange_of, swap


@pytest.fixture
def automatic(shop: Shop) -> str:
    """A policy that decides without a person; its name."""
    return policies.publish(shop.store, policies.automatic())


def papers(*kinds: str) -> tuple[LinkedDocument, ...]:
    return tuple(LinkedDocument(kind=kind, ref=f"{kind}-1") for kind in kinds)


def test_what_policy_decides_alone_is_approved_at_once(shop: Shop, automatic: str) -> None:
    shop.sells(order(line(), policy_version=automatic))

    ret = shop.asks()

    assert status_of(ret) == "APPROVED"
    assert ret.reviewed_by is None
    assert ret.deadline is not None
    assert ret.deadline.kind is DeadlineKind.SHIP
    assert shop.store.reads().review_of(ret.return_id)[2] is None


@pytest.mark.parametrize(
    ("type_", "linked", "review"),
    [
        (ReturnType.QUALITY, (), Review.PERSON),
        (ReturnType.QUALITY, ("photo",), Review.AUTOMATIC),
        (ReturnType.RECALL, ("application_form", "qc_report"), Review.PERSON),
    ],
    ids=["paper missing", "all there", "report missing"],
)
def test_with_something_missing_a_person_decides_and_the_quote_says_so(
    shop: Shop, automatic: str, type_: ReturnType, linked: tuple[str, ...], review: Review
) -> None:
    shop.sells(order(line(), policy_version=automatic))
    command = RequestReturn(order_no="O-1", lines=(wish(),), type=type_, documents=papers(*linked))

    quoted = quoting.quote(shop.store.reads(), command, shop.context())
    ret = shop.asks(type=type_, documents=papers(*linked))

    assert quoted.decision.review is review
    assert ret.decision is not None
    assert ret.decision.review is review
    assert status_of(ret) == ("UNDER_REVIEW" if review is Review.PERSON else "APPROVED")


def test_an_exchange_that_is_approved_alone_is_promised_at_once(shop: Shop, automatic: str) -> None:
    shop.sells(order(line(), policy_version=automatic))
    shop.counts({"BLUE": 1})

    ret = shop.asks("O-1", swap(1, for_="BLUE"))

    assert status_of(ret) == "APPROVED"
    assert exchange_of(shop, ret).replacement_sku == "BLUE"
    assert shop.on_hand("BLUE", Account.RESERVED) == 1


def test_without_the_stock_for_it_a_person_decides_about_an_exchange(
    shop: Shop, automatic: str
) -> None:
    shop.sells(order(line(), policy_version=automatic))

    ret = shop.asks("O-1", swap(1, for_="BLUE"))

    assert status_of(ret) == "UNDER_REVIEW"
    assert ret.decision is not None
    assert ret.decision.review is Review.PERSON
    assert shop.returnable() == 0


def test_what_a_person_refused_is_not_promised_when_the_rest_is_approved_alone(
    shop: Shop, automatic: str
) -> None:
    shop.sells(order(line("1"), line("2"), policy_version=automatic))
    shop.counts({"BLUE": 2})
    ret = shop.asks(
        "O-1", swap(1, "1", for_="BLUE"), swap(1, "2", for_="BLUE"), type=ReturnType.QUALITY
    )
    ret = shop.approves(shop.links(ret, "photo"), line_1=0)

    again = shop.submits(shop.asks_customer(ret))

    assert [x.groups[0].authorization for x in again.lines] == ["REJECTED", "APPROVED"]
    assert again.lines[0].exchange_id is None
    assert shop.on_hand("BLUE", Account.RESERVED) == 1
