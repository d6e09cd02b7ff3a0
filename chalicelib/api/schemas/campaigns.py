"""Campaigns: why goods are called back, which sales are meant, what was found and drafted."""

from typing import Annotated, Self

from pydantic import Field

from chalicelib.api.schemas.jobs import JobErrorView, ProgressView
from chalicelib.api.schemas.return_parts import DocumentView
from chalicelib.api.schemas.returns import DocumentBody
from chalicelib.campaigns.model import (
    Campaign,
    CampaignState,
    CampaignType,
    Drafted,
    Query,
    Scope,
)
from chalicelib.campaigns.service import NewCampaign
from chalicelib.contracts.fields import (
    Code,
    Id,
    Label,
    Moment,
    MomentOut,
    MoneyOut,
    Note,
    Strict,
    View,
    Word,
)
from chalicelib.jobs.model import Job, JobState
from chalicelib.returns.model import Method
from chalicelib.store.campaign_rows import CampaignRow


class QueryBody(Strict):
    """Which sold units: all that is given must fit; without `lots`, any lot.

    The period is that of the delivery, its end exclusive.
    """

    skus: Annotated[tuple[Code, ...], Field(min_length=1, max_length=100)]
    lots: Annotated[tuple[Code, ...], Field(max_length=100)] = ()
    channel: Label | None = None
    region: Label | None = None
    customer_class: Label | None = None
    delivered_from: Moment | None = None
    delivered_to: Moment | None = None

    def to_domain(self) -> Query:
        return Query(
            skus=self.skus,
            lots=self.lots,
            channel=self.channel,
            region=self.region,
            customer_class=self.customer_class,
            delivered_from=self.delivered_from,
            delivered_to=self.delivered_to,
        )


class CampaignBody(Strict):
    """Goods that are to be called back. `necessity` says in words why."""

    type: CampaignType
    title: Label
    necessity: Note
    query: QueryBody
    reason: Word = Field(examples=["QUALITY_DEFECT"])
    method: Method = Method.COURIER
    warehouse: Id | None = None
    documents: Annotated[tuple[DocumentBody, ...], Field(max_length=20)] = ()

    def to_domain(self) -> NewCampaign:
        return NewCampaign(
            type=self.type,
            title=self.title,
            necessity=self.necessity,
            query=self.query.to_domain(),
            reason=self.reason,
            method=self.method,
            warehouse=self.warehouse,
            documents=tuple(document.to_domain() for document in self.documents),
        )


class QueryView(View):
    skus: tuple[str, ...]
    lots: tuple[str, ...]
    channel: str | None
    region: str | None
    customer_class: str | None
    delivered_from: MomentOut | None
    delivered_to: MomentOut | None

    @classmethod
    def of(cls, query: Query) -> Self:
        return cls(
            skus=query.skus,
            lots=query.lots,
            channel=query.channel,
            region=query.region,
            customer_class=query.customer_class,
            delivered_from=query.delivered_from,
            delivered_to=query.delivered_to,
        )


class ScopeView(View):
    """`units` were shipped; `held` of them are in a return or another document already.

    The rest is `returnable`: that is what `value` and `by_warehouse` (where it left) count.
    `unreadable` of the `searched` orders could not be looked into.
    """

    orders: int
    customers: int
    lines: int
    units: int
    held: int
    returnable: int
    value: tuple[MoneyOut, ...]
    by_warehouse: dict[str, int]
    searched: int
    unreadable: int

    @classmethod
    def of(cls, scope: Scope) -> Self:
        return cls(
            orders=scope.orders,
            customers=scope.customers,
            lines=scope.lines,
            units=scope.units,
            held=scope.held,
            returnable=scope.returnable,
            value=scope.value,
            by_warehouse=scope.by_warehouse,
            searched=scope.searched,
            unreadable=scope.unreadable,
        )


class DraftedView(View):
    """`rejected` counts the orders that nothing could be drafted for."""

    returns: int
    units: int
    rejected: int

    @classmethod
    def of(cls, done: Drafted) -> Self:
        return cls(returns=done.returns, units=done.units, rejected=done.rejected)


class CampaignJobView(View):
    """The job that searches or drafts, or did so last."""

    id: str
    state: JobState
    progress: ProgressView
    error: JobErrorView | None

    @classmethod
    def of(cls, job: Job) -> Self:
        error = None
        if job.error_code is not None:
            error = JobErrorView(code=job.error_code, detail=job.error_message or "")
        return cls(
            id=job.job_id,
            state=job.state,
            progress=ProgressView(done=job.done, total=job.total),
            error=error,
        )


class CampaignFiles(View):
    """Short-lived addresses of CSV files; a list is of several where it is very long."""

    scope: tuple[str, ...] = ()
    drafts: tuple[str, ...] = ()
    rejects: tuple[str, ...] = ()


class CampaignView(View):
    """`scope` is there once the search is done, `drafted` once drafting is.

    `files` are given where a campaign is read: every unit that was found, with its serial number;
    the returns that were drafted; and the orders that were refused.
    """

    id: str
    type: CampaignType
    title: str
    necessity: str
    state: CampaignState
    query: QueryView
    reason: str
    method: Method
    warehouse: str | None
    documents: tuple[DocumentView, ...]
    scope: ScopeView | None
    drafted: DraftedView | None
    job: CampaignJobView | None
    files: CampaignFiles
    created_by: str
    created_at: MomentOut
    updated_at: MomentOut
    version: int

    @classmethod
    def of(cls, campaign: Campaign, job: Job | None, files: CampaignFiles | None = None) -> Self:
        return cls(
            id=campaign.campaign_id,
            type=campaign.type,
            title=campaign.title,
            necessity=campaign.necessity,
            state=campaign.state,
            query=QueryView.of(campaign.query),
            reason=campaign.reason,
            method=campaign.method,
            warehouse=campaign.warehouse,
            documents=tuple(DocumentView(kind=d.kind, ref=d.ref) for d in campaign.documents),
            scope=ScopeView.of(campaign.scope) if campaign.scope is not None else None,
            drafted=DraftedView.of(campaign.drafted) if campaign.drafted is not None else None,
            job=CampaignJobView.of(job) if job is not None else None,
            files=files or CampaignFiles(),
            created_by=campaign.created_by,
            created_at=campaign.created_at,
            updated_at=campaign.updated_at,
            version=campaign.version,
        )


class CampaignRowView(View):
    """A campaign in a list. `units` may be called back; null as long as the search goes on."""

    id: str
    type: CampaignType
    title: str
    reason: str
    state: CampaignState
    orders: int | None
    units: int | None
    returns: int | None
    created_at: MomentOut
    updated_at: MomentOut
    version: int

    @classmethod
    def of(cls, row: CampaignRow) -> Self:
        return cls(
            id=row.campaign_id,
            type=row.type,
            title=row.title,
            reason=row.reason,
            state=row.state,
            orders=row.orders,
            units=row.units,
            returns=row.returns,
            created_at=row.created_at,
            updated_at=row.updated_at,
            version=row.version,
        )


class CampaignsPage(View):
    items: tuple[CampaignRowView, ...]
    next_cursor: str | None
