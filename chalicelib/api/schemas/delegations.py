"""Delegations: to whom somebody lends their right to decide, for how long, and why."""

from typing import Self

from pydantic import Field

from chalicelib.api.schemas.common import PersonId
from chalicelib.contracts.fields import Moment, MomentOut, Note, Strict, View
from chalicelib.returns.delegating import Delegate, Delegation


class DelegationBody(Strict):
    """`starts_at` null: from now on. It lasts 92 days at most."""

    delegate: PersonId = Field(examples=["usr-204"])
    starts_at: Moment | None = None
    ends_at: Moment
    reason: Note

    def to_domain(self) -> Delegate:
        return Delegate(
            delegate=self.delegate,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            reason=self.reason,
        )


class DelegationView(View):
    """`role` is the right that is lent, `uses` counts the decisions made by it.

    `reason` is shown in the list of who gave or received it, and in no answer to a command.
    """

    id: str
    delegator: str
    role: str
    delegate: str
    starts_at: MomentOut
    ends_at: MomentOut
    ended_at: MomentOut | None
    ended_by: str | None
    uses: int
    reason: str | None
    version: int

    @classmethod
    def of(cls, given: Delegation, *, with_words: bool = False) -> Self:
        return cls(
            id=given.delegation_id,
            delegator=given.delegator,
            role=given.delegator_role,
            delegate=given.delegate,
            starts_at=given.starts_at,
            ends_at=given.ends_at,
            ended_at=given.ended_at,
            ended_by=given.ended_by,
            uses=given.uses,
            reason=given.reason if with_words else None,
            version=given.version,
        )


class DelegationsView(View):
    """At most a hundred, those that end first at the top."""

    items: tuple[DelegationView, ...]
