"""By which right somebody approves, whether it is enough, and whose yes is still missing.

Pure. A request of two persons is approved by the second yes to the same units; the first one is
kept as a consent, which moves nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chalicelib.core.errors import Conflict, NotAllowed
from chalicelib.core.events import Context
from chalicelib.policy.document import Review
from chalicelib.returns.approvals import Approval
from chalicelib.returns.delegating import Delegation
from chalicelib.returns.model import Return
from chalicelib.returns.units import PENDING

SENIORS = frozenset({"senior_reviewer", "admin"})
"""The roles that decide what is beyond a reviewer; auth/permissions.py grants them the same."""
_HOW = ("ask_senior_reviewer", "act_on_behalf_of")
"""What somebody may do who lacks the right: leave it to one who has it, or be delegated to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """Who approves, in which role, and for whom by which delegation."""

    by: str
    role: str
    delegation: Delegation | None = None

    @property
    def is_senior(self) -> bool:
        return self.role in SENIORS

    @property
    def persons(self) -> frozenset[str]:
        delegator = self.delegation.delegator if self.delegation is not None else self.by
        return frozenset({self.by, delegator})


def own_right(context: Context) -> Right:
    """The right of who asks, in the role in which they ask."""
    return Right(by=context.actor.id, role=context.actor.role)


def right_of(
    received: Sequence[Delegation], on_behalf_of: str | None, context: Context
) -> Right | None:
    """The right that counts: one's own, or the delegator's while the delegation lasts.

    None where nobody of that name has delegated anything to who asks.
    """
    if on_behalf_of is None:
        return own_right(context)
    for one in received:
        is_asked = one.delegator == on_behalf_of and one.delegate == context.actor.id
        if is_asked and one.lasts_at(context.now):
            return Right(by=context.actor.id, role=one.delegator_role, delegation=one)
    return None


def tier_of(ret: Return) -> Review:
    """Who decides about the request. What a rule could decide alone, a person may decide, too."""
    if ret.decision is None or ret.decision.review is Review.AUTOMATIC:
        return Review.PERSON
    return ret.decision.review


def open_consent(ret: Return) -> Approval | None:
    """The consent that waits for a second person, if there is one."""
    return next((one for one in ret.approvals if not one.is_final), None)


def approvals_missing(ret: Return) -> int:
    """How many persons still have to say yes before pending units are approved."""
    if not any(group.authorization in PENDING for group in ret.groups()):
        return 0
    needed = 2 if tier_of(ret) is Review.TWO_PERSONS else 1
    return needed if open_consent(ret) is None else needed - 1


def without_consents(ret: Return) -> Return:
    """The return with none of its consents: what was consented to is asked for differently now."""
    return replace(ret, approvals=tuple(one for one in ret.approvals if one.is_final))


def refusal_of_right(ret: Return, *, right: Right, is_special: bool) -> NotAllowed | None:
    """Why this right is not enough. `is_special`: something is waived, too."""
    is_enough = tier_of(ret) is not Review.SENIOR and not is_special
    if right.is_senior or is_enough:
        return None
    return NotAllowed(
        "senior_required",
        "A senior reviewer decides about this: leave it to one, or say on whose behalf you act.",
        review=tier_of(ret).value,
        roles=sorted(SENIORS),
        how=list(_HOW),
    )


def no_delegation(on_behalf_of: str) -> NotAllowed:
    """What who acts for somebody is told that has not (or no longer) let them."""
    return NotAllowed(
        "delegation_missing",
        f"No delegation of {on_behalf_of} to you holds now.",
        on_behalf_of=on_behalf_of,
    )


def refusal_of_second(ret: Return, said: Approval) -> Conflict | None:
    """Why this is no second yes: whoever stands behind it stands behind the first one, too.

    Who consented may still say something else instead.
    """
    first = open_consent(ret)
    if first is None or first.persons.isdisjoint(said.persons) or not first.says_the_same(said):
        return None
    return Conflict(
        "same_person",
        "Somebody else has to approve, too: the first consent is yours or of whom you act for.",
        pair="two_persons",
    )


def is_last(ret: Return, said: Approval) -> bool:
    """Whether with this yes nobody's is missing any more."""
    if tier_of(ret) is not Review.TWO_PERSONS:
        return True
    first = open_consent(ret)
    return first is not None and first.says_the_same(said)


def with_consent(ret: Return, said: Approval) -> Return:
    """The return with this consent instead of one that said something else."""
    first = open_consent(ret)
    said = replace(said, replaces=first.by if first is not None else None)
    kept = without_consents(ret)
    return replace(kept, approvals=(*kept.approvals, said))


def with_decision(ret: Return, said: Approval) -> Return:
    """The return with this approval, and the consent that it completes, kept for good."""
    done = tuple(replace(one, is_final=True) for one in (*ret.approvals, said))
    return replace(ret, approvals=done)
