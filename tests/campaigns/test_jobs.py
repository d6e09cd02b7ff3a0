"""Searching and drafting as jobs: what is found and refused, and that a kill changes nothing."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.campaigns import service
from chalicelib.campaigns.model import Campaign, CampaignState, CampaignType, Drafted, Query
from chalicelib.campaigns.service import NewCampaign
from chalicelib.jobs.model import Job, JobState
from chalicelib.orders.model import DeliveredItem
from chalicelib.reconciliation.service import new_reconciliation
from chalicelib.store.execution import Commands
from tests.builders import Shop, delivery, eur, line, order, wish
from tests.imports.files import read_csv
from tests.stage import BUCKET, Stage
from tests.workbench import Workbench
from tools.cli.scanning import WatchedTable
from tools.cli.truth import Verifier

LOT = NewCampaign(
    type=CampaignType.RECALL,
    title="Kettles of lot L1",
    necessity="The handle may break.",
    query=Query(skus=("SKU-1",), lots=("L1",)),
    reason="QUALITY_DEFECT",
)


@pytest.fixture
def bench(stage: Stage) -> Workbench:
    """Five orders: O-0 … O-4 sold two units of L0 and one of L1 each, with a serial number; O-3
    only of L0. Of O-1 the unit of L1 is in a return already."""
    bench = Workbench(stage)
    sell(bench)
    return bench


def sell(bench: Workbench) -> Shop:
    shop = Shop(Commands(table=wiring.core_table()))
    for number in range(5):
        lot = "L0" if number == 3 else "L1"
        items = (
            DeliveredItem(line_no="1", quantity=2, lot="L0"),
            DeliveredItem(line_no="1", quantity=1, lot=lot, serials=(f"S{number}",)),
        )
        sent = delivery(*items, no=f"D-{number}")
        customer = "cus-1" if number < 3 else "cus-2"
        sold = order(line(quantity=3), no=f"O-{number}", deliveries=(sent,), customer_id=customer)
        shop.sells(sold)
    shop.asks("O-1", wish(1, serials=("S1",)))
    return shop


def asked(bench: Workbench, new: NewCampaign = LOT) -> tuple[Campaign, Job]:
    context = bench.context("campaign")
    started = wiring.commands().run(
        lambda reads: service.create(reads, new, context), context=context
    )
    assert started.job is not None
    return started.campaign, started.job


def ordered(bench: Workbench, campaign: Campaign, name: str = "draft") -> Job:
    context = bench.context(name)
    started = wiring.commands().run(
        lambda reads: service.draft(reads, campaign.campaign_id, context), context=context
    )
    assert started.job is not None
    return started.job


def now(campaign: Campaign) -> Campaign:
    return service.known(wiring.reads(), campaign.campaign_id)


def listed(bench: Workbench, *keys: str) -> list[dict[str, str]]:
    objects = bench.stage.objects()
    return [row for key in keys for row in read_csv(objects[key])]


def drafts(bench: Workbench) -> dict[str, Any]:
    """The drafted returns by their order, but for what differs from run to run."""
    items = [i for i in bench.stage._all("core") if i["type"]["S"] == "RETURN"]
    found = {}
    for item in items:
        ret = wiring.reads().return_(item["pk"]["S"].partition("#")[2])
        assert ret is not None
        if ret.campaign_id is not None:
            found[str(ret.order_no)] = (ret.return_id, ret.version, ret.lines)
    return found


def test_the_scope_is_counted_and_every_unit_listed(bench: Workbench) -> None:
    campaign, job = asked(bench)

    job, _ = bench.work(job)

    campaign = now(campaign)
    scope = campaign.scope
    assert (job.state, campaign.state) == (JobState.SUCCEEDED, CampaignState.SCOPED)
    assert scope is not None
    assert (scope.orders, scope.customers, scope.lines, scope.searched) == (4, 2, 4, 5)
    assert (scope.units, scope.held, scope.returnable) == (4, 1, 3)
    assert (scope.value, scope.by_warehouse) == ((eur(3000),), {"A": 3})
    rows = sorted(listed(bench, campaign.scope_key(1)), key=lambda row: row["order_no"])
    columns = ("order_no", "lot", "shipped", "held", "units", "serials")
    assert [tuple(row[name] for name in columns) for row in rows] == [
        ("O-0", "L1", "1", "0", "3", "S0"),
        ("O-1", "L1", "1", "1", "", ""),
        ("O-2", "L1", "1", "0", "3", "S2"),
        ("O-4", "L1", "1", "0", "3", "S4"),
    ]  # fmt: skip
    assert {(row["value"], row["currency"]) for row in rows} == {("10.00", "EUR"), ("0.00", "EUR")}
    assert job.result["csv_key"] == campaign.scope_key(1)
    assert drafts(bench) == {}


def test_each_order_that_was_found_is_drafted_once(bench: Workbench) -> None:
    campaign, job = asked(bench)
    bench.work(job)

    job, _ = bench.work(ordered(bench, campaign))

    campaign = now(campaign)
    assert (job.state, campaign.state) == (JobState.SUCCEEDED, CampaignState.DRAFTED)
    assert campaign.drafted == Drafted(returns=3, units=3, rejected=0)
    assert sorted(drafts(bench)) == ["O-0", "O-2", "O-4"]
    rows = listed(bench, campaign.draft_key(1))
    assert {row["return_id"] for row in rows} == {ret[0] for ret in drafts(bench).values()}
    assert campaign.reject_parts == 0
    assert (job.done, job.total) == (4, 4)


def test_an_order_that_cannot_be_drafted_is_listed_and_stops_nobody(bench: Workbench) -> None:
    campaign, job = asked(bench)
    bench.work(job)
    Shop(Commands(table=wiring.core_table())).asks("O-2", wish(1, serials=("S2",)))

    job, _ = bench.work(ordered(bench, campaign))

    campaign = now(campaign)
    assert campaign.drafted == Drafted(returns=2, units=2, rejected=1)
    (row,) = listed(bench, campaign.reject_key(1))
    assert (row["order_no"], row["error_code"]) == ("O-2", "nothing_left_to_call_back")
    assert job.result["rejects_key"] == campaign.reject_key(1)


def test_drafting_again_makes_only_what_was_refused(bench: Workbench) -> None:
    campaign, job = asked(bench)
    bench.work(job)
    shop = Shop(Commands(table=wiring.core_table()))
    other = shop.asks("O-2", wish(1, serials=("S2",)))
    bench.work(ordered(bench, campaign))
    before = drafts(bench)
    shop.rejects(other)

    bench.work(ordered(bench, campaign, "again"))

    assert now(campaign).drafted == Drafted(returns=3, units=3, rejected=0)
    after = drafts(bench)
    assert {no: after[no] for no in before} == before
    assert sorted(set(after) - set(before)) == ["O-2"]


def test_nothing_found_is_an_answer_too(bench: Workbench) -> None:
    campaign, job = asked(bench, replace(LOT, query=Query(skus=("NONE",))))

    job, _ = bench.work(job)

    campaign = now(campaign)
    assert campaign.scope is not None
    assert (campaign.scope.orders, campaign.scope.searched, campaign.scope_parts) == (0, 5, 0)
    assert job.result["csv_key"] is None
    job, _ = bench.work(ordered(bench, campaign))
    assert now(campaign).drafted == Drafted()


def test_an_order_that_cannot_be_read_is_counted(bench: Workbench) -> None:
    key = {"pk": {"S": "ORDER#O-4"}, "sk": {"S": "ORDER"}}
    bench.stage.dynamodb.update_item(
        TableName="core", Key=key, UpdateExpression="SET body = :b",
        ExpressionAttributeValues={":b": {"S": "{}"}},
    )  # fmt: skip
    campaign, job = asked(bench)

    bench.work(job)

    scope = now(campaign).scope
    assert scope is not None
    assert (scope.orders, scope.unreadable) == (3, 1)


def test_a_worker_whose_time_is_up_sends_the_search_on(bench: Workbench) -> None:
    campaign, job = asked(bench)
    bench.remaining_s = 29.0
    runs = 0
    while now(campaign).state is CampaignState.SCOPING:
        job, _ = bench.work(job)
        runs += 1

    scope = now(campaign).scope
    assert runs > 4, "one order a run"
    assert scope is not None
    assert (scope.orders, scope.units, scope.searched) == (4, 4, 5)
    assert len(listed(bench, campaign.scope_key(1))) == 4


def test_a_cancelled_campaign_drafts_no_more(bench: Workbench) -> None:
    campaign, job = asked(bench)
    bench.work(job)
    job = ordered(bench, campaign)
    bench.work(job, dies_at=4)
    made = len(drafts(bench))
    context = bench.context("cancel")
    wiring.commands().run(
        lambda reads: service.cancel(reads, campaign.campaign_id, context), context=context
    )
    bench.later(minutes=2)

    job, _ = bench.work(job)

    assert job.state is JobState.CANCELLED
    assert 0 < made < 3
    assert len(drafts(bench)) == made


@pytest.mark.slow
@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
def test_a_worker_killed_at_any_write_leaves_the_same_as_one_that_lived(
    bench: Workbench, is_after: bool
) -> None:
    campaign, job = asked(bench)
    _, searching = bench.work(job)
    lived, drafting = bench.work(ordered(bench, campaign))
    scope, made = now(campaign).scope, now(campaign).drafted
    files = len(listed(bench, campaign.scope_key(1), now(campaign).draft_key(1)))

    assert searching >= 6
    assert drafting >= 9
    for dies_at in range(1, max(searching, drafting) + 1):
        emptied(bench)
        sell(bench)
        campaign, job = asked(bench)
        survived(bench, job, dies_at, is_after)
        job = survived(bench, ordered(bench, campaign), dies_at, is_after)
        again = now(campaign)
        assert (again.scope, again.drafted, job.state) == (scope, made, lived.state), dies_at
        assert len(listed(bench, again.scope_key(1), again.draft_key(1))) == files, dies_at
        assert len(drafts(bench)) == 3, dies_at


def survived(bench: Workbench, job: Job, dies_at: int, is_after: bool) -> Job:
    """The job after a first worker died and a second one came, its lease being over."""
    bench.work(job, dies_at=dies_at, is_after=is_after)
    bench.later(minutes=2)
    job, _ = bench.work(job)
    bench.later(minutes=2)
    return job


def emptied(bench: Workbench) -> None:
    """As on the first day, the bucket too."""
    for name in bench.stage.objects():
        bench.stage.s3.delete_object(Bucket=BUCKET, Key=name)
    for item in bench.stage._all("core"):
        key = {"pk": item["pk"], "sk": item["sk"]}
        bench.stage.dynamodb.delete_item(TableName="core", Key=key)


def test_a_campaign_agrees_with_its_events_and_its_drafts_with_it(bench: Workbench) -> None:
    campaign, job = asked(bench)
    bench.work(job)
    bench.work(ordered(bench, campaign))

    reconciled, _ = bench.work(bench.job(new_reconciliation(), "books"))
    table = wiring.core_table()
    core = WatchedTable(table.name, table._link, bench.stage.dynamodb)
    verified = Verifier(core=core, sleep=lambda _: None).everything()

    checked: Any = reconciled.result["checked"]
    assert (reconciled.result["findings"], checked["campaigns"]) == (0, 1)
    assert verified.findings == []


def test_an_event_of_a_campaign_that_is_gone_is_missed(bench: Workbench) -> None:
    campaign, job = asked(bench)
    bench.work(job)
    key = {"pk": {"S": f"CAMPAIGN#{campaign.campaign_id}"}, "sk": {"S": "EVENT#00000002"}}
    bench.stage.dynamodb.delete_item(TableName="core", Key=key)

    reconciled, _ = bench.work(bench.job(new_reconciliation(), "books"))

    assert reconciled.result["kinds"] == {"event_gap": 1}
