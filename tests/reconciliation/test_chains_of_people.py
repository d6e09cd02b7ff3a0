"""What people did with tasks and said about returns is chained, and the chain is looked after."""

from functools import partial

import pytest

from chalicelib import wiring
from chalicelib.core.commands import Changes, Decided
from chalicelib.reconciliation.survey import Survey
from chalicelib.returns import conversation
from chalicelib.returns.conversation import PostMessage
from chalicelib.store.audit import Audit
from chalicelib.tasks import working
from chalicelib.tasks.model import TaskKind, open_task
from chalicelib.tasks.working import Worker
from tests.stage import Stage
from tests.story import Story


@pytest.fixture
def subjects(stage: Stage) -> list[str]:
    """A task that was taken and given back, and two messages: whose chains there are."""
    story = Story(stage)
    story.stock("S1", "S2")
    story.order("O1")
    ret = story.return_("O1")
    task = open_task(TaskKind.PAYMENT, ret.subject, occasion="1", now=stage.now)
    opened = Decided(result=task, changes=Changes(records=(task,)))
    wiring.commands().run(lambda _: opened, context=stage.context())
    worker = Worker(roles=frozenset({"finance"}))
    for act in (working.take, working.release):
        context = stage.context("finance")
        does = partial(act, task_id=task.task_id, worker=worker, context=context)
        wiring.commands().run(does, context=context)
    for text in ("one", "two"):
        context = stage.context("support")
        said = PostMessage(text=text, by_customer=False)
        says = partial(conversation.post, return_id=ret.return_id, command=said, context=context)
        wiring.commands().run(says, context=context)
    return [f"task/{task.task_id}", f"conversation/{ret.return_id}"]


def suspicious() -> set[str]:
    survey = Survey()
    for fact in Audit(core=wiring.core_table()).scan():
        survey.take(fact)
    survey.finish()
    return survey.subjects


def test_chains_that_are_whole_are_not_suspicious(subjects: list[str]) -> None:
    assert suspicious() == set()


@pytest.mark.parametrize("place", [0, 1], ids=["task", "conversation"])
def test_an_event_that_is_gone_is_missed(stage: Stage, subjects: list[str], place: int) -> None:
    kind, _, own = subjects[place].partition("/")
    key = {"pk": {"S": f"{kind.upper()}#{own}"}, "sk": {"S": "EVENT#00000002"}}
    stage.dynamodb.delete_item(TableName="core", Key=key)

    assert suspicious() == {subjects[place]}


def test_an_erased_message_leaves_a_whole_chain(stage: Stage, subjects: list[str]) -> None:
    messages = [
        item
        for item in wiring.core_table().query(f"RETURN#{subjects[1].partition('/')[2]}")
        if item["type"]["S"] == "MESSAGE"
    ]
    for item in messages:
        stage.dynamodb.delete_item(TableName="core", Key={"pk": item["pk"], "sk": item["sk"]})

    assert len(messages) == 2
    assert suspicious() == set()
