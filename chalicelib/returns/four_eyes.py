"""Who may not do two things of one return: the pairs that the policy wants to be different people.

Machines and rules are no persons: what they do is nobody's second look, and needs none.
"""

from collections.abc import Iterable

from chalicelib.core.errors import Conflict
from chalicelib.core.events import Actor
from chalicelib.policy.document import FourEyes
from chalicelib.returns.model import AppealAgainst, AppealState, Return

NO_PERSONS = frozenset({"machine", "device", "system", "carrier"})
"""Roles that no person acts in."""
_SENTENCES = {
    FourEyes.REQUESTER_APPROVER: "Somebody else has to approve: you filed the request.",
    FourEyes.APPROVER_REFUNDER: "Somebody else has to pay: you approved the return.",
    FourEyes.INSPECTOR_REFUNDER: "Somebody else has to pay: you inspected the goods.",
}


def requesters(ret: Return) -> frozenset[str]:
    """Who filed it: who asked first, who changed what is asked for, who submitted it last, and who
    set refusals of policy aside.
    """
    overrider = ret.override.by if ret.override is not None else None
    known = (ret.requested_by, *ret.editors, ret.submitted_by, overrider)
    return frozenset(one for one in known if one is not None)


def approvers(ret: Return) -> frozenset[str]:
    """Everybody who approved units of it, or for whom; upholding an appeal approves, too."""
    upheld = {
        appeal.decided_by
        for appeal in ret.appeals
        if appeal.state is AppealState.UPHELD
        and appeal.against is AppealAgainst.REJECTION
        and appeal.decided_by is not None
    }
    return frozenset(person for one in ret.approvals for person in one.persons) | upheld


def refusal_of_approver(ret: Return, persons: Iterable[str]) -> Conflict | None:
    """Why none of these persons may approve; what somebody overrode is approved by others.

    Of a delegation both are asked about: who acts, and for whom.
    """
    is_asked = ret.override is not None or _wants(ret, FourEyes.REQUESTER_APPROVER)
    if is_asked and not requesters(ret).isdisjoint(persons):
        return _same_person(FourEyes.REQUESTER_APPROVER)
    return None


def require_other_refunder(ret: Return, actor: Actor) -> None:
    """Raises Conflict `same_person` where policy wants somebody else to pay."""
    if actor.role in NO_PERSONS:
        return
    inspectors = {*ret.inspectors, ret.inspected_by}
    for pair, before in (
        (FourEyes.APPROVER_REFUNDER, approvers(ret)),
        (FourEyes.INSPECTOR_REFUNDER, inspectors),
    ):
        if _wants(ret, pair) and actor.id in before:
            raise _same_person(pair)


def _wants(ret: Return, pair: FourEyes) -> bool:
    return ret.decision is not None and pair in ret.decision.four_eyes


def _same_person(pair: FourEyes) -> Conflict:
    return Conflict("same_person", _SENTENCES[pair], pair=pair.value)
