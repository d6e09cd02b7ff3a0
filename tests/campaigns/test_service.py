"""A campaign's life: nothing is drafted before its scope was shown, and each step is recorded."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.campaigns import service
from chalicelib.campaigns.drafting import FoundOrder, draft_order
from chalicelib.campaigns.model import Campaign, CampaignState, CampaignType, Drafted, Query, Scope
from chalicelib.campaigns.service import NewCampaign, Started
from chalicelib.core.errors import Conflict, Invalid, NotFound, Stale
from chalicelib.core.events import Context
from chalicelib.core.runs import Run
from chalicelib.jobs import service as jobs
from chalicelib.jobs.model import JobKind, JobState
from chalicelib.orders.model import DeliveredItem
from chalicelib.returns import editing, quoting
from chalicelib.returns.model import LinkedDocument, Method, Return, ReturnType
from chalicelib.returns.standing import status_of
from chalicelib.returns.wishes import RequestReturn
from tests.builders import NOW, Shop, delivery, line, order, wish

RECALL = NewCampaign(
    type=CampaignType.RECALL,
    title="Kettles of lot L1",
    necessity="The handle may break.",
    query=Query(skus=("SKU-1",), lots=("L1",)),
    reason="QUALITY_DEFECT",
)
ENDS = "/query/delivered_to"
SCOPE = Scope(orders=1, customers=1, lines=1, units=3, returnable=3)


def asked(shop: Shop, new: NewCampaign = RECALL) -> Campaign:
    return shop.do(lambda reads, context: service.create(reads, new, context)).campaign


def scoped(shop: Shop, new: NewCampaign = RECALL) -> Campaign:
    made = asked(shop, new)
    return shop.do(
        lambda reads, context: service.scoped(
            reads, made.campaign_id, SCOPE, parts=1, context=context
        )
    )


def ordered(shop: Shop) -> Started:
    made = scoped(shop)
    return shop.do(lambda reads, context: service.draft(reads, made.campaign_id, context))


def drafted(shop: Shop, started: Started) -> Campaign:
    assert started.job is not None
    job_id = started.job.job_id
    return shop.do(
        lambda reads, context: service.drafted(
            reads,
            started.campaign.campaign_id,
            Drafted(returns=1, units=3),
            job_id=job_id,
            draft_parts=1,
            reject_parts=0,
            context=context,
        )
    )


def in_state(shop: Shop, state: CampaignState) -> Campaign:
    match state:
        case CampaignState.SCOPING:
            return asked(shop)
        case CampaignState.SCOPED:
            return scoped(shop)
        case CampaignState.DRAFTING:
            return ordered(shop).campaign
        case CampaignState.DRAFTED:
            return drafted(shop, ordered(shop))
        case CampaignState.CANCELLED:
            made = asked(shop)
            return shop.do(
                lambda reads, context: service.cancel(reads, made.campaign_id, context)
            ).campaign


def events(shop: Shop, campaign: Campaign) -> list[str]:
    return [event.type for event in shop.store.reads().events(campaign.subject)]


def test_a_campaign_begins_with_a_search_and_drafts_nothing(shop: Shop) -> None:
    started = shop.do(lambda reads, context: service.create(reads, RECALL, context))

    assert started.campaign.state is CampaignState.SCOPING
    assert started.job is not None
    assert (started.job.kind, started.job.state) == (JobKind.SCOPE_CAMPAIGN, JobState.QUEUED)
    assert started.job.parameters == {"campaign_id": started.campaign.campaign_id}
    assert shop.store.reads().campaign(started.campaign.campaign_id) == started.campaign


def test_the_same_command_makes_one_campaign(shop: Shop) -> None:
    context = shop.context("cmd-1")

    first, second = (
        shop.do(lambda reads, context: service.create(reads, RECALL, context), context)
        for _ in range(2)
    )

    assert first == second


def test_events_say_what_happened_and_no_words_of_people(shop: Shop) -> None:
    campaign = in_state(shop, CampaignState.DRAFTED)

    told = shop.store.reads().events(campaign.subject)

    assert [event.type for event in told] == [
        "campaign.created", "campaign.scoped", "campaign.drafting_ordered", "campaign.drafted",
    ]  # fmt: skip
    assert [event.data["version"] for event in told] == [1, 2, 3, 4]
    said = str([event.data for event in told])
    assert RECALL.title not in said
    assert RECALL.necessity not in said


@pytest.mark.parametrize(
    ("changed", "pointers"),
    [
        ({"query": Query(skus=())}, ["/query/skus"]),
        ({"reason": "BAD_MOOD"}, ["/reason"]),
        ({"query": replace(RECALL.query, delivered_from=NOW, delivered_to=NOW)}, [ENDS]),
        ({"query": Query(skus=()), "reason": "x"}, ["/query/skus", "/reason"]),
    ],
)  # fmt: skip
def test_every_fault_is_named(shop: Shop, changed: dict[str, Any], pointers: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        asked(shop, replace(RECALL, **changed))

    assert [error.pointer for error in refused.value.errors] == pointers


@pytest.mark.parametrize("state", CampaignState)
def test_drafts_are_ordered_only_of_what_was_shown(shop: Shop, state: CampaignState) -> None:
    campaign = in_state(shop, state)
    may = {CampaignState.SCOPED, CampaignState.DRAFTED}

    if state in may:
        started = shop.do(
            lambda reads, context: service.draft(reads, campaign.campaign_id, context)
        )
        assert started.campaign.state is CampaignState.DRAFTING
        assert started.job is not None
        assert started.job.kind is JobKind.DRAFT_CAMPAIGN
        return
    with pytest.raises(Conflict) as refused:
        shop.do(lambda reads, context: service.draft(reads, campaign.campaign_id, context))
    busy = state is CampaignState.DRAFTING
    assert refused.value.code == ("campaign_busy" if busy else "campaign_not_allowed_now")


def test_a_drafting_whose_job_failed_may_be_ordered_again(shop: Shop) -> None:
    started = ordered(shop)
    assert started.job is not None
    job = shop.store.reads().job(started.job.job_id)
    assert job is not None
    shop.do(lambda reads, context: jobs.cancel(reads, job.job_id, context))

    again = shop.do(
        lambda reads, context: service.draft(reads, started.campaign.campaign_id, context)
    )

    assert again.campaign.job_id != started.campaign.job_id


@pytest.mark.parametrize("state", CampaignState)
def test_a_campaign_that_goes_on_is_cancelled_with_its_job(
    shop: Shop, state: CampaignState
) -> None:
    campaign = in_state(shop, state)
    cancel: Callable[..., Any] = lambda reads, context: service.cancel(  # noqa: E731
        reads, campaign.campaign_id, context
    )

    if state in {CampaignState.DRAFTED, CampaignState.CANCELLED}:
        with pytest.raises(Conflict, match="campaign_not_allowed_now"):
            shop.do(cancel)
        return
    ended = shop.do(cancel)
    assert ended.campaign.state is CampaignState.CANCELLED
    assert ended.job is not None
    assert ended.job.state is JobState.CANCELLED
    assert events(shop, campaign)[-1] == "campaign.cancelled"


def test_a_search_that_ends_late_does_not_wake_a_cancelled_campaign(shop: Shop) -> None:
    campaign = in_state(shop, CampaignState.CANCELLED)

    late = shop.do(
        lambda reads, context: service.scoped(
            reads, campaign.campaign_id, SCOPE, parts=1, context=context
        )
    )

    assert late == campaign


def test_only_the_latest_job_says_that_all_is_drafted(shop: Shop) -> None:
    first = ordered(shop)
    shop.do(lambda reads, context: jobs.cancel(reads, first.campaign.job_id, context))
    shop.do(lambda reads, context: service.draft(reads, first.campaign.campaign_id, context))

    late = drafted(shop, first)

    assert late.state is CampaignState.DRAFTING
    assert late.drafted is None


@pytest.mark.parametrize("command", [service.draft, service.cancel])
def test_who_looked_at_an_older_version_is_told(shop: Shop, command: Callable[..., Any]) -> None:
    campaign = scoped(shop)
    seen: Context = shop.context(version=1)

    with pytest.raises(Stale):
        shop.do(lambda reads, context: command(reads, campaign.campaign_id, context), seen)


def test_an_unknown_campaign_is_not_there(shop: Shop) -> None:
    with pytest.raises(NotFound, match="campaign_not_found"):
        shop.do(lambda reads, context: service.draft(reads, "cmp_x", context))


# --- one draft ---------------------------------------------------------------------------------

FOUND = FoundOrder(order_no="O-1", customer_id="cus-1", units={"1": (Run(3, 2),)})


@pytest.fixture
def sold(shop: Shop) -> Shop:
    """Units 1-2 of lot L0, 3-4 of lot L1, sold two months ago."""
    long_ago = NOW - timedelta(days=60)
    items = (
        DeliveredItem(line_no="1", quantity=2, lot="L0"),
        DeliveredItem(line_no="1", quantity=2, lot="L1"),
    )
    sent = delivery(*items, shipped_at=long_ago, delivered_at=long_ago)
    shop.sells(order(line(quantity=4), deliveries=(sent,), policy_version="no-window"))
    return shop


def draft(shop: Shop, campaign: Campaign | None = None) -> Return:
    wanted = campaign or scoped(shop)
    return shop.do(lambda reads, context: draft_order(reads, wanted, FOUND, context))


def test_a_draft_names_its_campaign_and_holds_nothing(sold: Shop) -> None:
    document = LinkedDocument(kind="qc_report", ref="QC-1")
    new = replace(RECALL, method=Method.PICKUP, warehouse="B", documents=(document,))

    campaign = scoped(sold, new)

    ret = draft(sold, campaign)

    assert (ret.type, ret.method, ret.warehouse) == (ReturnType.RECALL, Method.PICKUP, "B")
    assert ret.campaign_id == campaign.campaign_id
    assert document in ret.documents
    assert (ret.lines[0].reason, ret.lines[0].requested) == ("QUALITY_DEFECT", 2)
    assert status_of(ret) == "DRAFT"
    assert sold.returnable() == 4


def test_submitting_takes_the_units_of_the_recalled_lot(sold: Shop) -> None:
    submitted = sold.submits(draft(sold))

    (group,) = submitted.lines[0].groups
    assert (group.units, group.lot) == ((Run(3, 2),), "L1")


def test_units_that_went_into_another_return_meanwhile_are_left_out(sold: Shop) -> None:
    sold.asks("O-1", wish(3))

    ret = draft(sold)

    assert ret.lines[0].requested == 1
    (group,) = sold.submits(ret).lines[0].groups
    assert group.units == (Run(4, 1),)


def test_a_draft_whose_units_are_gone_is_not_filled_up_with_others(sold: Shop) -> None:
    ret = draft(sold)
    sold.asks("O-1", wish(3))
    assert sold.returnable() == 1

    with pytest.raises(Conflict, match="not_returnable_quantity"):
        sold.submits(ret)


def test_a_draft_that_is_edited_still_takes_units_of_the_recalled_lot(sold: Shop) -> None:
    ret = draft(sold)
    change = editing.Edit(lines=(wish(1, reason="QUALITY_DEFECT"),))

    edited = sold.do(lambda reads, context: editing.edit(reads, ret.return_id, change, context))

    (group,) = sold.submits(edited).lines[0].groups
    assert (group.units, group.lot) == ((Run(3, 1),), "L1")


def test_an_order_of_which_nothing_is_left_is_refused(sold: Shop) -> None:
    sold.asks("O-1", wish(4))

    with pytest.raises(Conflict, match="nothing_left_to_call_back"):
        draft(sold)


def test_an_order_that_is_gone_is_refused(shop: Shop) -> None:
    with pytest.raises(NotFound, match="order_not_found"):
        draft(shop)


# --- what policy says --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type_", "refusals"),
    [
        (ReturnType.RECALL, ["final_sale", "outside_window"]),
        (ReturnType.QUALITY, ["outside_window"]),
    ],
)
def test_a_recall_is_not_bound_by_the_window_or_a_final_sale(
    shop: Shop, type_: ReturnType, refusals: list[str]
) -> None:
    long_ago = NOW - timedelta(days=400)
    sent = delivery(
        DeliveredItem(line_no="1", quantity=1), shipped_at=long_ago, delivered_at=long_ago
    )
    shop.sells(order(line(final_sale=True), deliveries=(sent,)))
    request = RequestReturn(order_no="O-1", lines=(wish(reason="CHANGED_MIND"),), type=type_)

    quoted = quoting.quote(shop.store.reads(), request, shop.context())

    assert quoted.eligible is (type_ is ReturnType.RECALL)
    refused = [step.code for step in quoted.decision.lines[0].trace if not step.passed]
    assert refused == refusals


def test_a_recall_of_what_was_never_shipped_is_refused(shop: Shop) -> None:
    shop.registers(order(line(), deliveries=()))
    request = RequestReturn(
        order_no="O-1", lines=(wish(reason="QUALITY_DEFECT"),), type=ReturnType.RECALL
    )

    assert not quoting.quote(shop.store.reads(), request, shop.context()).eligible
