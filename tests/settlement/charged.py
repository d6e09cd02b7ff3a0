"""A shop whose orders are sold under a policy of the test's own."""

from typing import Any

from chalicelib.core.money import Money
from chalicelib.orders.model import Order
from chalicelib.policy.fees import Fee, FeeKind
from chalicelib.returns.model import FaultParty, Return
from chalicelib.settlement.model import Settlement
from chalicelib.tasks.model import Task
from tests.builders import Shop, item, line, order, passed
from tests.fakes import FakeStore
from tests.policies import form, publish, rule

POLICY = "of-the-test"


def euro(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


def under(shop: Shop, *rules: dict[str, Any], **all_lines: Any) -> None:
    """Publish a policy; `all_lines` is what it states of every line, with no limit of time."""
    store = shop.store
    assert isinstance(store, FakeStore)
    always = rule("always", **({"window": {"days": None}} | all_lines))
    publish(store, form(POLICY, *rules, always))


def sells(shop: Shop, *lines: Any, **more: Any) -> Order:
    fields = {"policy_version": POLICY} | more
    return shop.sells(order(*(lines or (line(quantity=3),)), **fields))


def comes(
    shop: Shop, ret: Return, quantity: int = 1, no: str = "1", fault: FaultParty | None = None
) -> None:
    """Received and passed."""
    shop.receives(ret, item(f"SKU-{no}", quantity))
    shop.inspects(ret, passed(quantity, no, fault=fault or FaultParty.NONE))


def settled(shop: Shop, ret: Return) -> Settlement:
    """What is owed now, paid."""
    shop.settles(ret)
    return shop.settlement(ret)


def told(fees: tuple[Fee, ...]) -> list[tuple[FeeKind, str | None, int]]:
    return [(fee.kind, fee.line_no, fee.amount.minor) for fee in fees]


def paid(ret: Return) -> Money:
    """Over all its settlements."""
    return Money.total((one.amount for one in ret.settlements), ret.currency)


def tasks(shop: Shop, reason: str) -> list[Task]:
    """The tasks that are there for this reason."""
    store = shop.store
    assert isinstance(store, FakeStore)
    found = (record for record in store.records.values() if isinstance(record, Task))
    return [task for task in found if reason in task.reasons]


def events(shop: Shop, ret: Return) -> list[str]:
    return [event.type for event in shop.store.reads().events(ret.subject)]
