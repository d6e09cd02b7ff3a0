"""What becomes known of a request after it was submitted: who has to look at it may change.

Only risk and review can rise; what its lines were told stays. What is decided already stays, too,
but a consent that waits for a second person has to be given anew.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from chalicelib.core.commands import Record
from chalicelib.core.events import Json
from chalicelib.orders.model import Order
from chalicelib.policy import replaying
from chalicelib.policy.evaluation import CompiledPolicy
from chalicelib.returns.consenting import without_consents
from chalicelib.returns.handover import regraded
from chalicelib.returns.model import Return
from chalicelib.returns.units import PENDING
from chalicelib.tasks.model import Task


class DoubtReader(Protocol):
    """Reads the versions that a decision was made by, and the task of who decides."""

    def policy(self, version_id: str) -> CompiledPolicy | None: ...

    def review_of(self, return_id: str) -> tuple[Return | None, Order | None, Task | None]: ...


def doubted(
    reads: DoubtReader, ret: Return, known: Mapping[str, Json]
) -> tuple[Return, tuple[Record, ...]]:
    """The return with these facts weighed in, and its review where that changes."""
    if ret.decision is None or not any(one.authorization in PENDING for one in ret.groups()):
        return ret, ()
    lines = ret.decision.lines
    names = dict.fromkeys((ret.decision.policy_version, *(line.policy_version for line in lines)))
    policies = [policy for name in names if name and (policy := reads.policy(name))]
    decision = replaying.looked_at_again(ret.decision, policies, known)
    if decision == ret.decision:
        return ret, ()
    # Who consented did not know of it.
    ret = replace(without_consents(ret), decision=decision)
    _, _, review = reads.review_of(ret.return_id)
    return ret, tuple(regraded(review, ret))
