"""A preview of an approval writes nothing, and agrees with what approving then does."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.core.errors import Conflict, DomainError, Invalid
from chalicelib.exchanges.model import Exchange
from chalicelib.returns.consenting import approvals_missing
from chalicelib.returns.model import Resolution, Return
from chalicelib.returns.previewing import ExpectedUnits, Preview
from chalicelib.returns.units import quantities
from tests.builders import NOW, Shop, eur, item, passed, wish
from tests.children import swap
from tests.fakes import FakeProvider, FakeStore
from tests.policies import in_memory, rule
from tests.returns.persons import (
    PAIRS,
    TWO,
    approved,
    filed,
    pays,
    previewed,
    sold,
    tiered,
)

FEES = {"restocking_percent": "15", "flat": {"amount": "2.00", "currency": "EUR"}}
SWAP = swap(2, "2", for_="BLUE")


def codes(preview: Preview) -> list[str]:
    return [one.code for one in preview.obstacles]


def test_a_preview_tells_units_money_and_stock(shop: Shop) -> None:
    order_no = sold(shop, rule("all", fees=FEES))
    shop.counts({"BLUE": 5})
    ret = filed(shop, order_no, lines=(wish(3, "1"), SWAP))

    seen = previewed(shop, ret, quantities={"1": 2, "2": 2})

    first, second = seen.lines
    assert (first.approved, first.rejected, first.value, first.refund) == (
        2,
        1,
        eur(2000),
        eur(2000),
    )
    assert (second.approved, second.resolution, second.refund) == (
        2,
        Resolution.EXCHANGE,
        eur(0),
    )
    assert [(fee.kind, fee.amount) for fee in seen.fees] == [
        ("restocking", eur(300)),
        ("flat", eur(200)),
    ]
    assert seen.refund == eur(1500)
    assert [(leg.payment_id, leg.amount) for leg in seen.legs] == [("card", eur(1500))]
    assert seen.shortfall == eur(0)
    assert seen.expected == (
        ExpectedUnits(warehouse="A", sku="SKU-1", quantity=2),
        ExpectedUnits(warehouse="A", sku="SKU-2", quantity=2),
    )
    (exchange,) = seen.exchanges
    assert (exchange.line_no, exchange.replacement_sku, exchange.quantity) == ("2", "BLUE", 2)
    assert seen.obstacles == ()


def test_a_preview_writes_nothing(shop: Shop) -> None:
    ret = tiered(shop, TWO)
    before = dict(in_memory(shop.store).records)

    previewed(shop, ret)

    assert in_memory(shop.store).records == before


def test_all_obstacles_are_named_at_once(shop: Shop) -> None:
    order_no = sold(shop, rule("all", review="senior", evidence=["photo"]), four_eyes=PAIRS)
    ret = filed(
        shop,
        order_no,
        who="anna",
        lines=(swap(1, for_="NOT-THERE"),),
    )

    seen = previewed(shop, ret, "anna", on_behalf_of="sam")

    assert codes(seen) == [
        "delegation_missing",
        "senior_required",
        "same_person",
        "documents_missing",
        "replacement_out_of_stock",
    ]
    assert seen.lines[0].approved == 1


def test_what_is_paid_back_instead_is_money_and_no_stock(shop: Shop) -> None:
    ret = filed(shop, sold(shop), lines=(SWAP,))

    assert previewed(shop, ret).refund == eur(0)
    assert codes(previewed(shop, ret)) == ["replacement_out_of_stock"]
    seen = previewed(shop, ret, without_replacement=("1",))
    assert (seen.refund, seen.exchanges, seen.obstacles) == (eur(2000), (), ())


def test_waived_fees_are_not_in_the_preview(shop: Shop) -> None:
    ret = filed(shop, sold(shop, rule("all", fees=FEES)))

    seen = previewed(shop, ret, "sam", "senior_reviewer", waive_fees="Our fault.")

    assert (seen.fees, seen.refund) == ((), eur(2000))


@pytest.mark.parametrize(
    "then",
    [{"keep_item": True}, {"refund_due": "approval"}, {"refund_due": "carrier_scan"}],
    ids=["kept", "at approval", "when it is sent"],
)
def test_it_agrees_whenever_the_refund_falls_due(shop: Shop, then: dict[str, Any]) -> None:
    ret = filed(shop, sold(shop, rule("all", fees=FEES, **then)))

    seen = previewed(shop, ret)
    done = approved(shop, ret)

    assert bool(seen.expected) is ("keep_item" not in then)
    assert_money_is_as_told(shop, done, seen)


def test_a_preview_says_whose_yes_is_missing_and_whom_it_replaces(shop: Shop) -> None:
    ret = tiered(shop, TWO)

    assert previewed(shop, ret, "anna").missing_after == 1
    approved(shop, ret, "anna")
    assert (previewed(shop, ret, "bert").missing_after, codes(previewed(shop, ret, "anna"))) == (
        0,
        ["same_person"],
    )
    other = previewed(shop, ret, "bert", quantities={"1": 1})
    assert (other.missing_after, other.replaces) == (1, "anna")


def test_what_is_meant_wrongly_is_refused_as_approving_would_be(shop: Shop) -> None:
    ret = tiered(shop, "person")

    with pytest.raises(Invalid, match="pending"):
        previewed(shop, ret, quantities={"1": 9})


def test_what_cannot_be_approved_any_more_is_not_previewed(shop: Shop) -> None:
    ret = approved(shop, tiered(shop, "person"))

    with pytest.raises(Conflict, match="not_allowed_now"):
        previewed(shop, ret)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A request, and somebody who approves it."""

    tier: str
    who: str
    role: str
    quantities: dict[str, int] | None = None
    consented: bool = False
    more: dict[str, Any] = field(default_factory=dict)
    evidence: bool = False
    blue: int = 5

    def opened(self, shop: Shop) -> Return:
        evidence: dict[str, Any] = {"evidence": ["photo"]} if self.evidence else {}
        order_no = sold(shop, rule("all", review=self.tier, fees=FEES, **evidence), four_eyes=PAIRS)
        shop.counts({"BLUE": self.blue})
        ret = filed(shop, order_no, lines=(wish(3, "1"), SWAP))
        if self.consented and self.tier == TWO and not self.evidence and self.blue > 1:
            ret = approved(shop, ret, "bert")
        return ret


WHO = [("anna", "reviewer"), ("sam", "senior_reviewer"), ("carla", "admin"), ("bert", "reviewer")]
QUANTITIES: list[dict[str, int] | None] = [None, {"1": 2}, {"1": 0, "2": 1}, {"2": 2}]
MORE: list[dict[str, Any]] = [
    {},
    {"without_replacement": ("2",)},
    {"waive_fees": "Our fault."},
    {"without_evidence": "Seen."},
    {"on_behalf_of": "nobody"},
]


def table() -> Iterator[Case]:
    """Every tier with everybody; quantities and wishes in turn."""
    rest = product(QUANTITIES, MORE, (False, True), (False, True), (5, 0))
    turns = list(rest)
    for number, (tier, (who, role)) in enumerate(product(("person", "senior", TWO), WHO)):
        for turn in turns[number % 3 :: 3]:
            wanted, more, consented, evidence, blue = turn
            yield Case(
                tier=tier,
                who=who,
                role=role,
                quantities=wanted,
                more=more,
                consented=consented,
                evidence=evidence,
                blue=blue,
            )


def new_shop() -> Shop:
    provider = FakeProvider()
    return Shop(FakeStore(clock=lambda: NOW), providers={provider.name: provider})


def check(case: Case) -> None:
    """Whatever the preview says is what approving does, or is told."""
    shop = new_shop()
    ret = case.opened(shop)
    arguments = (shop, ret, case.who, case.role, case.quantities)

    seen = previewed(*arguments, **case.more)
    if seen.obstacles:
        with pytest.raises(DomainError) as refused:
            approved(*arguments, **case.more)
        assert refused.value.code == seen.obstacles[0].code
        assert refused.value.details == seen.obstacles[0].details
        assert shop.now_is(ret) == ret
        return
    done = approved(*arguments, **case.more)

    if seen.missing_after:
        assert approvals_missing(done) == seen.missing_after
        assert done.lines == ret.lines
        return
    assert told_of(done, ret) == {
        line.line_no: (line.approved, line.rejected) for line in seen.lines
    }
    assert promised_in(shop) == {
        (one.line_no, one.replacement_sku, one.quantity) for one in seen.exchanges
    }
    assert_money_is_as_told(shop, done, seen)


def told_of(done: Return, before: Return) -> dict[str, tuple[int, int]]:
    """By line how many units were approved and rejected."""
    changed = {}
    for now, then in zip(done.lines, before.lines, strict=True):
        new, old = quantities(now), quantities(then)
        both = (new.approved - old.approved, new.rejected - old.rejected)
        if both != (0, 0):
            changed[now.line_no] = both
    return changed


def promised_in(shop: Shop) -> set[tuple[str, str, int]]:
    found = (one for one in in_memory(shop.store).records.values() if isinstance(one, Exchange))
    return {(one.line_no, one.replacement_sku, one.quantity) for one in found}


def assert_money_is_as_told(shop: Shop, done: Return, seen: Preview) -> None:
    """Once all that is to come back came as it was sold, that is what is paid."""
    come = {units.sku for units in seen.expected}
    for units in seen.expected:
        assert units.warehouse is not None
        shop.receives(done, item(units.sku, units.quantity), warehouse=units.warehouse)
    for line in seen.lines:
        if line.approved and line.sku in come:
            shop.inspects(done, passed(line.approved, line_no=line.line_no))
    if not any(line.refund for line in seen.lines):
        return
    settlement = pays(shop, done, "fiona").settlements[-1]
    assert settlement.amount == seen.refund
    assert settlement.fees == seen.fees
    assert [(leg.payment_id, leg.amount) for leg in settlement.legs] == [
        (leg.payment_id, leg.amount) for leg in seen.legs
    ]


@pytest.mark.parametrize("tier", ["person", "senior", TWO])
def test_a_preview_agrees_with_what_approving_does(tier: str) -> None:
    cases = [case for case in table() if case.tier == tier]

    assert len(cases) > 100
    for case in cases:
        check(case)


@given(
    tier=st.sampled_from(("person", "senior", TWO)),
    who=st.sampled_from(WHO),
    wanted=st.none() | st.dictionaries(st.sampled_from(("1", "2")), st.integers(0, 2), min_size=1),
    more=st.sampled_from(MORE),
    consented=st.booleans(),
    evidence=st.booleans(),
    blue=st.integers(0, 3),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_whoever_approves_whatever_was_told_what_it_does(
    tier: str,
    who: tuple[str, str],
    wanted: dict[str, int] | None,
    more: dict[str, Any],
    consented: bool,
    evidence: bool,
    blue: int,
) -> None:
    check(
        Case(
            tier=tier,
            who=who[0],
            role=who[1],
            quantities=wanted,
            more=more,
            consented=consented,
            evidence=evidence,
            blue=blue,
        )
    )
