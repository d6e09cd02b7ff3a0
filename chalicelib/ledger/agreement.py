"""Does the provider's own list of refunds say what the ledger says? Each difference is named.

Pure. Reads of both sides are never of one moment: what is under way here is no difference, and the
caller looks again at what is younger than its list.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.core.money import Money


class DifferenceKind(StrEnum):
    """MISSING: we say it was paid, they do not list it. EXTRA: they list one that is none of ours.
    UNBOOKED: it is ours and went back, but we did not book it. AMOUNT and PAYMENT: both have it,
    otherwise. DUPLICATE: they paid one leg more than once."""

    MISSING = "missing"
    EXTRA = "extra"
    UNBOOKED = "unbooked"
    AMOUNT = "amount_differs"
    PAYMENT = "payment_differs"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedRefund:
    """A leg as we have it. `key` ends in the attempt; without it, it names the leg.

    `payment` is what the provider calls the payment. `is_paid` False: no answer is known yet, or it
    was declined.
    """

    key: str
    payment: str
    amount: Money
    is_paid: bool
    refund_id: str | None = None

    @property
    def leg(self) -> str:
        return leg_of(self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRefund:
    """A refund as the provider lists it. `key` None: nobody gave it one, so it is not ours.

    `stands` False: it was declined, failed or was cancelled; no money is with the customer. `also`
    are other names of theirs for the payment.
    """

    refund_id: str
    payment: str
    amount: Money
    stands: bool
    key: str | None = None
    also: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """`ours` and `theirs` are what each side says of the amount; None: nothing.

    `also` are other names of the payment.
    """

    kind: DifferenceKind
    payment: str
    also: frozenset[str] = frozenset()
    key: str | None = None
    refund_id: str | None = None
    ours: Money | None = None
    theirs: Money | None = None

    def is_of(self, payment: str) -> bool:
        return payment == self.payment or payment in self.also


def differences(booked: Iterable[BookedRefund], listed: Iterable[ListedRefund]) -> list[Difference]:
    """Every difference, each once: of our legs in order, then what is none of ours."""
    ours: dict[str, list[BookedRefund]] = {}
    for attempt in booked:
        ours.setdefault(attempt.leg, []).append(attempt)
    theirs: dict[str, list[ListedRefund]] = {leg: [] for leg in ours}
    strangers: list[ListedRefund] = []
    for refund in listed:
        if refund.stands:
            theirs.get(leg_of(refund.key), strangers).append(refund)
    found = [one for leg in sorted(ours) for one in _of_leg(ours[leg], theirs[leg])]
    strangers.sort(key=lambda refund: refund.refund_id)
    return [*found, *(_difference(DifferenceKind.EXTRA, None, refund) for refund in strangers)]


def leg_of(key: str | None) -> str:
    """The leg that a key is of: all of it but the attempt."""
    return (key or "").rpartition(":")[0]


def _of_leg(attempts: list[BookedRefund], standing: list[ListedRefund]) -> Iterable[Difference]:
    """One refund stands for a leg that is paid, under the key of its paid attempt; none else."""
    paid = next((attempt for attempt in attempts if attempt.is_paid), None)
    rest = sorted(standing, key=lambda refund: _unlikeness(paid, refund))
    if paid is not None and rest and rest[0].key == paid.key:
        counterpart, *rest = rest
        if counterpart.amount != paid.amount:
            yield _difference(DifferenceKind.AMOUNT, paid, counterpart)
        if paid.payment != counterpart.payment and paid.payment not in counterpart.also:
            yield _difference(DifferenceKind.PAYMENT, paid, counterpart)
    else:
        if paid is not None:
            yield Difference(
                kind=DifferenceKind.MISSING,
                payment=paid.payment,
                key=paid.key,
                refund_id=paid.refund_id,
                ours=paid.amount,
            )
        if rest:
            first, *rest = rest
            yield _difference(DifferenceKind.UNBOOKED, None, first)
    for refund in rest:
        yield _difference(DifferenceKind.DUPLICATE, None, refund)


def _unlikeness(
    paid: BookedRefund | None, refund: ListedRefund
) -> tuple[bool, bool, bool, str, str]:
    """Sorts the one that is most likely ours first, whatever the order of their list."""
    return (
        paid is not None and refund.key != paid.key,
        paid is not None and refund.refund_id != paid.refund_id,
        paid is not None and refund.amount != paid.amount,
        refund.key or "",
        refund.refund_id,
    )


def _difference(
    kind: DifferenceKind, ours: BookedRefund | None, theirs: ListedRefund
) -> Difference:
    return Difference(
        kind=kind,
        payment=theirs.payment,
        also=theirs.also,
        key=theirs.key,
        refund_id=theirs.refund_id,
        ours=ours.amount if ours else None,
        theirs=theirs.amount,
    )
