"""What a return's settlement gives as store credit, in the settlement's own transaction.

Pure. It is what the customer chose instead of money, and what was paid with credit before: neither
asks a provider. Who pays the rest of the settlement is none of this module's business.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.core.commands import Record
from chalicelib.core.errors import Conflict
from chalicelib.core.events import Context, Event, Json
from chalicelib.core.money import Money
from chalicelib.credits.ageing import end_of_validity
from chalicelib.credits.booking import money
from chalicelib.credits.changing import Issue, issued, valid_again_until
from chalicelib.credits.model import CreditReason, account_id_for, entry_id_for
from chalicelib.credits.ports import CreditReader
from chalicelib.returns.model import Return
from chalicelib.settlement.model import STORE_CREDIT, Leg, LegState, Settlement


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenAsCredit:
    """The settlement with its credit legs referring to the credit; what is written beside it.

    `amount` is what was given by this decision: zero where the settlement has nothing to give.
    """

    settlement: Settlement
    amount: Money
    records: tuple[Record, ...] = ()
    events: tuple[Event, ...] = ()

    def facts(self) -> dict[str, Json]:
        """What `settlement.credited` says, beside the header of its return."""
        return {
            "settlement_id": self.settlement.settlement_id,
            "amount": money(self.amount),
            "credit_id": self.settlement.credit_id,
        }


def given_as_credit(
    reads: CreditReader,
    ret: Return,
    settlement: Settlement,
    context: Context,
    *,
    valid_days: int | None = None,
) -> GivenAsCredit:
    """Give what the settlement's paid legs of store credit come to, where it was not given yet.

    To be called by whoever turns such a leg to PAID (`state_when_sent`): when a settlement starts,
    and when a second person agrees to one that was held. Then:

        given = given_as_credit(reads, ret, settlement, context, valid_days=…)
        settlement = given.settlement
        if given.amount:
            journal.record("settlement.credited", {**header(ret), **given.facts()})
        … records + given.records, events + given.events

    Exactly once: the leg's reference says that it was given, and the entry's id is the command's. A
    race of two settlements of one customer is lost by the version of the account, and decided anew.
    """
    legs = [leg for leg in settlement.legs if _is_to_be_given(leg)]
    amount = Money.total((leg.amount for leg in legs), settlement.amount.currency)
    if not amount:
        return GivenAsCredit(settlement=settlement, amount=amount)
    if ret.customer_id is None:
        raise Conflict("customer_unknown", "Store credit is given to a customer who is known.")
    account_id = account_id_for(ret.customer_id, amount.currency)
    known, entry = reads.credit(account_id, entry_id_for(account_id, context.command_id))
    assert entry is None, "a command gives once, and its settlement says that it did"
    command = Issue(
        customer_id=ret.customer_id,
        amount=amount,
        settles=amount,
        reason=CreditReason.SETTLEMENT,
        expires_at=_latest([_valid_until(reads, leg, context.now, valid_days) for leg in legs]),
        return_id=ret.return_id,
        order_no=ret.order_no,
    )
    made = issued(known, command, context)
    credit_id = made.entry.lots[0].credit_id
    settlement = replace(
        settlement,
        legs=tuple(replace(x, reference=credit_id) if x in legs else x for x in settlement.legs),
        credit_id=credit_id,
    )
    return GivenAsCredit(
        settlement=settlement, amount=amount, records=made.records, events=made.events
    )


def _is_to_be_given(leg: Leg) -> bool:
    is_credit = leg.provider == STORE_CREDIT and leg.state is LegState.PAID
    return is_credit and leg.reference is None


def _valid_until(
    reads: CreditReader, leg: Leg, now: datetime, valid_days: int | None
) -> datetime | None:
    """What was paid with credit is valid as long as that was: buying and returning renews nothing.

    Known where the payment refers to the entry by which it was spent.
    """
    spent = reads.credit_entry(leg.provider_ref) if leg.provider_ref else None
    if spent is None:
        return end_of_validity(now, valid_days)
    return valid_again_until(_latest([part.expires_at for part in spent.lots]), now)


def _latest(moments: list[datetime | None]) -> datetime | None:
    """One lot for all parts: none of them is valid for less than it would be by itself."""
    ends = [moment for moment in moments if moment is not None]
    return max(ends) if len(ends) == len(moments) else None
