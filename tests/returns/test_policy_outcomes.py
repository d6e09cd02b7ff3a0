"""What a policy says of a request has its effect: where goods go, which papers, what is known."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.errors import Conflict, PolicyRefused
from chalicelib.core.events import Actor
from chalicelib.core.money import Money
from chalicelib.policy.document import Review
from chalicelib.policy.replaying import replay
from chalicelib.returns import documents, quoting, requesting
from chalicelib.returns.model import LinkedDocument, Resolution, Return
from chalicelib.returns.standing import status_of
from chalicelib.returns.wishes import RequestReturn
from tests import policies
from tests.builders import NOW, Shop, eur, line, order, wish
from tests.policies import form, rule

ANY_TIME = rule("any-time", window={"days": None})


def filed(shop: Shop, *rules: dict[str, Any], **more: Any) -> Return:
    """A return of one unit that was sold under these rules."""
    sold_under = policies.publish(shop.store, form("own", *rules, ANY_TIME))
    shop.sells(order(line(category="games"), policy_version=sold_under))
    return shop.asks(**more)


def test_goods_go_where_policy_says(shop: Shop) -> None:
    ret = filed(shop, rule("games", {"fact": "category", "is": "games"}, warehouse="REPAIRS"))

    assert ret.warehouse == "REPAIRS"


def test_a_warehouse_that_was_asked_for_stays(shop: Shop) -> None:
    ret = filed(shop, rule("all", warehouse="REPAIRS"), warehouse="SHOP-7")

    assert ret.warehouse == "SHOP-7"


def test_what_policy_wants_to_see_has_to_be_there_before_approval(shop: Shop) -> None:
    ret = filed(shop, rule("all", evidence=["photo"], review="automatic"))

    assert status_of(ret) == "UNDER_REVIEW"
    assert ret.decision is not None
    assert ret.decision.reasons == ("documents_missing",)
    with pytest.raises(Conflict, match="photo"):
        shop.approves(ret)


def test_with_the_evidence_a_rule_approves_alone(shop: Shop) -> None:
    photo = (LinkedDocument(kind="photo", ref="p-1"),)

    ret = filed(shop, rule("all", evidence=["photo"], review="automatic"), documents=photo)

    assert status_of(ret) == "APPROVED"


def test_the_decision_says_which_rule_asked_for_the_review(shop: Shop) -> None:
    ret = filed(shop, rule("games", {"fact": "category", "is": "games"}, review="senior"))

    assert ret.decision is not None
    assert (ret.decision.review, ret.decision.reasons) == (Review.SENIOR, ("rule:games",))


def test_a_decision_on_record_replays_to_the_same(shop: Shop) -> None:
    ret = filed(shop, rule("games", {"fact": "category", "is": "games"}, review="senior"))

    assert ret.decision is not None
    own = shop.store.reads().policy("own")
    assert own is not None
    again = replay(ret.decision, {"own": own})
    assert (again.same, again.different, again.unknown) == (("1",), (), ())


def two_versions(shop: Shop, then: dict[str, Any], now: dict[str, Any]) -> None:
    """Sold under the one, and 10 days later, when it is asked, the other is in force."""
    first = form("v-1", then, policy="p")
    second = form("v-2", now, policy="p")
    policies.publish(shop.store, first)
    policies.publish(shop.store, second)
    policies.shelve(
        shop.store, "p", ("v-1", NOW - timedelta(days=400)), ("v-2", NOW - timedelta(days=1))
    )
    shop.sells(order(line(), policy_version="v-1"))


def test_the_version_in_force_at_purchase_applies(shop: Shop) -> None:
    two_versions(
        shop,
        then=rule("all", window={"days": 30}),
        now=rule("none", eligible=False, code="no_returns_any_more"),
    )

    ret = shop.asks()

    assert ret.decision is not None
    assert ret.decision.lines[0].policy_version == "v-1"


def test_a_later_version_applies_where_it_is_better_for_the_customer(shop: Shop) -> None:
    two_versions(
        shop,
        then=rule("none", eligible=False, code="no_returns_then"),
        now=rule("all", window={"days": 30}),
    )

    ret = shop.asks()

    assert ret.decision is not None
    assert ret.decision.policy_version == "v-1"
    assert ret.decision.lines[0].policy_version == "v-2"


def test_where_both_refuse_the_refusal_is_that_of_the_sale(shop: Shop) -> None:
    two_versions(
        shop,
        then=rule("none", eligible=False, code="no_returns_then"),
        now=rule("none", eligible=False, code="no_returns_any_more"),
    )

    with pytest.raises(PolicyRefused) as refused:
        shop.asks()

    assert refused.value.code == "no_returns_then"


def test_a_version_that_is_published_later_never_changes_a_decision(shop: Shop) -> None:
    ret = filed(shop, rule("games", {"fact": "category", "is": "games"}, review="senior"))
    policies.publish(shop.store, form("own-2", ANY_TIME, policy="own"))
    policies.shelve(
        shop.store, "own", ("own", NOW - timedelta(days=400)), ("own-2", NOW - timedelta(days=1))
    )

    stored = shop.store.reads().return_(ret.return_id)

    assert stored is not None
    assert stored.decision == ret.decision


def test_a_quote_equals_what_submit_then_decides(shop: Shop) -> None:
    sold_under = policies.publish(
        shop.store,
        form("own", rule("two", {"fact": "quantity", "above": 1}, review="senior"), ANY_TIME),
    )
    shop.sells(order(line(quantity=3), policy_version=sold_under))

    command = RequestReturn(order_no="O-1", lines=(wish(2),), requested_at=NOW)

    quoted = quoting.quote(shop.store.reads(), command, shop.context())
    decided = shop.do(lambda reads, context: requesting.create(reads, command, context))

    assert decided.decision == quoted.decision
    assert decided.lines[0].value_of(decided.groups()[0].units) == quoted.total


@pytest.mark.parametrize(
    ("role", "missing"), [("customer", ("photo",)), ("support", ()), ("machine", ())]
)
def test_customers_show_what_their_reason_wants_to_see(
    shop: Shop, role: str, missing: tuple[str, ...]
) -> None:
    shop.sells(order(line()))
    command = RequestReturn(order_no="O-1", lines=(wish(reason="WRONG_ITEM"),))
    context = replace(shop.context(), actor=Actor(id="someone", role=role))

    ret = shop.do(lambda reads, _: requesting.create(reads, command, context), context)

    assert documents.missing(ret) == missing


def test_whose_fault_a_reason_makes_it_is_a_fact(shop: Shop) -> None:
    free = rule("ours", {"fact": "fault", "is": "us"}, review="automatic")

    sold_under = policies.publish(shop.store, form("own", free, ANY_TIME))
    shop.sells(order(line(quantity=2), policy_version=sold_under))

    assert status_of(shop.asks("O-1", wish(reason="WRONG_ITEM"))) == "APPROVED"
    assert status_of(shop.asks("O-1", wish(reason="CHANGED_MIND"))) == "UNDER_REVIEW"


@pytest.mark.parametrize("region", ["DE", "DE-BY", "de"])
def test_a_region_is_known_by_its_country(shop: Shop, region: str) -> None:
    german = rule("german", {"fact": "region", "is": "DE"}, review="automatic")
    sold_under = policies.publish(shop.store, form("own", german, ANY_TIME))
    shop.sells(order(line(), policy_version=sold_under, region=region))

    assert status_of(shop.asks()) == "APPROVED"


TIERS = [{"above": {"amount": "50.00", "currency": "EUR"}, "review": "two_persons"}]
ALONE = rule("all", window={"days": None}, review="automatic")


def sold_in(shop: Shop, currency: str = "EUR") -> None:
    """Ten units of 10.00 each, under a policy that decides alone up to 50.00 EUR."""
    sold_under = policies.publish(shop.store, form("own", ALONE, amount_tiers=TIERS))
    sold = line(quantity=10, currency=currency)
    shop.sells(order(sold, policy_version=sold_under))


def test_a_dear_request_is_not_made_cheap_by_asking_twice(shop: Shop) -> None:
    sold_in(shop)

    assert status_of(shop.asks(quantity=5)) == "APPROVED"
    second = shop.asks(quantity=1)
    assert second.decision is not None
    assert second.decision.review is Review.TWO_PERSONS
    assert second.decision.reasons == ("amount_above:50.00 EUR",)


def test_what_was_refused_does_not_count_against_what_is_asked_next(shop: Shop) -> None:
    sold_in(shop)
    shop.rejects(shop.asks(quantity=10))

    assert status_of(shop.asks(quantity=5)) == "APPROVED"


def test_in_a_currency_that_no_tier_names_a_person_decides(shop: Shop) -> None:
    sold_in(shop, "USD")

    decision = shop.asks(quantity=1).decision

    assert decision is not None
    assert (decision.review, decision.reasons) == (Review.PERSON, ("amount_unknown:USD",))


@pytest.mark.parametrize(
    ("wanted", "price", "reasons"),
    [
        ("SKU-NONE", eur(900), ("too_little_stock",)),
        ("SKU-9", None, ("replacement_price_missing",)),
        ("SKU-9", eur(900), ("rule:all",)),
        ("SKU-1", None, ("rule:all",)),
    ],
    ids=["none there", "no price", "a price", "the same"],
)
def test_a_quote_knows_whether_a_rule_can_promise_what_it_is_exchanged_for(
    shop: Shop, wanted: str, price: Money | None, reasons: tuple[str, ...]
) -> None:
    sold_under = policies.publish(shop.store, form("own", ALONE))
    shop.counts({"SKU-1": 5, "SKU-9": 5})
    shop.sells(order(line(), policy_version=sold_under))
    swap = wish(resolution=Resolution.EXCHANGE, exchange_for=wanted, exchange_price=price)

    quoted = shop.quotes("O-1", swap).decision
    decided = shop.asks("O-1", swap).decision

    assert decided is not None
    assert (quoted.review, quoted.reasons) == (decided.review, decided.reasons)
    assert quoted.reasons == reasons
    assert quoted.review is (Review.AUTOMATIC if reasons == ("rule:all",) else Review.PERSON)


@pytest.mark.parametrize(("clauses", "status"), [(("buy-back",), "APPROVED"), ((), "UNDER_REVIEW")])
def test_what_a_contract_says_is_a_fact(shop: Shop, clauses: tuple[str, ...], status: str) -> None:
    bought_back = rule(
        "bought-back", {"fact": "contract_clauses", "has_any": ["buy-back"]}, review="automatic"
    )
    sold_under = policies.publish(shop.store, form("own", bought_back, ANY_TIME))
    shop.sells(order(line(), policy_version=sold_under, contract_clauses=clauses))

    assert status_of(shop.asks()) == status
