"""What each event means in money: one posting an event, or none.

Pure, and a function of the event alone: the ledger can be made again from the events, and is
compared with them. Events say money as {"amount", "currency"}; docs/domain.md lists the postings.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

from chalicelib.core.commands import Changes
from chalicelib.core.events import Event, Json
from chalicelib.core.money import Money
from chalicelib.ledger.model import Account, Entry, Posting, combined, posting_id_for


@dataclass(frozen=True, slots=True)
class Told:
    """The data of an event; `currencies` are those of the amounts that were asked for."""

    data: Mapping[str, Json]
    currencies: set[str] = field(default_factory=set)

    def minor(self, name: str) -> int:
        """An amount that the event says; left out or null: nothing."""
        stated = cast(Mapping[str, Json] | None, self.data.get(name))
        if stated is None:
            return 0
        amount = Money.parse(str(stated["amount"]), str(stated["currency"]))
        assert amount.minor >= 0, "events say amounts, never with a sign"
        self.currencies.add(amount.currency)
        return amount.minor

    def parts(self, name: str) -> list["Told"]:
        told = cast(list[Mapping[str, Json]], self.data.get(name) or [])
        return [Told(part, self.currencies) for part in told]

    def sum(self, name: str) -> int:
        return sum(part.minor("amount") for part in self.parts(name))

    def text(self, name: str) -> str | None:
        value = self.data.get(name)
        return None if value is None else str(value)

    @property
    def payment(self) -> str:
        found = self.text("payment_id")
        assert found is not None, "a leg names its payment"
        return found


def posting_for(event: Event) -> Posting | None:
    """The posting of an event; None where no money moved or came to be owed."""
    meaning = _MEANINGS.get(event.type)
    if meaning is None:
        return None
    told = Told(event.data)
    entries = combined(meaning(told))
    if not entries:
        return None
    assert len(told.currencies) == 1, "an event about money is about one currency"
    return Posting(
        posting_id=posting_id_for(event.id),
        event_id=event.id,
        event_type=event.type,
        subject=event.subject,
        currency=told.currencies.pop(),
        entries=entries,
        posted_at=event.time,
    )


def postings_for(events: Iterable[Event]) -> tuple[Posting, ...]:
    """The postings of one command's events, to be written with them."""
    made = (posting_for(event) for event in events)
    return tuple(posting for posting in made if posting is not None)


def posted(changes: Changes) -> Changes:
    """What one command writes: its changes, and the postings of its events among the records."""
    return changes + Changes(records=postings_for(changes.events))


def _started(told: Told) -> list[Entry]:
    """Owed from now on, less the fees; each leg that is sent is under way.

    What was awarded is owed since then.
    """
    amount = told.minor("amount") - told.sum("awards")
    fees = told.sum("fees")
    entries = [
        Entry(account=Account.RETURNED, minor=amount + fees),
        Entry(account=Account.FEES, minor=-fees),
        Entry(account=Account.CUSTOMER_DUE, minor=-amount),
    ]
    for leg in told.parts("legs"):
        entries += _sent(leg)
    return entries


def _sent(leg: Told) -> list[Entry]:
    minor = leg.minor("amount")
    return [
        Entry(account=Account.CUSTOMER_DUE, minor=minor),
        Entry(account=Account.UNDER_WAY, minor=-minor, detail=leg.payment),
    ]


def _approved(told: Told) -> list[Entry]:
    """A second person agreed: what was held is under way, but for what is given as credit."""
    return [entry for leg in told.parts("legs") for entry in _sent(leg)]


def _paid(leg: Told) -> list[Entry]:
    minor = leg.minor("amount")
    return [
        Entry(account=Account.UNDER_WAY, minor=minor, detail=leg.payment),
        Entry(account=Account.REFUNDED, minor=-minor, detail=leg.payment),
    ]


def _declined(leg: Told) -> list[Entry]:
    return _opposite(_sent(leg))


def _failed_later(leg: Told) -> list[Entry]:
    """Paid, and came back from the bank: it is owed again."""
    minor = leg.minor("amount")
    return [
        Entry(account=Account.REFUNDED, minor=minor, detail=leg.payment),
        Entry(account=Account.CUSTOMER_DUE, minor=-minor),
    ]


def _reversed(told: Told) -> list[Entry]:
    """What was owed by a settlement is owed no more; `legs` are those that were under way."""
    return _opposite(_started(told))


def _awarded(told: Told) -> list[Entry]:
    minor = told.minor("award")
    return [
        Entry(account=Account.COMPENSATION, minor=minor),
        Entry(account=Account.CUSTOMER_DUE, minor=-minor),
    ]


def _paid_by_hand(told: Told) -> list[Entry]:
    minor = told.minor("amount")
    return [
        Entry(account=Account.CUSTOMER_DUE, minor=minor),
        Entry(account=Account.REFUNDED, minor=-minor, detail=told.text("method")),
    ]


def _charged_back(told: Told) -> list[Entry]:
    """The bank took it from us; whether it stays so is not known yet."""
    minor, payment = told.minor("amount"), told.payment
    return [
        Entry(account=Account.DISPUTED, minor=minor, detail=payment),
        Entry(account=Account.CHARGED_BACK, minor=-minor, detail=payment),
    ]


def _chargeback_won(told: Told) -> list[Entry]:
    return _opposite(_charged_back(told))


def _chargeback_lost(told: Told) -> list[Entry]:
    """It pays what we owe (`settles`); the rest is lost."""
    minor, settles = told.minor("amount"), told.minor("settles")
    return [
        Entry(account=Account.DISPUTED, minor=-minor, detail=told.payment),
        Entry(account=Account.CUSTOMER_DUE, minor=settles),
        Entry(account=Account.WRITE_OFF, minor=minor - settles),
    ]


def _written_off(told: Told) -> list[Entry]:
    """What no payment can carry and nobody claims any more; or what the bank gave in our place."""
    minor = told.minor("amount")
    return [
        Entry(account=Account.CUSTOMER_DUE, minor=minor),
        Entry(account=Account.WRITE_OFF, minor=-minor),
    ]


def _exchanged(told: Told) -> list[Entry]:
    """Goods in place of money: `value` of what came back, `charged` is what was paid on top.

    What the replacement costs less than what came back stays owed.
    """
    value, price = told.minor("value"), told.minor("price")
    charged = max(price - value, 0)
    return [
        Entry(account=Account.RETURNED, minor=value),
        Entry(account=Account.CHARGED, minor=charged, detail=told.text("charged_to")),
        Entry(account=Account.EXCHANGED, minor=-price),
        Entry(account=Account.CUSTOMER_DUE, minor=-max(value - price, 0)),
    ]


def _credited(told: Told) -> list[Entry]:
    """Of a return: what was owed is given as store credit."""
    minor = told.minor("amount")
    return [
        Entry(account=Account.CUSTOMER_DUE, minor=minor),
        Entry(account=Account.CREDIT_GIVEN, minor=-minor, detail=told.text("credit_id")),
    ]


def _credit_withdrawn(told: Told) -> list[Entry]:
    return _opposite(_credited(told))


def _credit_issued(told: Told) -> list[Entry]:
    """Of a credit account: `settles` of it is what a return owed; the rest is a compensation."""
    minor, settles = told.minor("amount"), told.minor("settles")
    credit_id = told.text("credit_id")
    return [
        Entry(account=Account.CREDIT_GIVEN, minor=settles, detail=credit_id),
        Entry(account=Account.COMPENSATION, minor=minor - settles),
        Entry(account=Account.STORE_CREDIT, minor=-minor, detail=credit_id),
    ]


def _credit_spent(told: Told) -> list[Entry]:
    return _from_lots(told, Account.CREDIT_SPENT)


def _credit_expired(told: Told) -> list[Entry]:
    return _from_lots(told, Account.CREDIT_EXPIRED)


def _credit_restored(told: Told) -> list[Entry]:
    """A purchase that was paid with it did not stand."""
    return _opposite(_credit_spent(told))


def _credit_cancelled(told: Told) -> list[Entry]:
    return _opposite(_credit_issued(told))


def _from_lots(told: Told, account: Account) -> list[Entry]:
    entries = []
    for lot in told.parts("lots"):
        minor = lot.minor("amount")
        detail = lot.text("credit_id")
        entries.append(Entry(account=Account.STORE_CREDIT, minor=minor, detail=detail))
        entries.append(Entry(account=account, minor=-minor))
    return entries


def _recovered(told: Told) -> list[Entry]:
    """A carrier, a supplier or a customer made good what they were liable for."""
    minor, party = told.minor("recovered"), told.text("against")
    return [
        Entry(account=Account.SUPPLIER_PAID, minor=minor, detail=party),
        Entry(account=Account.SUPPLIER_RECOVERY, minor=-minor, detail=party),
    ]


def _supplier_accepted(told: Told) -> list[Entry]:
    minor = told.minor("amount")
    return [
        Entry(account=Account.SUPPLIER_DUE, minor=minor),
        Entry(account=Account.SUPPLIER_RECOVERY, minor=-minor),
    ]


def _supplier_paid(told: Told) -> list[Entry]:
    minor = told.minor("amount")
    return [
        Entry(account=Account.SUPPLIER_PAID, minor=minor),
        Entry(account=Account.SUPPLIER_DUE, minor=-minor),
    ]


def _supplier_written_off(told: Told) -> list[Entry]:
    minor = told.minor("amount")
    return [
        Entry(account=Account.WRITE_OFF, minor=minor),
        Entry(account=Account.SUPPLIER_DUE, minor=-minor),
    ]


def _supplier_reopened(told: Told) -> list[Entry]:
    """Money came although it was given up: what was written off is owed again."""
    return _opposite(_supplier_written_off(told))


def _supplier_took_back(told: Told) -> list[Entry]:
    """What came is gone again; `unaccepted` of it had been accepted by its coming alone."""
    minor, unaccepted = told.minor("amount"), told.minor("unaccepted")
    return [
        Entry(account=Account.SUPPLIER_PAID, minor=-minor),
        Entry(account=Account.SUPPLIER_DUE, minor=minor - unaccepted),
        Entry(account=Account.SUPPLIER_RECOVERY, minor=unaccepted),
    ]


_MEANINGS: dict[str, Callable[[Told], list[Entry]]] = {
    "settlement.started": _started,
    "settlement.reversed": _reversed,
    "settlement.written_off": _written_off,
    "settlement.charged_back": _written_off,
    "settlement.exchanged": _exchanged,
    "settlement.credited": _credited,
    "settlement.credit_withdrawn": _credit_withdrawn,
    "refund.paid": _paid,
    "refund.approved": _approved,
    "refund.declined": _declined,
    "refund.cancelled": _declined,
    "refund.retried": _sent,
    "refund.failed_later": _failed_later,
    "payment.charged_back": _charged_back,
    "payment.chargeback_won": _chargeback_won,
    "payment.chargeback_lost": _chargeback_lost,
    "compensation.awarded": _awarded,
    "compensation.paid": _paid_by_hand,
    "credit.issued": _credit_issued,
    "credit.cancelled": _credit_cancelled,
    "credit.spent": _credit_spent,
    "credit.restored": _credit_restored,
    "credit.expired": _credit_expired,
    "liability_claim.recovered": _recovered,
    "vendor_claim.accepted": _supplier_accepted,
    "vendor_claim.credited": _supplier_paid,
    "vendor_claim.credit_reversed": _supplier_took_back,
    "vendor_claim.written_off": _supplier_written_off,
    "vendor_claim.reopened": _supplier_reopened,
}
POSTED = frozenset(_MEANINGS)
"""The types of events that mean money."""


def _opposite(entries: list[Entry]) -> list[Entry]:
    return [
        Entry(account=entry.account, detail=entry.detail, minor=-entry.minor) for entry in entries
    ]
