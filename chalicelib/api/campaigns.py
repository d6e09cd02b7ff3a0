"""Campaigns: goods called back by a query over sales, with its reach shown before it is drafted."""

from collections.abc import Callable

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import accepted, ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.cursors import page_of
from chalicelib.api.schemas.campaigns import (
    CampaignBody,
    CampaignFiles,
    CampaignRowView,
    CampaignsPage,
    CampaignView,
)
from chalicelib.api.schemas.common import NoFields, PageQuery
from chalicelib.campaigns import service
from chalicelib.campaigns.model import Campaign
from chalicelib.campaigns.service import Started
from chalicelib.core.commands import Answer

bp = Blueprint(__name__)


@bp.route("/campaigns", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="campaigns:create",
    body=CampaignBody,
    answer=CampaignView,
    status=202,
    idempotency="accepted",
)
def create_campaign(call: Call, body: CampaignBody) -> Answer:
    """Plan a call-back: a job searches all orders for what the query means.

    Nothing is drafted before that is ordered.
    """
    context, new = call.context(), body.to_domain()
    answer = wiring.commands().answer(
        lambda reads: service.create(reads, new, context),
        context=context,
        render=_begun,
        idempotency=call.idempotency,
    )
    _queue(call, service.job_id_of(context))
    return answer


@bp.route("/campaigns", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="campaigns:read", query=PageQuery, answer=CampaignsPage)
def list_campaigns(call: Call, query: PageQuery) -> Answer:
    """List campaigns, the newest first."""
    page = wiring.views().campaigns(limit=query.limit, cursor=query.cursor)
    items = tuple(CampaignRowView.of(row) for row in page.items)
    return page_of(call, CampaignsPage, items, page.next_cursor)


@bp.route("/campaigns/{campaign_id}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="campaigns:read", answer=CampaignView)
def read_campaign(campaign_id: str) -> Answer:
    """Read a campaign: why, how far, and the lists of what was found, drafted and refused."""
    reads = wiring.reads()
    campaign = service.known(reads, campaign_id)
    job = reads.job(campaign.job_id)
    return ok(CampaignView.of(campaign, job, _files_of(campaign)), version=campaign.version)


@bp.route("/campaigns/{campaign_id}/draft", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="campaigns:draft",
    body=NoFields,
    answer=CampaignView,
    status=202,
    idempotency="accepted",
    if_match=always,
)
def draft_campaign(call: Call, campaign_id: str) -> Answer:
    """Order one draft for each order that was found, once the scope has been looked at.

    Ordered again, it tries those that were refused; an order is drafted once.
    """
    context = call.context()
    answer = wiring.commands().answer(
        lambda reads: service.draft(reads, campaign_id, context),
        context=context,
        render=_begun,
        idempotency=call.idempotency,
    )
    _queue(call, service.job_id_of(context))
    return answer


@bp.route("/campaigns/{campaign_id}/cancel", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="campaigns:cancel",
    body=NoFields,
    answer=CampaignView,
    idempotency="accepted",
    if_match=always,
)
def cancel_campaign(call: Call, campaign_id: str) -> Answer:
    """End a campaign: what searches or drafts stops; drafts that are there already stay."""
    context = call.context()
    return wiring.commands().answer(
        lambda reads: service.cancel(reads, campaign_id, context),
        context=context,
        render=lambda one: ok(CampaignView.of(one.campaign, one.job), version=one.campaign.version),
        idempotency=call.idempotency,
    )


def _begun(started: Started) -> Answer:
    campaign = started.campaign
    return accepted(
        CampaignView.of(campaign, started.job), location=f"/v1/campaigns/{campaign.campaign_id}"
    )


def _queue(call: Call, job_id: str) -> None:
    """Queueing a job twice is harmless, so a replay does it again."""
    wiring.job_queue().put(job_id, correlation_id=call.correlation_id)


def _files_of(campaign: Campaign) -> CampaignFiles:
    return CampaignFiles(
        scope=_urls(campaign.scope_key, campaign.scope_parts, f"{campaign.campaign_id}-scope"),
        drafts=_urls(campaign.draft_key, campaign.draft_parts, f"{campaign.campaign_id}-drafts"),
        rejects=_urls(
            campaign.reject_key, campaign.reject_parts, f"{campaign.campaign_id}-rejects"
        ),
    )


def _urls(key_of: Callable[[int], str], parts: int, name: str) -> tuple[str, ...]:
    return tuple(
        wiring.files().download_url(key_of(part), file_name=f"{name}-{part}.csv")
        for part in range(1, parts + 1)
    )
