"""The money ledger of one subject: does it say what its events, its document and its legs say?

Pure. Events against postings finds what is stored wrong; legs against the events' own postings
finds what was decided wrong. A broken chain of events is told elsewhere: nothing is judged by it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from chalicelib.core.events import Event, chain_fault
from chalicelib.core.money import Money
from chalicelib.credits.model import CreditAccount, account_id_for
from chalicelib.ledger.balances import Balances, LedgerFault, faults_of, unposted
from chalicelib.ledger.model import Account, Posting
from chalicelib.ledger.posting import postings_for
from chalicelib.reconciliation.model import Document, Finding, Unreadable
from chalicelib.returns.awards import awards_due
from chalicelib.returns.model import Closure, Return
from chalicelib.settlement.model import STORE_CREDIT, Leg, LegState, standing
from chalicelib.suppliers.claims import VendorClaim

_ASKED = frozenset({LegState.PROCESSING, LegState.UNKNOWN, LegState.MANUAL})
_ENDED = frozenset({LegState.PAID, LegState.CANCELLED})
_AGAIN = "Make the posting again from its event; look who had access."
_FAULTS = {
    "not_posted": ("posting_missing", "A posting was removed, or never written.", _AGAIN),
    "posted_otherwise": ("posting_differs", "A posting was changed.", _AGAIN),
    "without_event": ("posting_extra", "No event says this.", "Remove it; look who had access."),
    "posted_twice": ("posting_extra", "One event was posted twice.", "Remove the second one."),
    "reverses_nothing": ("posting_reversal", "What it reverses is not there.", _AGAIN),
    "reversed_twice": ("posting_reversal", "What it reverses was reversed before.", _AGAIN),
    "reverses_otherwise": ("posting_reversal", "It is not the opposite of its target.", _AGAIN),
    "mixed_currencies": ("ledger_currency", "Postings are in two currencies.", _AGAIN),
    "wrong_side": (
        "ledger_side",
        "Money was given twice, or came from nowhere.",
        "Compare with the provider; correct it by a settlement of its own.",
    ),
}
"""What a fault is called among findings, its cause, and what to do."""


def money_findings(
    document: Document,
    events: Sequence[Event],
    postings: Sequence[Posting],
    unreadable: Sequence[Unreadable] = (),
) -> Iterator[Finding]:
    """What does not fit, of one subject. A posting that cannot be read is told as such."""
    events = sorted(events, key=lambda event: event.seq)
    is_whole = chain_fault(events) is None and len(events) == document.chain.seq
    lost = {item.key.rpartition("#")[2] for item in unreadable}
    if is_whole:
        for fault in unposted(events, postings):
            if fault.code != "not_posted" or not _is_about(fault, events, lost):
                yield _finding(fault)
    elif not postings:
        return
    told = postings_for(events) if is_whole else tuple(postings)
    for fault in faults_of(document.subject, told):
        yield _finding(fault)
    if isinstance(document, Return) and is_whole:
        yield from _return_findings(document, told, _awarded(events))
    if isinstance(document, CreditAccount) and is_whole:
        yield from _credit_findings(document, told)
    if isinstance(document, VendorClaim) and is_whole:
        yield from _vendor_findings(document, told)


def _is_about(fault: LedgerFault, events: Iterable[Event], lost: set[str]) -> bool:
    """Whether a missing posting is one of those that cannot be read."""
    if not lost:
        return False
    of_event = [event for event in events if event.id == fault.about]
    return any(posting.posting_id in lost for posting in postings_for(of_event))


def _awarded(events: Iterable[Event]) -> frozenset[str]:
    """The appeals whose award was posted; those of before the ledger were paid outside of it."""
    told = (event.data for event in events if event.type == "compensation.awarded")
    return frozenset(str(data["appeal_id"]) for data in told)


def _return_findings(
    ret: Return, postings: Sequence[Posting], awarded: frozenset[str]
) -> Iterator[Finding]:
    """The legs of its settlements against its ledger, payment by payment, and what is open."""
    balances = Balances.of(postings, ret.currency)
    legs = [leg for settlement in ret.settlements for leg in settlement.legs]
    booked = {
        detail
        for account, detail in balances.by_account
        if account in (Account.REFUNDED, Account.UNDER_WAY) and detail is not None
    }
    for payment_id in sorted(booked | {leg.payment_id for leg in legs}):
        of_payment = [leg for leg in legs if leg.payment_id == payment_id and _is_money(leg)]
        paid = _sum((leg for leg in of_payment if leg.state is LegState.PAID), ret)
        asked = _sum((leg for leg in of_payment if _is_under_way(leg)), ret)
        under_way = Money(-balances.minor(Account.UNDER_WAY, payment_id), ret.currency)
        for what, by_legs, by_ledger in (
            ("refunded", paid, balances.refunded(payment_id)),
            ("under_way", asked, under_way),
        ):
            if by_legs != by_ledger:
                yield _disagreement(ret, f"{what}/{payment_id}", by_legs, by_ledger)
    given = _sum((leg for leg in legs if not _is_money(leg) and leg.state is LegState.PAID), ret)
    credited = Money(-balances.minor(Account.CREDIT_GIVEN), ret.currency)
    if given != credited:
        yield _disagreement(ret, "credit_given", given, credited)
    owed = _owed(ret, awarded)
    if owed != balances.owed():
        yield _disagreement(ret, "customer_due", owed, balances.owed())
    if ret.closure is Closure.COMPLETED and (balances.owed() or balances.under_way()):
        yield Finding(
            kind="ledger_open",
            subject=ret.subject,
            expected={"owed": "0", "under_way": "0"},
            found={"owed": balances.owed().amount, "under_way": balances.under_way().amount},
            cause="The return was completed before all of its money was given.",
            proposed_repair="Reopen the return, and settle what is owed.",
        )


def _credit_findings(account: CreditAccount, postings: Sequence[Posting]) -> Iterator[Finding]:
    """What is left in an account, and in each of its credits, against its ledger."""
    balances = Balances.of(postings, account.currency)
    left = {lot.credit_id: lot.left.minor for lot in account.lots}
    told = {
        detail: -minor
        for (one, detail), minor in balances.by_account.items()
        if one is Account.STORE_CREDIT and minor
    }
    for credit_id in sorted({*left, *map(str, told)}):
        by_lot, by_ledger = left.get(credit_id, 0), told.get(credit_id, 0)
        if by_lot != by_ledger:
            yield Finding(
                kind="ledger_lots",
                subject=account.subject,
                expected={"credit_id": credit_id, "minor": by_lot},
                found={"credit_id": credit_id, "minor": by_ledger},
                cause="The account and its events disagree about what is left of a credit.",
                proposed_repair="Compare with its entries; correct the account by an entry.",
            )


def _vendor_findings(claim: VendorClaim, postings: Sequence[Posting]) -> Iterator[Finding]:
    """What a supplier owes and gave, against the ledger of its claim."""
    balances = Balances.of(postings, claim.amount.currency)
    for account, by_claim in (
        (Account.SUPPLIER_DUE, claim.due.minor),
        (Account.SUPPLIER_PAID, claim.recovered.minor),
    ):
        by_ledger = balances.minor(account)
        if by_claim != by_ledger:
            yield Finding(
                kind="ledger_vendor_claim",
                subject=claim.subject,
                expected={"about": account.value, "minor": by_claim},
                found={"about": account.value, "minor": by_ledger},
                cause="The vendor claim and its events disagree.",
                proposed_repair="Compare with the supplier's credit notes; correct the claim.",
            )


def _owed(ret: Return, awarded: frozenset[str]) -> Money:
    """What its settlements could not send or were refused, and awards that none of them pays."""
    settlements = standing(ret.settlements)
    amounts = [settlement.shortfall for settlement in settlements]
    amounts += [
        leg.amount
        for settlement in settlements
        for leg in settlement.legs
        if leg.state not in _ENDED and not _is_under_way(leg)
    ]
    amounts += [award.amount for award in awards_due(ret) if award.appeal_id in awarded]
    return Money.total(amounts, ret.currency)


def _is_money(leg: Leg) -> bool:
    return leg.provider != STORE_CREDIT


def _is_under_way(leg: Leg) -> bool:
    """Sent and not answered; a frozen leg is where it was before."""
    state = leg.was if leg.state is LegState.FROZEN else leg.state
    return state in _ASKED


def _sum(legs: Iterable[Leg], ret: Return) -> Money:
    return Money.total((leg.amount for leg in legs), ret.currency)


def _disagreement(ret: Return, about: str, by_legs: Money, by_ledger: Money) -> Finding:
    return Finding(
        kind="ledger_legs",
        subject=ret.subject,
        expected={"about": about, "amount": by_legs.amount},
        found={"about": about, "amount": by_ledger.amount},
        cause="The settlements and the events of the return disagree.",
        proposed_repair="Compare with the provider; correct the settlement.",
    )


def _finding(fault: LedgerFault) -> Finding:
    kind, cause, repair = _FAULTS[fault.code]
    return Finding(
        kind=kind,
        subject=fault.subject,
        expected=None,
        found={
            "about": fault.about,
            "amount": None if fault.amount is None else fault.amount.amount,
        },
        cause=cause,
        proposed_repair=repair,
    )


@dataclass(slots=True)
class Clearing:
    """Store credit between returns and credit accounts, by credit; what agrees is forgotten.

    `only` restricts it to one credit (for looking again).
    """

    only: str | None = None
    sums: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, postings: Iterable[Posting]) -> None:
        for posting in postings:
            for entry in posting.entries:
                if entry.account is Account.CREDIT_GIVEN and self._counts(entry.detail):
                    self._add(str(entry.detail), posting.subject, entry.minor)

    def suspicious(self) -> dict[str, set[str]]:
        """Credits that do not come to nothing, and the subjects that are known to speak of them."""
        return {credit_id: set(said) for credit_id, said in self.sums.items()}

    def findings(self) -> Iterator[Finding]:
        """What is left. Meant for credits of which both sides were added."""
        for credit_id, said in sorted(self.sums.items()):
            yield Finding(
                kind="ledger_credit",
                subject=sorted(said)[0],
                expected={"credit_id": credit_id, "difference_minor": 0},
                found={"credit_id": credit_id, "difference_minor": said.total()},
                cause="What a return gave as credit is not what the credit account says it got.",
                proposed_repair="Compare both; correct the credit account by an entry.",
            )

    def _counts(self, credit_id: str | None) -> bool:
        return credit_id is not None and self.only in (None, credit_id)

    def _add(self, credit_id: str, subject: str, minor: int) -> None:
        said = self.sums.setdefault(credit_id, Counter())
        said[subject] += minor
        if not said.total():
            del self.sums[credit_id]


def other_sides(credit_id: str, document: Document | None, events: Iterable[Event]) -> set[str]:
    """Whose postings speak of a credit too, as one side of it knows."""
    if isinstance(document, Return) and document.customer_id is not None:
        return {f"credit/{account_id_for(document.customer_id, document.currency)}"}
    told = (event.data for event in events if event.data.get("credit_id") == credit_id)
    return {f"return/{data['return_id']}" for data in told if data.get("return_id")}
