"""What may happen to a campaign: asked for, searched, ordered to draft, drafted, cancelled.

Pure decisions. A search and a drafting are jobs: each is stored with the campaign in one write.
Cancelling stops what is under way; drafts that are there already stay, to be submitted or cancelled
like any other.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from chalicelib.campaigns.model import (
    Campaign,
    CampaignState,
    CampaignType,
    Drafted,
    Query,
    Scope,
)
from chalicelib.core.clock import rfc3339
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, FieldError, Invalid, NotFound, Stale
from chalicelib.core.events import Context, Journal, Json
from chalicelib.core.ids import derived_id
from chalicelib.jobs import service as jobs
from chalicelib.jobs.model import FINAL, Job, JobKind
from chalicelib.jobs.service import NewJob
from chalicelib.reasons.answering import Asker, reason_faults
from chalicelib.reasons.catalogue import Catalogue
from chalicelib.reasons.ports import ReasonReader
from chalicelib.returns.model import LinkedDocument, Method
from chalicelib.returns.wishes import RequestedLine

_DRAFTABLE = frozenset({CampaignState.SCOPED, CampaignState.DRAFTING, CampaignState.DRAFTED})
"""Drafting again tries the orders that were refused; what is drafted stays as it is."""
_CANCELLABLE = frozenset({CampaignState.SCOPING, CampaignState.SCOPED, CampaignState.DRAFTING})


class CampaignReader(ReasonReader, Protocol):
    """Reads campaigns and their jobs, consistently, and the reasons that there are."""

    def campaign(self, campaign_id: str) -> Campaign | None: ...

    def job(self, job_id: str) -> Job | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCampaign:
    """What is asked for: why, which sales, and how the goods are to come back."""

    type: CampaignType
    title: str
    necessity: str
    query: Query
    reason: str
    method: Method = Method.COURIER
    warehouse: str | None = None
    documents: tuple[LinkedDocument, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The campaign, and its job as it stands."""

    campaign: Campaign
    job: Job | None


def campaign_id_of(context: Context) -> str:
    """The command fixes which campaign it makes."""
    return derived_id("cmp", context.command_id)


def job_id_of(context: Context) -> str:
    """The command fixes which job it starts."""
    return derived_id("job", context.command_id)


def create(reads: CampaignReader, new: NewCampaign, context: Context) -> Decided[Started]:
    """Store the campaign and the job that searches for it; raises Invalid with every fault."""
    _check(new, reads.reason_catalogue())
    campaign = Campaign(
        campaign_id=campaign_id_of(context),
        type=new.type,
        title=new.title,
        necessity=new.necessity,
        query=new.query,
        reason=new.reason,
        method=new.method,
        warehouse=new.warehouse,
        documents=new.documents,
        state=CampaignState.SCOPING,
        job_id=job_id_of(context),
        created_at=context.now,
        created_by=context.actor.id,
        updated_at=context.now,
    )
    known = reads.campaign(campaign.campaign_id)
    if known is not None:
        return Decided(result=Started(campaign=known, job=reads.job(known.job_id)))
    return _started(
        reads, campaign, JobKind.SCOPE_CAMPAIGN, "campaign.created", context,
        query=_query_facts(new.query),
    )  # fmt: skip


def draft(reads: CampaignReader, campaign_id: str, context: Context) -> Decided[Started]:
    """Order drafts for what was found. Raises Conflict while the search or a drafting goes on."""
    campaign = _found(reads, campaign_id, context)
    _require(campaign, _DRAFTABLE, "draft")
    job = reads.job(campaign.job_id)
    if campaign.state is CampaignState.DRAFTING and job is not None and job.state not in FINAL:
        raise Conflict("campaign_busy", "Drafts are being made already.", job_id=job.job_id)
    campaign = replace(
        campaign,
        state=CampaignState.DRAFTING,
        job_id=job_id_of(context),
        draft_parts=0,
        reject_parts=0,
        version=campaign.version + 1,
        updated_at=context.now,
    )
    return _started(reads, campaign, JobKind.DRAFT_CAMPAIGN, "campaign.drafting_ordered", context)


def cancel(reads: CampaignReader, campaign_id: str, context: Context) -> Decided[Started]:
    """End the campaign and the job at it; a drafting stops at its next checkpoint."""
    campaign = _found(reads, campaign_id, context)
    _require(campaign, _CANCELLABLE, "cancel")
    campaign = replace(
        campaign,
        state=CampaignState.CANCELLED,
        version=campaign.version + 1,
        updated_at=context.now,
    )
    journal = Journal(campaign.subject, campaign.chain, context)
    journal.record("campaign.cancelled", facts_of(campaign))
    campaign = replace(campaign, chain=journal.chain)
    records: tuple[Record, ...] = (campaign,)
    job = reads.job(campaign.job_id)
    if job is not None and job.state not in FINAL:
        ended = jobs.cancel(reads, job.job_id, context)
        job, records = ended.result, (campaign, *ended.changes.records)
    return Decided(
        result=Started(campaign=campaign, job=job),
        changes=Changes(records=records, events=tuple(journal.events)),
    )


def scoped(
    reads: CampaignReader,
    campaign_id: str,
    scope: Scope,
    *,
    parts: int,
    context: Context,
) -> Decided[Campaign]:
    """What was found is there to be looked at. A campaign that goes on already stays as it is."""
    campaign = known(reads, campaign_id)
    if campaign.state is not CampaignState.SCOPING:
        return Decided(result=campaign)
    campaign = replace(campaign, state=CampaignState.SCOPED, scope=scope, scope_parts=parts)
    return _reported(campaign, "campaign.scoped", context, scope=scope_facts(scope))


def drafted(
    reads: CampaignReader,
    campaign_id: str,
    done: Drafted,
    *,
    job_id: str,
    draft_parts: int,
    reject_parts: int,
    context: Context,
) -> Decided[Campaign]:
    """All that was found is drafted or refused. Only the campaign's latest job says so."""
    campaign = known(reads, campaign_id)
    if campaign.state is not CampaignState.DRAFTING or campaign.job_id != job_id:
        return Decided(result=campaign)
    campaign = replace(
        campaign,
        state=CampaignState.DRAFTED,
        drafted=done,
        draft_parts=draft_parts,
        reject_parts=reject_parts,
    )
    return _reported(campaign, "campaign.drafted", context, drafted=drafted_facts(done))


def known(reads: CampaignReader, campaign_id: str) -> Campaign:
    """The campaign; raises NotFound."""
    campaign = reads.campaign(campaign_id)
    if campaign is None:
        raise NotFound("campaign_not_found", f"There is no campaign {campaign_id}.")
    return campaign


def scope_facts(scope: Scope) -> dict[str, Json]:
    """A scope as events and results of jobs write it."""
    return {
        "orders": scope.orders,
        "customers": scope.customers,
        "lines": scope.lines,
        "units": scope.units,
        "held": scope.held,
        "returnable": scope.returnable,
        "value": [{"amount": one.amount, "currency": one.currency} for one in scope.value],
        "by_warehouse": dict(scope.by_warehouse),
        "searched": scope.searched,
        "unreadable": scope.unreadable,
    }


def drafted_facts(done: Drafted) -> dict[str, Json]:
    return {"returns": done.returns, "units": done.units, "rejected": done.rejected}


def facts_of(campaign: Campaign) -> dict[str, Json]:
    """What events say about a campaign: its title and its necessity are words of people."""
    return {
        "campaign_id": campaign.campaign_id,
        "type": campaign.type.value,
        "reason": campaign.reason,
        "state": campaign.state.value,
        "warehouse": campaign.warehouse,
        "job_id": campaign.job_id,
        "version": campaign.version,
    }


def _started(
    reads: CampaignReader,
    campaign: Campaign,
    kind: JobKind,
    event_type: str,
    context: Context,
    **more: Json,
) -> Decided[Started]:
    """The campaign with its new job, in one write."""
    new = NewJob(
        kind=kind, parameters={"campaign_id": campaign.campaign_id}, job_id=campaign.job_id
    )
    job = jobs.create(reads, new, context)
    journal = Journal(campaign.subject, campaign.chain, context)
    journal.record(event_type, {**facts_of(campaign), **more})
    campaign = replace(campaign, chain=journal.chain)
    return Decided(
        result=Started(campaign=campaign, job=job.result),
        changes=Changes(records=(campaign, *job.changes.records), events=tuple(journal.events)),
    )


def _reported(
    campaign: Campaign, event_type: str, context: Context, **more: Json
) -> Decided[Campaign]:
    campaign = replace(campaign, version=campaign.version + 1, updated_at=context.now)
    journal = Journal(campaign.subject, campaign.chain, context)
    journal.record(event_type, {**facts_of(campaign), **more})
    campaign = replace(campaign, chain=journal.chain)
    return Decided(
        result=campaign, changes=Changes(records=(campaign,), events=tuple(journal.events))
    )


def _found(reads: CampaignReader, campaign_id: str, context: Context) -> Campaign:
    """The campaign at the version that its caller looked at."""
    campaign = known(reads, campaign_id)
    if context.expected_version not in (None, campaign.version):
        raise Stale(
            "stale_version",
            f"The campaign is at version {campaign.version}, not {context.expected_version}.",
            subject=campaign.subject,
            expected=context.expected_version,
            actual=campaign.version,
        )
    return campaign


def _require(campaign: Campaign, states: frozenset[CampaignState], command: str) -> None:
    if campaign.state in states:
        return
    allowed = [
        name
        for name, admitting in (("draft", _DRAFTABLE), ("cancel", _CANCELLABLE))
        if campaign.state in admitting
    ]
    raise Conflict(
        "campaign_not_allowed_now",
        f"A campaign that is {campaign.state.value} admits no {command}.",
        status=campaign.state.value,
        allowed=allowed,
    )


def _check(new: NewCampaign, catalogue: Catalogue) -> None:
    errors: list[FieldError] = []
    query = new.query
    if not query.skus:
        message = "A campaign names the goods that it is about."
        errors.append(FieldError(pointer="/query/skus", code="required", message=message))
    if _is_empty(query.delivered_from, query.delivered_to):
        message = "The period ends before it begins."
        errors.append(
            FieldError(pointer="/query/delivered_to", code="period_empty", message=message)
        )
    # What its drafts will ask for; nobody is there to answer questions.
    wish = RequestedLine(quantity=1, reason=new.reason, note=new.title)
    asker = Asker(answers_due=False)
    errors += reason_faults(catalogue, wish, "", type_=new.type.return_type, asker=asker)
    if errors:
        raise Invalid("invalid_campaign", "The campaign has faults.", errors=errors)


def _is_empty(start: datetime | None, end: datetime | None) -> bool:
    return start is not None and end is not None and start >= end


def _query_facts(query: Query) -> dict[str, Json]:
    return {
        "skus": [*query.skus],
        "lots": [*query.lots],
        "channel": query.channel,
        "region": query.region,
        "customer_class": query.customer_class,
        "delivered_from": rfc3339(query.delivered_from) if query.delivered_from else None,
        "delivered_to": rfc3339(query.delivered_to) if query.delivered_to else None,
    }
