"""Drafting what a campaign found: one return for each order, from the list that was shown.

A draft is named after campaign and order, so an order is drafted once however often a worker dies
or drafting is ordered. What was taken back meanwhile is left out; an order that nothing can be
drafted for is listed with its reason, and the rest goes on.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol, TypeVar

from chalicelib.campaigns import service
from chalicelib.campaigns.model import (
    Campaign,
    CampaignState,
    Drafted,
    draft_prefix,
    reject_prefix,
)
from chalicelib.campaigns.scoping import HEADER, KEEP_EVERY_S, campaign_id_of
from chalicelib.campaigns.service import CampaignReader
from chalicelib.campaigns.sheets import GrowingSheet, ReportFiles, rows_of
from chalicelib.core import runs
from chalicelib.core.commands import Decided
from chalicelib.core.errors import Conflict, DomainError, NotFound, TransientError
from chalicelib.core.events import Actor, Context, Json
from chalicelib.core.ids import derived_id
from chalicelib.core.runs import Run as UnitRun
from chalicelib.core.runs import Runs
from chalicelib.exchanges.ports import ApprovalReader
from chalicelib.jobs.running import Outcome, Run, Succeeded, Unfinished
from chalicelib.orders import returnable
from chalicelib.returns import requesting
from chalicelib.returns.model import Return
from chalicelib.returns.wishes import RequestedLine, RequestReturn

T = TypeVar("T")
DRAFT_HEADER = ("order_no", "customer_id", "return_id", "number", "units")
REJECT_HEADER = ("order_no", "customer_id", "error_code", "error_message")


class DraftingReader(CampaignReader, ApprovalReader, Protocol):
    """Reads what drafts are decided on, consistently."""


class DraftingRunner(Protocol):
    """Runs one decision as one transaction; reads for what is only asked."""

    def run(self, decide: Callable[[DraftingReader], Decided[T]], *, context: Context) -> T: ...

    def reads(self) -> DraftingReader: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundOrder:
    """What the list says of one order: the units to be called back, by line."""

    order_no: str
    customer_id: str
    units: dict[str, Runs]


def draft_order(
    reads: DraftingReader, campaign: Campaign, found: FoundOrder, context: Context
) -> Decided[Return]:
    """The draft for one order, with what is still left of what was found."""
    drafted = reads.return_(derived_id("ret", context.command_id))
    if drafted is not None:
        return Decided(result=drafted)
    order = reads.order(found.order_no)
    if order is None:
        raise NotFound("order_not_found", f"There is no order {found.order_no}.")
    lines = []
    for line in order.lines:
        wanted = found.units.get(line.line_no, ())
        left = runs.common(wanted, returnable.free(order, line))
        if left:
            lines.append(
                RequestedLine(
                    order_line_no=line.line_no,
                    quantity=runs.size(left),
                    among=left,
                    reason=campaign.reason,
                    note=campaign.title,
                )
            )
    if not lines:
        raise Conflict(
            "nothing_left_to_call_back",
            f"All units of order {found.order_no} that were found are in other documents now.",
            order_no=found.order_no,
        )
    request = RequestReturn(
        order_no=found.order_no,
        lines=tuple(lines),
        type=campaign.type.return_type,
        method=campaign.method,
        warehouse=campaign.warehouse,
        documents=campaign.documents,
        campaign_id=campaign.campaign_id,
        submit=False,
        answers_due=False,
    )
    return requesting.create(reads, request, context)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafting:
    """Handler of jobs that draft for a campaign."""

    commands: DraftingRunner
    files: ReportFiles
    keep_every_s: float = KEEP_EVERY_S

    def __call__(self, run: Run) -> Outcome:
        campaign = service.known(self.commands.reads(), campaign_id_of(run))
        if campaign.state is CampaignState.DRAFTING and campaign.job_id == run.job.job_id:
            work = _Work(self, run, campaign)
            if not work.through():
                return Unfinished()
            campaign = self._reported(run, campaign, work)
        return Succeeded(result=_result(campaign, run.job.job_id))

    def _reported(self, run: Run, campaign: Campaign, work: "_Work") -> Campaign:
        context = run.context("drafted")
        return self.commands.run(
            lambda reads: service.drafted(
                reads,
                campaign.campaign_id,
                work.done(),
                job_id=run.job.job_id,
                draft_parts=work.drafts.parts,
                reject_parts=work.rejects.parts,
                context=context,
            ),
            context=context,
        )


class _Work:
    """One walk through the list of what was found. `part` and `place` say how far it is."""

    def __init__(self, handler: Drafting, run: Run, campaign: Campaign) -> None:
        self.handler = handler
        self.run = run
        self.campaign = campaign
        told = run.job.checkpoint
        self.part, self.place = _number(told, "part") or 1, _number(told, "place")
        self.passed, self.returns = _number(told, "passed"), _number(told, "returns")
        self.units, self.rejected = _number(told, "units"), _number(told, "rejected")
        job_id = run.job.job_id
        self.drafts = GrowingSheet(
            files=handler.files,
            prefix=draft_prefix(campaign.campaign_id, job_id),
            header=DRAFT_HEADER,
        )
        self.rejects = GrowingSheet(
            files=handler.files, prefix=reject_prefix(job_id), header=REJECT_HEADER
        )
        self.drafts.restore(told.get("drafts"))
        self.rejects.restore(told.get("rejects"))
        self._kept: dict[str, Json] = dict(told)
        self._kept_at = run.monotonic()

    @property
    def total(self) -> int:
        return self.campaign.scope.orders if self.campaign.scope is not None else 0

    def done(self) -> Drafted:
        return Drafted(returns=self.returns, units=self.units, rejected=self.rejected)

    def through(self) -> bool:
        """False where time ran out before the end."""
        while self.part <= self.campaign.scope_parts:
            rows = rows_of(self.handler.files, self.campaign.scope_key(self.part))
            for place, found in enumerate(_orders(rows), start=1):
                if place <= self.place:
                    continue
                if found.units:
                    self._draft(found)
                self.place = place
                self.passed += 1
                if self.run.time_is_up:
                    self.run.save(self.passed, self.total, self._keep())
                    return False
                self.run.progress(self.passed, self.total, self._noted)
            self.part, self.place = self.part + 1, 0
        self.run.save(self.passed, self.total, self._keep())
        return True

    def _draft(self, found: FoundOrder) -> None:
        context = self._context(found.order_no)
        try:
            ret = self.handler.commands.run(
                lambda reads: draft_order(reads, self.campaign, found, context), context=context
            )
        except TransientError:
            raise
        except DomainError as error:
            self.rejected += 1
            self.rejects.add([(found.order_no, found.customer_id, error.code, error.message)])
            return
        units = sum(line.requested for line in ret.lines)
        self.returns += 1
        self.units += units
        self.drafts.add(
            [(found.order_no, found.customer_id, ret.return_id, ret.number, str(units))]
        )

    def _context(self, order_no: str) -> Context:
        """The same command for the same order, in the name of who ordered the drafts."""
        job = self.run.job
        return Context(
            actor=Actor(id=job.created_by, role=job.created_role),
            now=self.run.clock(),
            command_id=derived_id("cmd", self.campaign.campaign_id, order_no),
            correlation_id=job.correlation_id,
        )

    def _noted(self) -> dict[str, Json]:
        if self.run.monotonic() - self._kept_at >= self.handler.keep_every_s:
            return self._keep()
        return self._kept

    def _keep(self) -> dict[str, Json]:
        self._kept = {
            "part": self.part,
            "place": self.place,
            "passed": self.passed,
            "returns": self.returns,
            "units": self.units,
            "rejected": self.rejected,
            "drafts": self.drafts.keep(),
            "rejects": self.rejects.keep(),
        }
        self._kept_at = self.run.monotonic()
        return self._kept


def _orders(rows: Iterator[list[str]]) -> Iterator[FoundOrder]:
    """The rows of the list order by order, as they stand next to each other."""
    for order_no, own in groupby((dict(zip(HEADER, row, strict=True)) for row in rows), _order_no):
        units: dict[str, list[UnitRun]] = {}
        customer_id = ""
        for row in own:
            customer_id = row["customer_id"]
            if row["units"]:
                units.setdefault(row["line_no"], []).extend(_runs_of(row["units"]))
        yield FoundOrder(
            order_no=order_no,
            customer_id=customer_id,
            units={line_no: runs.merged(own_units) for line_no, own_units in units.items()},
        )


def _order_no(row: dict[str, str]) -> str:
    return row["order_no"]


def _runs_of(text: str) -> Iterator[UnitRun]:
    """`1-3,7`, as runs.as_text writes it."""
    for part in text.split(","):
        first, _, last = part.partition("-")
        yield UnitRun(int(first), int(last or first) - int(first) + 1)


def _number(told: dict[str, Json], name: str) -> int:
    value = told.get(name)
    return value if isinstance(value, int) else 0


def _result(campaign: Campaign, job_id: str) -> dict[str, Json]:
    """Of a campaign that was cancelled, or is drafted by another job now, nothing is told."""
    is_ours = campaign.job_id == job_id
    done = campaign.drafted if is_ours and campaign.drafted is not None else Drafted()
    return {
        "campaign_id": campaign.campaign_id,
        **service.drafted_facts(done),
        "csv_key": campaign.draft_key(1) if is_ours and campaign.draft_parts else None,
        "rejects_key": campaign.reject_key(1) if is_ours and campaign.reject_parts else None,
    }
