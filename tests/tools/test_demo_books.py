"""The demo judges the money of its run: a cent that any of three books lacks is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from tools.demo import books
from tools.demo.desk import Desk, Unexpected
from tools.replay.caller import Caller


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    def expect(self, status: int) -> Any:
        assert self.status == status
        return self.body


@dataclass(frozen=True, kw_only=True)
class Books:
    """One return of 96.67 in our documents, its ledger, and what the provider lists, by page."""

    leg: Mapping[str, Any]
    ledger: Mapping[str, Any]
    pages: tuple[tuple[Mapping[str, Any], ...], ...]
    asked: list[str] = field(default_factory=list)

    @property
    def state(self) -> Any:  # Any: all that is needed of a stack's state
        return SimpleNamespace(provider_url="http://provider")

    def api(self, role: str | None) -> "Books":
        return self

    def request(
        self, method: str, path: str, json: Any = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        if path.endswith("/ledger"):
            return Reply(200, self.ledger)
        settlement = {"settlement_id": "stl_1", "legs": [self.leg]}
        return Reply(200, {"id": "ret_1", "number": "R1", "settlements": [settlement]})

    def http(self, method: str, url: str) -> Reply:
        self.asked.append(url)
        number = len(self.asked) - 1
        is_last = number == len(self.pages) - 1
        cursor = None if is_last else str(number + 1)
        return Reply(200, {"items": list(self.pages[number]), "next_cursor": cursor})


def eur(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


def listed(amount: int = 9667, **changes: Any) -> dict[str, Any]:
    refund = {"id": "sbx_1", "reference": "stl_1", "amount": amount, "currency": "EUR"}
    return {**refund, "status": "succeeded", **changes}


def a_ledger(amount: str = "96.67", **changes: Any) -> dict[str, Any]:
    refunded = {"account": "refunded", "detail": "card", "debit": None, "credit": eur(amount)}
    return {"balanced": True, "faults": [], "postings": [1], "balances": [refunded], **changes}


def a_leg(**changes: Any) -> dict[str, Any]:
    leg = {"payment_id": "card", "provider": "sandbox", "state": "PAID", "reference": "sbx_1"}
    return {**leg, "amount": eur("96.67"), **changes}


def told(**changes: Any) -> Books:
    """Books that agree, but for the changes."""
    right: dict[str, Any] = {"leg": a_leg(), "ledger": a_ledger(), "pages": ((listed(),),)}
    return Books(**{**right, **changes})


def agreed(compared: Books) -> str:
    # Any: it is all of a stack that the comparison needs.
    stack: Any = compared
    now = datetime(2026, 1, 2, tzinfo=UTC)
    desk = Desk(stack=stack, caller=Caller(compared), run="D1", now=now, opened=["ret_1"])
    return books.agreed(desk, workers=1)


def test_three_books_that_agree_are_told_in_one_sentence() -> None:
    strangers = (listed(reference="stl_of_somebody_else"), listed(status="declined", id="sbx_0"))
    three = told(pages=(strangers, (listed(),)))

    assert agreed(three) == (
        "money ledger balances (returns 1, postings 1), provider's list agrees (refunds 1)"
    )
    assert three.asked[1].endswith("&cursor=1")


def test_what_was_paid_by_hand_or_given_as_credit_is_on_no_list() -> None:
    by_hand = told(leg=a_leg(provider="manual"), pages=((),))
    as_credit = told(leg=a_leg(provider="store_credit"), ledger=a_ledger(balances=[]), pages=((),))

    assert "refunds 0" in agreed(by_hand)
    assert "refunds 0" in agreed(as_credit)


@pytest.mark.parametrize(
    ("compared", "says"),
    [
        (told(ledger=a_ledger(balanced=False)), "does not balance"),
        (told(ledger=a_ledger("96.66")), "its ledger says"),
        (told(pages=((),)), "the provider does not list"),
        (told(pages=((listed(9666),),)), "only the provider lists"),
        (told(pages=((listed(), listed(id="sbx_2")),)), "sbx_2"),
        (told(pages=((listed(), listed()),)), "only the provider lists"),
    ],
    ids=["unbalanced", "ledger", "not sent", "another amount", "a second one", "twice"],
)
def test_a_book_that_differs_is_told(compared: Books, says: str) -> None:
    with pytest.raises(Unexpected, match=says):
        agreed(compared)
