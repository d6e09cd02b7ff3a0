"""Customers as policies see them: the lists they are on, their history, and reviewers' feedback."""

from typing import Self

from chalicelib.contracts.fields import Moment, MomentOut, MoneyOut, Note, RuleName, Strict, View
from chalicelib.core.money import Money
from chalicelib.customers.model import CustomerStanding, Membership
from chalicelib.policy.feedback import RiskFeedback
from chalicelib.policy.history import CustomerHistory
from chalicelib.returns.risk_feedback import GiveFeedback


class ListingBody(Strict):
    """Why the customer is put on the list; without `until` it lasts until somebody ends it."""

    reason: Note
    until: Moment | None = None


class MembershipView(View):
    """On one list. `reason` is shown when the standing is read, and in no answer to a command."""

    list: str
    reason: str | None
    by: str
    at: MomentOut
    until: MomentOut | None

    @classmethod
    def of(cls, one: Membership, *, with_words: bool) -> Self:
        return cls(
            list=one.list_name,
            reason=one.reason if with_words else None,
            by=one.by,
            at=one.at,
            until=one.until,
        )


class CustomerListsView(View):
    """The lists of a customer, those that are over too. `version` 0: nobody listed them yet."""

    customer_id: str
    lists: tuple[MembershipView, ...]
    version: int

    @classmethod
    def of(cls, standing: CustomerStanding) -> Self:
        return cls(
            customer_id=standing.customer_id,
            lists=tuple(MembershipView.of(one, with_words=False) for one in standing.memberships),
            version=standing.version,
        )


class HistoryView(View):
    """What a customer did within 365 days, as policies ask about it.

    `return_rate` is units returned per 100 bought, rounded down; null where nothing was bought.
    """

    returns_12m: int
    returns_30d: int
    units_returned_12m: int
    units_bought_12m: int
    return_rate: int | None
    returned_value_12m: tuple[MoneyOut, ...]
    returned_used_12m: int
    serial_mismatches_12m: int
    empty_boxes_12m: int

    @classmethod
    def of(cls, history: CustomerHistory) -> Self:
        values = sorted(history.returned_value_12m.items())
        return cls(
            returns_12m=history.returns_12m,
            returns_30d=history.returns_30d,
            units_returned_12m=history.units_returned_12m,
            units_bought_12m=history.units_bought_12m,
            return_rate=history.return_rate,
            returned_value_12m=tuple(Money(minor, currency) for currency, minor in values),
            returned_used_12m=history.returned_used_12m,
            serial_mismatches_12m=history.serial_mismatches_12m,
            empty_boxes_12m=history.empty_boxes_12m,
        )


class CustomerStandingView(View):
    """What policies may ask about a customer now. `in_force` are the lists that are not over.

    `version` is that of the lists, which If-Match names; the history changes by itself.
    """

    customer_id: str
    in_force: tuple[str, ...]
    lists: tuple[MembershipView, ...]
    history: HistoryView
    version: int

    @classmethod
    def of(cls, standing: CustomerStanding, history: CustomerHistory) -> Self:
        return cls(
            customer_id=standing.customer_id,
            in_force=tuple(sorted(history.lists)),
            lists=tuple(MembershipView.of(one, with_words=True) for one in standing.memberships),
            history=HistoryView.of(history),
            version=standing.version,
        )


class RiskFeedbackBody(Strict):
    """Whether a signal that the decision names was right about this return."""

    signal_id: RuleName
    right: bool
    note: Note | None = None

    def to_domain(self) -> GiveFeedback:
        return GiveFeedback(signal_id=self.signal_id, right=self.right, note=self.note)


class RiskFeedbackView(View):
    """One reviewer's word on one signal; `note` is shown when the return is read."""

    signal_id: str
    right: bool
    by: str
    at: MomentOut
    note: str | None

    @classmethod
    def of(cls, given: RiskFeedback, *, with_words: bool) -> Self:
        return cls(
            signal_id=given.signal_id,
            right=given.right,
            by=given.by,
            at=given.at,
            note=given.note if with_words else None,
        )
