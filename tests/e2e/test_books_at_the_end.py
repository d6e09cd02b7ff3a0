"""After all that the other tests did to the stack, what is stored still agrees with itself."""

import pytest

from tests.e2e.operator import Operator
from tools.stack.client import Stack


@pytest.fixture(scope="module")
def operator(stack: Stack) -> Operator:
    return Operator(stack)


def test_nothing_is_cut_missing_or_unnamed(operator: Operator) -> None:
    verified = operator.types("verify")

    assert verified["findings"] == []
    assert verified["items_per_second"] > 0


def test_the_reconciliation_finds_nothing(operator: Operator) -> None:
    assert operator.types("reconcile")["findings"] == []


def test_every_view_is_what_the_records_say(operator: Operator) -> None:
    assert operator.types("rebuild-views", "--check")["differences"] == {}
