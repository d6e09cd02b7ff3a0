"""What a buyer is given to keep."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.withdrawals.receipts import LANGUAGES, digest, texts
from tests.builders import line, order
from tests.withdrawals.buyers import Counter, goods_of, line_of

MOMENT = datetime(2026, 11, 21, 9, 28, 3, tzinfo=UTC)
GIVEN: dict[str, Any] = {"address": "Hauptstr. 1\nBerlin", "statement": "It scratches."}


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_what_was_declared_by_whom_and_when(counter: Counter, language: str) -> None:
    stated = counter.states(line_of("1", 2), goods_of("MUG"), **GIVEN)

    text = texts(stated, counter.declarant(stated), MOMENT)[language]

    for said in (
        stated.withdrawal_id, "2026-11-21 09:28:03 UTC", "Anna Smith", "O-1", "anna@example.com",
        "Hauptstr. 1\nBerlin", "It scratches.", "MUG",
    ):  # fmt: skip
        assert said in text


@pytest.mark.parametrize(
    ("language", "said"), [("en", "- the whole order"), ("zh-CN", "- 整个订单")]
)
def test_a_whole_order_is_named_as_such(counter: Counter, language: str, said: str) -> None:
    stated = counter.states()

    assert said in texts(stated, counter.declarant(stated), MOMENT)[language]


def test_what_was_not_stated_is_not_mentioned(counter: Counter) -> None:
    stated = counter.states(order_stated=None)

    text = texts(stated, counter.declarant(stated), MOMENT)["en"]

    assert "None" not in text
    assert "Order" not in text
    assert "Your words" not in text


def test_the_text_is_kept_as_it_was_and_its_digest_fits(counter: Counter) -> None:
    counter.shop.sells(order(line(), region="DE"))

    done = counter.takes(**GIVEN)

    kept = counter.declarant(done).receipts
    assert done.receipt is not None
    assert {language: digest(text) for language, text in kept.items()} == done.receipt.sha256
    assert len(set(done.receipt.sha256.values())) == len(LANGUAGES)
    assert done.declared_at is not None
    assert texts(done, counter.declarant(done), done.declared_at) == kept
