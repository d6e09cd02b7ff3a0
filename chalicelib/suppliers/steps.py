"""One step of a vendor claim: its next version, its events, and what follows it in the same write.

A document follows its claim, and so does a liability claim; work that a step settles is done.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict
from chalicelib.core.events import Context, Journal, Json
from chalicelib.liability.claiming import ended_by_vendor_claim, reopened_by_vendor_claim
from chalicelib.liability.model import LiabilityState
from chalicelib.returns.facts import money
from chalicelib.suppliers.claims import (
    GOING_ON,
    RECOVERIES_MAX,
    VendorClaim,
    VendorClaimState,
)
from chalicelib.suppliers.documents import RtvState
from chalicelib.suppliers.ending import acknowledged, followed
from chalicelib.suppliers.facts import claim_facts
from chalicelib.suppliers.ports import VendorReader
from chalicelib.tasks.model import Grounds, Task, TaskKind, TaskState, finished, open_task
from chalicelib.tasks.model import task_id_for as task_id

_LIABILITY = {
    VendorClaimState.RECOVERED: LiabilityState.RECOVERED,
    VendorClaimState.REJECTED: LiabilityState.REJECTED,
    VendorClaimState.WRITTEN_OFF: LiabilityState.WRITTEN_OFF,
}
_DOCUMENT = {
    VendorClaimState.PARTLY_RECOVERED: RtvState.CREDITED,
    VendorClaimState.RECOVERED: RtvState.CREDITED,
    VendorClaimState.REJECTED: RtvState.REJECTED,
    VendorClaimState.WRITTEN_OFF: RtvState.WRITTEN_OFF,
}


@dataclass(slots=True)
class Step:
    """A claim being moved on: its present value, its journal, and what is written besides."""

    reads: VendorReader
    claim: VendorClaim
    context: Context
    told: list[tuple[str, dict[str, Json]]]
    records: list[Record]

    @classmethod
    def of(cls, reads: VendorReader, claim: VendorClaim, context: Context) -> "Step":
        return cls(reads=reads, claim=claim, context=context, told=[], records=[])

    def tell(self, event_type: str, **facts: Json) -> None:
        self.told.append((event_type, facts))

    def done(self, *occasions: str) -> None:
        """What the step settles is work for nobody any more."""
        self.records += done_tasks(self.reads, self.claim.subject, occasions, self.context)

    def reopen(self) -> None:
        """A claim that was given up goes on: what was written off is owed again."""
        if self.claim.closed_at is None:
            return
        given_up = self.claim.written_off
        if self.claim.state in (VendorClaimState.REJECTED, VendorClaimState.WRITTEN_OFF):
            self.tell("vendor_claim.reopened", amount=money(given_up) if given_up else None)
        self.claim = replace(
            self.claim,
            written_off=None,
            closing_code=None,
            accountable=None,
            closed_at=None,
            closed_by=None,
            remind_at=self.context.now + timedelta(days=max(self.claim.days_to_answer, 1)),
        )

    def decided(self, **changes: Any) -> Decided[VendorClaim]:  # Any: fields of VendorClaim
        """The claim one version on, with its events, and what follows it."""
        before = self.claim
        claim = replace(before, version=before.version + 1, **changes)
        journal = Journal(claim.subject, claim.chain, self.context)
        for event_type, facts in self.told:
            journal.record(event_type, {**claim_facts(claim), **facts})
        claim = replace(claim, chain=journal.chain)
        more = Changes()
        if claim.state is not before.state or claim.recovered != before.recovered:
            more = self._followers(before, claim)
        own = Changes(records=(claim, *self.records), events=tuple(journal.events))
        return Decided(result=claim, changes=own + more)

    def _followers(self, before: VendorClaim, claim: VendorClaim) -> Changes:
        changes = Changes()
        if claim.rtv_id is not None:
            changes += self._document(claim.rtv_id, before, claim)
        if claim.liability_claim_id is not None:
            changes += self._liability(claim.liability_claim_id, claim)
        return changes

    def _liability(self, claim_id: str, claim: VendorClaim) -> Changes:
        """It ends with the vendor claim, and goes on with it where that was not the end."""
        liability = self.reads.liability_claim(claim_id)
        assert liability is not None, "claims do not vanish"
        state = _LIABILITY.get(claim.state)
        if state is not None and liability.state is not state:
            return ended_by_vendor_claim(liability, state, self.context).changes
        if claim.state in GOING_ON and liability.closed_at is not None:
            return reopened_by_vendor_claim(liability, self.context).changes
        return Changes()

    def _document(self, rtv_id: str, before: VendorClaim, claim: VendorClaim) -> Changes:
        rtv = self.reads.rtv(rtv_id)
        assert rtv is not None, "documents do not vanish"
        if claim.recovered == before.recovered and claim.state not in _DOCUMENT:
            return acknowledged(rtv, claim, self.context)
        facts: dict[str, object] = {"credited": claim.recovered or None}
        if claim.recovered:
            # Money that comes late ends it, too: its goods are paid, and not fetched back.
            facts["state"] = RtvState.CREDITED
        elif claim.state in _DOCUMENT and (rtv.closed_at is None or rtv.state is RtvState.CREDITED):
            # What credited it bounced, and nothing comes in its place: its goods may come back.
            facts["state"] = _DOCUMENT[claim.state]
        _, told = followed(self.reads, rtv, self.context, code=claim.closing_code, **facts)
        return told


def require_state(claim: VendorClaim, *allowed: VendorClaimState) -> None:
    """Raises Conflict `vendor_claim_not_in_state`."""
    if claim.state not in allowed:
        raise Conflict(
            "vendor_claim_not_in_state",
            f"The vendor claim is {claim.state.value}.",
            state=claim.state.value,
            allowed=[state.value for state in allowed],
        )


def require_room(count: int) -> None:
    """Raises Conflict `too_many_recoveries`."""
    if count >= RECOVERIES_MAX:
        raise Conflict("too_many_recoveries", f"At most {RECOVERIES_MAX} of a claim.")


def closed(context: Context) -> dict[str, Any]:  # Any: fields of VendorClaim
    return {"closed_at": context.now, "closed_by": context.actor.id, "remind_at": None}


def task_of(claim: VendorClaim, occasion: str, context: Context) -> Task:
    """Work for finance; `occasion` begins with why, and says which of several."""
    grounds = Grounds(reasons=(occasion.partition("-")[0],), amount=claim.left)
    return open_task(
        TaskKind.VENDOR_CLAIM, claim.subject, occasion=occasion, now=context.now, grounds=grounds
    )


def occasions_of(claim: VendorClaim) -> Iterator[str]:
    """What somebody may have been asked to look at about a claim."""
    if claim.reminders:
        yield f"reminder-{claim.reminders}"
    if claim.disputed_at is not None:
        yield "disputed"
    if claim.offered is not None:
        yield "offered"
    for place, one in enumerate(claim.stated, start=1):
        if not one.is_confirmed:
            yield f"stated-{place}"


def done_tasks(
    reads: VendorReader, subject: str, occasions: Iterable[str], context: Context
) -> Iterator[Task]:
    """Those of them that are open, done."""
    for occasion in dict.fromkeys(occasions):
        task = reads.task(task_id(TaskKind.VENDOR_CLAIM, subject, occasion))
        if task is not None and task.state is not TaskState.DONE:
            yield finished(task, by=context.actor.id, now=context.now)
