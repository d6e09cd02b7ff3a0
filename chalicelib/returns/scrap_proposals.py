"""Goods that one person wants written off, and a second one has to agree.

Until somebody decides, the units are on hold, and nothing else may move them. Whoever proposed it
never decides; declined, they are on hold as any others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, NotFound, Stale
from chalicelib.core.events import Chain, Context, Event, Journal, Json
from chalicelib.core.ids import derived_id
from chalicelib.core.money import Money
from chalicelib.core.runs import Runs
from chalicelib.inventory.model import Account, Transfer
from chalicelib.returns.closing import closed_if_complete
from chalicelib.returns.disposition_records import DisposedItem, DisposedUnits, DispositionRecord
from chalicelib.returns.facts import header, line_facts, money
from chalicelib.returns.inspecting import disposition_movement, transfers_between
from chalicelib.returns.model import Disposition, Return
from chalicelib.returns.scrapping import (
    Proof,
    check_proof,
    cost_facts,
    kind_for,
    proves,
    sums_of,
)
from chalicelib.returns.units import move
from chalicelib.tasks.model import Grounds, Task, TaskKind, finished, open_task

OUTSIDE = {Disposition.SCRAP: Account.SCRAPPED, Disposition.DONATE: Account.DONATED}


class ProposalState(StrEnum):
    OPEN = "OPEN"
    APPROVED = "APPROVED"
    DECLINED = "DECLINED"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedUnits:
    """Units of one line that shall go one way, and what they are worth to us.

    `is_lost`: nobody has them; as scrap that nobody saw.
    """

    line_no: str
    units: Runs
    disposition: Disposition
    worth: Money
    proof: Proof | None = None
    is_lost: bool = False

    @property
    def account(self) -> Account:
        """Where they are once a second person agreed."""
        return Account.MISSING if self.is_lost else OUTSIDE[self.disposition]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrapProposal:
    """`note` are words of who decided. `source` is the document that the units came from."""

    proposal_id: str
    return_id: str
    warehouse: str
    parts: tuple[ProposedUnits, ...]
    proposed_at: datetime
    proposed_by: str
    source: str | None = None
    state: ProposalState = ProposalState.OPEN
    decided_at: datetime | None = None
    decided_by: str | None = None
    note: str | None = None
    movement_id: str | None = None
    version: int = 1
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return f"scrap/{self.proposal_id}"

    @property
    def worth(self) -> tuple[Money, ...]:
        """All of it, an amount for each currency."""
        sums = sums_of(part.worth for part in self.parts)
        return tuple(Money(minor, currency) for currency, minor in sorted(sums.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideScrap:
    """The second person's word; `proof` goes with all that is approved, where it is given."""

    is_approved: bool
    note: str | None = None
    proof: Proof | None = None


class ProposalReader(Protocol):
    """Reads a proposal, the return that it is about, and the task that asks for a decision."""

    def scrap_proposal(
        self, proposal_id: str
    ) -> tuple[ScrapProposal | None, Return | None, Task | None]: ...


def proposed(
    ret: Return,
    parts: Sequence[ProposedUnits],
    context: Context,
    *,
    source: str | None = None,
) -> tuple[Return, list[Transfer], list[Record], list[Event]]:
    """The return with these units on hold for a new proposal; the transfers that take them there,
    the proposal with its task, and its first event. Whoever calls it writes all of that.
    """
    proposal_id = derived_id("scr", context.command_id, ret.return_id)
    proposal = ScrapProposal(
        proposal_id=proposal_id,
        return_id=ret.return_id,
        warehouse=min(places_of(ret, parts[:1])),
        parts=tuple(parts),
        proposed_at=context.now,
        proposed_by=context.actor.id,
        source=source,
    )
    transfers: list[Transfer] = []
    for part in parts:
        line = ret.line(part.line_no)
        assert line is not None, "units are of a line"
        transfers.extend(transfers_between(line, part.units, Account.QUARANTINE))
        held = {"disposition": Disposition.HOLD, "account": Account.QUARANTINE}
        ret = ret.with_line(move(line, part.units, **held, held_by=proposal.subject))
    task = open_task(
        TaskKind.SCRAP_APPROVAL,
        proposal.subject,
        occasion="proposed",
        now=context.now,
        warehouse=proposal.warehouse,
        grounds=Grounds(
            reasons=tuple(sorted({part.disposition.value for part in parts})),
            amount=max(proposal.worth, key=lambda worth: worth.minor),
        ),
    )
    journal = Journal(proposal.subject, proposal.chain, context)
    journal.record("scrap.proposed", facts_of(proposal))
    proposal = replace(proposal, chain=journal.chain)
    return ret, transfers, [proposal, task], list(journal.events)


def decide_scrap(
    reads: ProposalReader, proposal_id: str, command: DecideScrap, context: Context
) -> Decided[ScrapProposal]:
    """Approve or decline; raises Conflict `same_person` for who proposed it, and
    `proposal_decided` where somebody decided before.
    """
    proposal, ret, task = reads.scrap_proposal(proposal_id)
    proposal = _found(proposal, proposal_id, context)
    assert ret is not None, "a proposal is about a return"
    if proposal.state is not ProposalState.OPEN:
        raise Conflict(
            "proposal_decided",
            f"It was {proposal.state.value.lower()} before.",
            state=proposal.state.value,
        )
    if proposal.proposed_by == context.actor.id:
        raise Conflict(
            "same_person", "Somebody else has to agree: you proposed it.", pair="proposer-approver"
        )
    proposal = replace(
        proposal,
        state=ProposalState.APPROVED if command.is_approved else ProposalState.DECLINED,
        decided_at=context.now,
        decided_by=context.actor.id,
        note=command.note,
        parts=_with_proof(proposal.parts, command.proof if command.is_approved else None),
        version=proposal.version + 1,
    )
    act = _written_off if command.is_approved else _given_back
    changes, movement_id = act(ret, proposal, context)
    proposal = replace(proposal, movement_id=movement_id)
    journal = Journal(proposal.subject, proposal.chain, context)
    journal.record(f"scrap.{proposal.state.value.lower()}", facts_of(proposal))
    proposal = replace(proposal, chain=journal.chain)
    records: list[Record] = [proposal]
    if task is not None:
        records.append(finished(task, by=context.actor.id, now=context.now))
    own = Changes(records=tuple(records), events=tuple(journal.events))
    return Decided(result=proposal, changes=changes + own)


def _found(proposal: ScrapProposal | None, proposal_id: str, context: Context) -> ScrapProposal:
    if proposal is None:
        raise NotFound("scrap_proposal_not_found", f"There is no proposal {proposal_id}.")
    if context.expected_version not in (None, proposal.version):
        raise Stale(
            "stale_version",
            f"The proposal is at version {proposal.version}, not {context.expected_version}.",
            subject=proposal.subject,
            expected=context.expected_version,
            actual=proposal.version,
        )
    return proposal


def _with_proof(parts: tuple[ProposedUnits, ...], proof: Proof | None) -> tuple[ProposedUnits, ...]:
    """Beside what was shown when it was proposed; each part with what proves its own way."""
    if proof is None:
        return parts
    if not any(proves(proof, part.disposition) for part in parts):
        check_proof(parts[0].disposition, proof, "/proof")
    return tuple(
        replace(part, proof=proof.beside(part.proof)) if proves(proof, part.disposition) else part
        for part in parts
    )


def _written_off(
    ret: Return, proposal: ScrapProposal, context: Context
) -> tuple[Changes, str | None]:
    """The units leave the stock, as proposed."""
    transfers: list[Transfer] = []
    lines: list[Json] = []
    for part in proposal.parts:
        line = ret.line(part.line_no)
        assert line is not None, "units are of a line"
        transfers.extend(transfers_between(line, part.units, part.account))
        lines.append(
            line_facts(
                line,
                part.units,
                disposition=part.disposition.value,
                origin=Disposition.HOLD.value,
                **cost_facts(line, part.units, part.proof),
            )
        )
        gone = {"disposition": part.disposition, "account": part.account, "held_by": None}
        ret = ret.with_line(move(line, part.units, **gone))
    kind = kind_for(part.disposition for part in proposal.parts)
    movement = disposition_movement(ret, transfers, context, "scrap", kind)
    assert movement is not None, "what is on hold lies with us"
    ret = replace(ret, version=ret.version + 1, updated_at=context.now)
    record = DispositionRecord(
        disposition_id=derived_id("dsp", context.command_id),
        return_id=ret.return_id,
        decided_at=context.now,
        decided_by=context.actor.id,
        items=tuple(_item(part) for part in proposal.parts),
        movement_id=movement.movement_id,
        units=tuple(_units(part) for part in proposal.parts),
        proposal_id=proposal.proposal_id,
    )
    journal = Journal(ret.subject, ret.chain, context)
    journal.record(
        "return.dispositioned",
        {
            **header(ret),
            "disposition_id": record.disposition_id,
            "movement_id": movement.movement_id,
            "proposal_id": proposal.proposal_id,
            "lines": lines,
        },
    )
    ret = closed_if_complete(ret, journal)
    records: tuple[Record, ...] = (ret, record, movement)
    return Changes(records=records, events=tuple(journal.events)), movement.movement_id


def _given_back(
    ret: Return, proposal: ScrapProposal, context: Context
) -> tuple[Changes, str | None]:
    """The units are on hold as any others: nothing moves."""
    lines: list[Json] = []
    for part in proposal.parts:
        line = ret.line(part.line_no)
        assert line is not None, "units are of a line"
        lines.append(line_facts(line, part.units, proposed=part.disposition.value))
        ret = ret.with_line(move(line, part.units, held_by=None))
    ret = replace(ret, version=ret.version + 1, updated_at=context.now)
    journal = Journal(ret.subject, ret.chain, context)
    facts: dict[str, Json] = {"proposal_id": proposal.proposal_id, "lines": lines}
    journal.record("return.scrap_declined", {**header(ret), **facts})
    ret = replace(ret, chain=journal.chain)
    return Changes(records=(ret,), events=tuple(journal.events)), None


def _item(part: ProposedUnits) -> DisposedItem:
    return DisposedItem(
        line_no=part.line_no,
        quantity=runs.size(part.units),
        disposition=part.disposition,
        origin=Disposition.HOLD,
        proof=part.proof,
    )


def _units(part: ProposedUnits) -> DisposedUnits:
    return DisposedUnits(line_no=part.line_no, units=part.units, disposition=part.disposition)


def places_of(ret: Return, parts: Sequence[ProposedUnits]) -> set[str]:
    """The warehouses in which these units lie."""
    return {
        group.warehouse
        for part in parts
        for line in ret.lines
        if line.line_no == part.line_no
        for group in line.groups
        if group.warehouse is not None and runs.common(group.units, part.units)
    }


def facts_of(proposal: ScrapProposal) -> dict[str, Json]:
    """References, quantities and money; never a note that a person wrote."""
    return {
        "proposal_id": proposal.proposal_id,
        "return_id": proposal.return_id,
        "warehouse": proposal.warehouse,
        "state": proposal.state.value,
        "proposed_by": proposal.proposed_by,
        "document": proposal.source,
        "worth": [money(worth) for worth in proposal.worth],
        "movement_id": proposal.movement_id,
        "lines": [
            {
                "line_no": part.line_no,
                "quantity": runs.size(part.units),
                "units": runs.as_text(part.units),
                "disposition": part.disposition.value,
                "is_lost": part.is_lost,
                "worth": money(part.worth),
            }
            for part in proposal.parts
        ],
    }
