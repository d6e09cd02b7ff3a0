"""What an inspection finds out about units that were paid back before it.

Nothing is taken back and nothing given back by a rule: a person is told where goods are not worth
the refund, or where a fee was taken though the fault was not the customer's.
"""

from dataclasses import dataclass, field

from chalicelib.core import runs
from chalicelib.core.commands import Record
from chalicelib.core.events import Context, Journal
from chalicelib.core.runs import Runs
from chalicelib.returns.charging import NOT_THE_CUSTOMER, was_charged
from chalicelib.returns.facts import header
from chalicelib.returns.falling_due import questioned, refunded_early
from chalicelib.returns.model import FaultParty, Return
from chalicelib.returns.selection import facts_of
from chalicelib.tasks.model import Grounds, TaskKind, open_task

FEE_NOT_OWED = "fee_not_owed"
"""Why a person looks at a fee: an upheld appeal against the amount may give it back."""


@dataclass(slots=True)
class SeenLate:
    """Collects, group by group, what was refunded before; `before` is the return as it was then."""

    before: Return
    failed: dict[str, Runs] = field(default_factory=dict)
    faultless: dict[str, Runs] = field(default_factory=dict)

    def add(self, line_no: str, units: Runs, *, is_credited: bool, fault: FaultParty) -> None:
        """Units that an inspector saw alike."""
        part = refunded_early(self.before, {line_no: units}).get(line_no, ())
        if part and not is_credited:
            self.failed[line_no] = runs.merged((*self.failed.get(line_no, ()), *part))
        if part and fault in NOT_THE_CUSTOMER and was_charged(self.before, line_no, part):
            self.faultless[line_no] = runs.merged((*self.faultless.get(line_no, ()), *part))

    def told(self, ret: Return, journal: Journal, context: Context) -> tuple[Record, ...]:
        """The tasks of it; the journal tells why."""
        tasks = questioned(ret, self.failed, "failed", journal, context)
        lines = facts_of(ret, self.faultless)
        if not lines:
            return tasks
        journal.record("return.fee_questioned", {**header(ret), "lines": lines})
        task = open_task(
            TaskKind.PAYMENT,
            ret.subject,
            occasion=f"{FEE_NOT_OWED}-{context.command_id}",
            now=context.now,
            warehouse=ret.warehouse,
            grounds=Grounds(reasons=(FEE_NOT_OWED,)),
        )
        return (*tasks, task)
