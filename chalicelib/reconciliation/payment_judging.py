"""What a difference with a provider's list belongs to, whether it is real, and its task of finance.

A task is opened once for a difference, whichever run finds it, and is not opened again after a
person finished it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import NotFound
from chalicelib.core.events import Context
from chalicelib.ledger.agreement import Difference, DifferenceKind, leg_of
from chalicelib.orders.model import Order
from chalicelib.orders.payment_lookup import PaymentReader
from chalicelib.reconciliation.model import Finding
from chalicelib.reconciliation.refunds import Unsettled, finding_of, judged
from chalicelib.returns.model import Return
from chalicelib.settlement.loading import SettlementReader, return_id_of, settlement_of
from chalicelib.settlement.model import Leg
from chalicelib.settlement.payments import known_payment
from chalicelib.settlement.ports import PaymentProvider, RefundOutcome
from chalicelib.tasks.model import Grounds, Task, TaskKind, open_task
from chalicelib.tasks.working import TaskReader

_TIMEOUT_S = 5.0
T = TypeVar("T")


class DifferenceReader(SettlementReader, PaymentReader, TaskReader, Protocol):
    """Reads what a refund belongs to, and whether its task is there already."""

    def order(self, order_no: str) -> Order | None: ...


class CommandRunner(Protocol):
    """Reads of this moment, and one decision as one transaction."""

    def reads(self) -> DifferenceReader: ...

    def run(self, decide: Callable[[DifferenceReader], Decided[T]], *, context: Context) -> T: ...


@dataclass(slots=True, kw_only=True)
class Judging:
    """Takes differences with one provider. `foreign` are refunds of payments of no order."""

    commands: CommandRunner
    provider: PaymentProvider
    context: Callable[[str], Context]
    findings: list[Finding] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)
    foreign: int = 0

    def take(self, found: Difference) -> None:
        """Look at it again; what is different is kept, and has a task."""
        ret, leg = self._named(found.key)
        if leg is None and found.theirs is not None:
            self._elsewhere(found)
            return
        real = judged(found, leg, self._ask)
        if isinstance(real, Unsettled):
            self.unsettled.append(real.key)
        elif real is not None:
            subject = f"return/{_return_of(found.key)}" if ret is None else ret.subject
            self._keep(real, subject, ret.warehouse if ret is not None else None)

    def _named(self, key: str | None) -> tuple[Return | None, Leg | None]:
        """The return and the leg that a key is of, whoever pays the leg now."""
        return_id = _return_of(key)
        if return_id is None or key is None:
            return None, None
        ret, _ = self.commands.reads().return_and_order(return_id)
        settlement = None if ret is None else settlement_of(ret, key.partition(":")[0])
        legs = settlement.legs if settlement is not None else ()
        return ret, next((leg for leg in legs if leg_of(leg.key) == leg_of(key)), None)

    def _ask(self, leg: Leg) -> RefundOutcome:
        return self.provider.find(leg.key, timeout_s=_TIMEOUT_S, provider_ref=leg.provider_ref)

    def _elsewhere(self, found: Difference) -> None:
        """Made outside of our returns: worth a look where an order has the payment and does not
        say that so much of it was refunded elsewhere."""
        assert found.theirs is not None, "what is elsewhere is in their list"
        reads = self.commands.reads()
        names = [found.payment, *sorted(found.also)]
        for known in reads.payments_of([(self.provider.name, name) for name in names]):
            order = None if known.order_no is None else reads.order(known.order_no)
            payment = None if order is None else known_payment(order, known.payment_id)
            if order is None or payment is None:
                continue
            is_known = (
                payment.refunded.currency == found.theirs.currency
                and found.theirs <= payment.refunded
            )
            if not is_known:
                real = judged(found, None, self._ask)
                assert isinstance(real, Difference), "no leg speaks for it"
                self._keep(real, order.subject, None)
            return
        self.foreign += 1

    def _keep(self, real: Difference, subject: str, warehouse: str | None) -> None:
        finding = finding_of(real, subject, self.provider.name)
        if finding in self.findings:
            return
        self.findings.append(finding)
        context = self.context(occasion_of(real, self.provider.name))
        task = open_task(
            TaskKind.PAYMENT,
            subject,
            occasion=occasion_of(real, self.provider.name),
            now=context.now,
            warehouse=warehouse,
            grounds=Grounds(reasons=(finding.kind,), amount=real.theirs or real.ours),
        )
        self.commands.run(lambda reads: opened_once(reads, task), context=context)


def occasion_of(real: Difference, provider: str) -> str:
    """The same for the same difference, whatever found it."""
    about = real.refund_id if real.kind in _OF_REFUND else real.key
    return f"{provider}-refund_{real.kind.value}-{about}"


_OF_REFUND = frozenset({DifferenceKind.EXTRA, DifferenceKind.DUPLICATE})
"""Of one payment or leg there may be several."""


def opened_once(reads: TaskReader, task: Task) -> Decided[Task]:
    """The task, as it is where it was opened before."""
    known = reads.task(task.task_id)
    if known is not None:
        return Decided(result=known)
    return Decided(result=task, changes=Changes(records=(task,)))


def _return_of(key: str | None) -> str | None:
    """The return whose settlement a key names; None for a key of another form."""
    try:
        return None if key is None else return_id_of(key.partition(":")[0])
    except NotFound:
        return None
