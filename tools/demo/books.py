"""The money of a run, judged at the end: its ledgers, its settlements and the provider's own list.

The nightly comparison leaves the last hour alone, so the demo compares by itself. The provider is
asked directly: what it lists is its word, not ours.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from chalicelib.core.money import Money
from tools.demo.desk import READER, Desk, Unexpected
from tools.generator import rfc3339
from tools.replay.parallel import for_each
from tools.replay.progress import NO_BAR

PROVIDER = "sandbox"
_CREDIT = "store_credit"
_PAGE = 500
_PAGES_MAX = 100
Refund = tuple[str, str, int, str]
"""Whose (a settlement), the provider's own id of it, minor units and currency."""


def agreed(desk: Desk, *, workers: int) -> str:
    """Tells how much was compared; raises Unexpected with the first things that differ."""
    paths = [f"/returns/{name}" for name in desk.opened]
    returns = _each(desk, paths, workers)
    ledgers = _each(desk, [f"{path}/ledger" for path in paths], workers)
    wrong = [
        fault for pair in zip(returns, ledgers, strict=True) for fault in _faults_between(*pair)
    ]
    settlements = [settlement for told in returns for settlement in told["settlements"]]
    ours = Counter(_paid_by_provider(settlements))
    names = {settlement["settlement_id"] for settlement in settlements}
    theirs = Counter(refund for refund in _listed(desk) if refund[0] in names)
    wrong += [f"the provider does not list {refund}" for refund in ours - theirs]
    wrong += [f"only the provider lists {refund}" for refund in theirs - ours]
    if wrong:
        raise Unexpected("; ".join(wrong[:5]))
    postings = sum(len(ledger["postings"]) for ledger in ledgers)
    return (
        f"money ledger balances (returns {len(ledgers)}, postings {postings}), "
        f"provider's list agrees (refunds {theirs.total()})"
    )


def _each(desk: Desk, paths: Sequence[str], workers: int) -> Sequence[Mapping[str, Any]]:
    def read(path: str) -> Mapping[str, Any]:
        return dict(desk.caller.get(READER, path))

    return for_each(paths, read, workers=workers, bar=NO_BAR)


def _faults_between(told: Mapping[str, Any], ledger: Mapping[str, Any]) -> Iterator[str]:
    """A ledger that does not balance by itself, or knows other refunds than its settlements."""
    if not ledger["balanced"]:
        yield f"the ledger of return {told['number']} does not balance: {ledger['faults']}"
    booked = Counter[str]()
    for side in ledger["balances"]:
        if side["account"] == "refunded":
            booked[side["detail"]] += _minor(side["credit"])
    paid = Counter[str]()
    for settlement in told["settlements"]:
        for leg in settlement["legs"]:
            if leg["state"] == "PAID" and leg["provider"] != _CREDIT:
                paid[leg["payment_id"]] += _minor(leg["amount"])
    if booked != paid:
        yield f"return {told['number']} paid {dict(paid)}, its ledger says {dict(booked)}"


def _paid_by_provider(settlements: Sequence[Mapping[str, Any]]) -> Iterator[Refund]:
    for settlement in settlements:
        for leg in settlement["legs"]:
            if leg["state"] == "PAID" and leg["provider"] == PROVIDER:
                amount = leg["amount"]
                name, reference = settlement["settlement_id"], str(leg["reference"])
                yield name, reference, _minor(amount), amount["currency"]


def _listed(desk: Desk) -> Iterator[Refund]:
    """All refunds since the run began that went through, whoever made them."""
    since = quote(rfc3339(desk.now))
    url = f"{desk.stack.state.provider_url}/v1/refunds?since={since}&limit={_PAGE}"
    cursor = ""
    for _ in range(_PAGES_MAX):
        page = desk.stack.http("GET", url + cursor).expect(200)
        for refund in page["items"]:
            if refund["status"] == "succeeded":
                yield (
                    str(refund["reference"]), refund["id"], refund["amount"], refund["currency"],
                )  # fmt: skip
        if page["next_cursor"] is None:
            return
        cursor = f"&cursor={page['next_cursor']}"
    raise Unexpected(f"the provider's list is longer than {_PAGES_MAX} pages")


def _minor(amount: Mapping[str, str]) -> int:
    return Money.parse(amount["amount"], amount["currency"]).minor
