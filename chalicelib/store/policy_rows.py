"""What a list of policies says about each version: its dates and state, never its rules."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.policy.document import VersionState, Words
from chalicelib.policy.versions import BUILT_IN_BY, PolicyVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRow:
    """A version of a policy. When a published one really ends is said by the policy's shelf."""

    version_id: str
    policy: str
    title: Words
    state: VersionState
    effective_from: datetime
    effective_to: datetime | None
    drafted_at: datetime
    version: int
    built_in: bool


def policy_row(known: PolicyVersion) -> PolicyRow:
    """What a list says about a version."""
    document = known.document
    return PolicyRow(
        version_id=known.version_id,
        policy=known.policy,
        title=document.title,
        state=known.state,
        effective_from=document.effective_from,
        effective_to=document.effective_to,
        drafted_at=known.drafted_at,
        version=known.version,
        built_in=known.drafted_by == BUILT_IN_BY,
    )
