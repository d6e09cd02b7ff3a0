"""A supplier is stated as a whole; other criteria than before are a new version."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.core.errors import Conflict, Invalid
from chalicelib.core.money import Money
from chalicelib.suppliers.model import Criterion, DefectLimit
from tests.builders import Shop, eur
from tests.returns.undoing import suspicions
from tests.suppliers.trade import AGREED, events_of, states

CRACK = Criterion(code="CRACK", titles={"en": "Crack", "zh-CN": "裂纹"})


def test_the_same_again_is_no_change(shop: Shop) -> None:
    first = states(shop, criteria=(CRACK,))

    assert states(shop, criteria=(CRACK,)) == first
    assert events_of(shop, first.subject) == ["supplier.registered"]


def test_other_criteria_are_a_new_version_and_other_terms_are_not(shop: Shop) -> None:
    states(shop, criteria=(CRACK,))
    states(shop, criteria=(CRACK,), terms=replace(AGREED, days_to_claim=30))

    after = states(shop, criteria=(CRACK,), limits=(DefectLimit(per_thousand="5"),))

    assert [one.number for one in after.quality] == [1, 2]
    assert (after.version, after.terms.days_to_claim) == (3, 90)
    assert suspicions(shop) == []


def test_the_currency_does_not_change(shop: Shop) -> None:
    states(shop)

    with pytest.raises(Conflict, match="supplier_currency_fixed"):
        states(shop, currency="USD")


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        ({"terms": replace(AGREED, credit_share="1.01")}, "above_one"),
        ({"terms": replace(AGREED, value_min=Money(1, "USD"))}, "currency_differs"),
        ({"criteria": (CRACK, CRACK)}, "named_twice"),
        ({"limits": (DefectLimit(per_thousand="1", sku="A", category="B"),)}, "named_twice"),
        ({"limits": (DefectLimit(per_thousand="1"), DefectLimit(per_thousand="2"))}, "named_twice"),
    ],
    ids=["share", "currency", "criteria", "sku and category", "limits"],
)
def test_what_contradicts_itself_is_refused(shop: Shop, stated: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid, match="supplier_faults") as refused:
        states(shop, **stated)

    assert [fault.code for fault in refused.value.errors] == [code]


def test_an_agreed_minimum_is_in_its_currency(shop: Shop) -> None:
    assert states(shop, terms=replace(AGREED, value_min=eur(1))).terms.value_min == eur(1)
