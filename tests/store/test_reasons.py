"""The catalogue in the real store: kept as it was written, remembered, and looked after."""

from dataclasses import replace
from datetime import datetime

import pytest

from chalicelib import wiring
from chalicelib.core.remembering import FOR
from chalicelib.reasons import managing
from chalicelib.reasons.amendments import Amendments
from chalicelib.reasons.built_in import built_in
from chalicelib.reconciliation.survey import Survey
from chalicelib.store.audit import Audit
from chalicelib.store.execution import Commands
from tests.builders import NOW, Shop
from tests.stage import Stage

MIND = built_in().reasons["CHANGED_MIND"]
CHANGED = replace(MIND, questions=tuple(replace(one, required=True) for one in MIND.questions))


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def commands(stage: Stage, clock: Clock) -> Commands:
    assert stage.queue_urls, "the stage is there"
    return Commands(table=wiring.core_table(), clock=clock)


@pytest.fixture
def shop(commands: Commands) -> Shop:
    return Shop(commands)


def changes(shop: Shop) -> managing.Changed:
    return shop.do(lambda reads, context: managing.put(reads, CHANGED, context))


def surveyed() -> Survey:
    """All that is stored, looked at as in the night."""
    survey = Survey()
    for fact in Audit(core=wiring.core_table()).scan():
        survey.take(fact)
    survey.finish()
    return survey


def test_where_nothing_was_changed_it_is_what_comes_with_the_product(commands: Commands) -> None:
    assert commands.reads().reason_amendments() == Amendments()
    assert commands.reads().reason_catalogue() == built_in()


def test_a_reason_is_read_as_it_was_written(shop: Shop, commands: Commands) -> None:
    done = changes(shop)

    kept = commands.reads().reason_amendments()
    assert kept.reasons == (CHANGED,)
    assert (kept.version, kept.chain.seq) == (1, 1)
    assert commands.reads().reason_catalogue() == done.catalogue


def test_a_process_sees_what_another_changed_after_half_a_minute(
    shop: Shop, commands: Commands, clock: Clock
) -> None:
    other = Commands(table=wiring.core_table(), clock=clock)
    before = other.reads().reason_catalogue()
    changes(shop)

    assert other.reads().reason_catalogue() is before
    assert other.reads().reason_amendments().version == 1
    clock.now += FOR
    assert other.reads().reason_catalogue().reasons["CHANGED_MIND"] == CHANGED


def test_its_chain_is_compared_every_night(shop: Shop) -> None:
    changes(shop)

    survey = surveyed()

    assert survey.checked["reasons"] == 1
    assert survey.subjects == set()


def test_a_change_without_its_event_is_found(shop: Shop, stage: Stage) -> None:
    changes(shop)
    key = {"pk": {"S": "REASONS#catalogue"}, "sk": {"S": "EVENT#00000001"}}
    stage.dynamodb.delete_item(TableName="core", Key=key)

    assert surveyed().subjects == {"reasons/catalogue"}
