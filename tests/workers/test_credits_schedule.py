"""The daily function: expired credit is booked, customers are reminded; once, whatever repeats."""

from datetime import datetime, timedelta
from typing import Any

import pytest

import app
from chalicelib import wiring
from chalicelib.credits.changing import Issue, issue
from chalicelib.credits.model import REMINDED_BEFORE, account_id_for
from chalicelib.store import money_keys
from chalicelib.workers.credits_schedule import Ageing
from chalicelib.workers.events_stream import project_events
from tests.builders import NOW, Shop, eur
from tests.stage import LambdaContext, Stage, run_stream_worker

DAY = timedelta(days=1)


@pytest.fixture
def shop(stage: Stage) -> Shop:
    return Shop(wiring.commands())


def gives(shop: Shop, customer_id: str, days: int | None) -> str:
    """10.00 that are valid for so many days; the account's id."""
    expires_at = None if days is None else NOW + days * DAY
    told = Issue(customer_id=customer_id, amount=eur(10_00), expires_at=expires_at)
    shop.do(lambda reads, context: issue(reads, told, context))
    return account_id_for(customer_id, "EUR")


def listed(stage: Stage) -> None:
    """The stream has been worked on."""
    stage.observe()
    run_stream_worker(project_events, stage.changes)
    stage.changes.clear()


def run(at: datetime) -> dict[str, int]:
    ageing = Ageing(
        commands=wiring.commands(),
        views=wiring.views(),
        clock=lambda: at,
        correlation_id="corr-1",
        remaining_s=lambda: 900.0,
    )
    ageing.work()
    done = {outcome.value: number for outcome, number in ageing.done.items()}
    return done | {"failed": ageing.failed, "remaining": ageing.remaining}


def told(account_id: str) -> list[str]:
    return [event.type for event in wiring.reads().events(f"credit/{account_id}")]


def booked(account_id: str) -> int:
    account, _ = wiring.reads().credit(account_id, "cre_none")
    assert account is not None
    return account.booked.minor


NOTHING = {"failed": 0, "remaining": 0}


def test_a_customer_is_reminded_and_then_the_credit_is_gone(stage: Stage, shop: Shop) -> None:
    soon, stays = gives(shop, "cus-1", 60), gives(shop, "cus-2", None)
    listed(stage)

    early = run(NOW + 60 * DAY - REMINDED_BEFORE - DAY)
    reminding = run(NOW + 60 * DAY - REMINDED_BEFORE)
    listed(stage)
    quiet = run(NOW + 59 * DAY)
    ending = run(NOW + 60 * DAY)
    listed(stage)
    after = run(NOW + 61 * DAY)

    assert early == quiet == after == NOTHING
    assert reminding == {"reminded": 1} | NOTHING
    assert ending == {"expired": 1} | NOTHING
    assert told(soon) == ["credit.issued", "credit.expiring", "credit.expired"]
    assert (booked(soon), booked(stays)) == (0, 10_00)


def test_a_run_that_comes_twice_on_a_list_that_lags_changes_nothing(
    stage: Stage, shop: Shop
) -> None:
    account_id = gives(shop, "cus-1", 10)
    listed(stage)
    at = NOW + 10 * DAY

    first, again = run(at), run(at + timedelta(minutes=1))

    assert (first["expired"], again["unchanged"]) == (1, 1)
    assert told(account_id).count("credit.expired") == 1


def test_an_account_that_cannot_be_read_does_not_stop_the_others(stage: Stage, shop: Shop) -> None:
    broken, fine = gives(shop, "cus-1", 9), gives(shop, "cus-2", 10)
    listed(stage)
    place = money_keys.credit(broken)
    stage.dynamodb.update_item(
        TableName="core",
        Key={"pk": {"S": place.pk}, "sk": {"S": place.sk}},
        UpdateExpression="SET body = :body",
        ExpressionAttributeValues={":body": {"S": '{"account_id": 7}'}},
    )

    assert run(NOW + 10 * DAY) == {"expired": 1, "failed": 1, "remaining": 0}
    assert booked(fine) == 0


def test_the_function_tells_what_it_did(stage: Stage) -> None:
    event: dict[str, Any] = {
        "version": "0",
        "id": "event-1",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "1",
        "time": "2026-11-21T00:20:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {},
    }

    counts = app.app.handler_map["expire_credits"](event, LambdaContext(900))

    assert counts == {"reminded": 0, "expired": 0, "unchanged": 0, "failed": 0, "remaining": 0}
