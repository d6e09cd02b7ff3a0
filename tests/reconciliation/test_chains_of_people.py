"""What people did with tasks, lists and returns is chained, and the chain is looked after."""

from datetime import timedelta
from functools import partial

import pytest

from chalicelib import wiring
from chalicelib.core.clock import rfc3339
from chalicelib.core.commands import Changes, Decided
from chalicelib.customers import lists
from chalicelib.policy import publishing, versions
from chalicelib.reconciliation.survey import Survey
from chalicelib.returns import conversation, delegating
from chalicelib.returns.conversation import PostMessage
from chalicelib.returns.delegating import Delegate
from chalicelib.store.audit import Audit
from chalicelib.tasks import working
from chalicelib.tasks.model import TaskKind, open_task
from chalicelib.tasks.working import Worker
from tests.policies import form
from tests.stage import Stage
from tests.story import Story


@pytest.fixture
def subjects(stage: Stage) -> list[str]:
    """A task taken and given back, messages, a customer on a list, a right lent: with chains."""
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
    for list_name in ("vip", "block"):
        context = stage.context("support")
        put = lists.PutOnList(list_name=list_name, reason="Known to us.")
        puts = partial(lists.put_on_list, customer_id="cus-1", command=put, context=context)
        wiring.commands().run(puts, context=context)
    context = stage.context("senior_reviewer")
    lends = Delegate(delegate="anna", ends_at=stage.now + timedelta(days=7), reason="On holiday.")
    lent = wiring.commands().run(lambda _: delegating.delegate(lends, context), context=context)
    ends = partial(delegating.end, delegation_id=lent.delegation_id, context=stage.context("admin"))
    wiring.commands().run(ends, context=stage.context("admin"))
    people = ["customer/cus-1", lent.subject, *terms(stage)]
    return [f"task/{task.task_id}", f"conversation/{ret.return_id}", *people]


def terms(stage: Stage) -> list[str]:
    """Two versions of a policy, drafted and published: the first of them, and their shelf."""
    for name, begins in (("own-1", stage.now), ("own-2", stage.now + timedelta(days=1))):
        document = form(name, policy="own", effective_from=rfc3339(begins))
        context = stage.context()
        drafts = partial(versions.draft, form=document, context=context)
        wiring.commands().run(drafts, context=context)
        context = stage.context()
        publishes = partial(publishing.publish, version_id=name, context=context)
        wiring.commands().run(publishes, context=context)
    return ["policy/own-1", "policyshelf/own"]


def suspicious() -> set[str]:
    survey = Survey()
    for fact in Audit(core=wiring.core_table()).scan():
        survey.take(fact)
    survey.finish()
    return survey.subjects


def test_chains_that_are_whole_are_not_suspicious(subjects: list[str]) -> None:
    assert suspicious() == set()


@pytest.mark.parametrize(
    "place",
    range(6),
    ids=["task", "conversation", "customer", "delegation", "policy", "shelf of a policy"],
)
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
