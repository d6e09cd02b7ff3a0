"""Inspections of a return as they are told: first ones, second ones, proposals, accuracy."""

from collections.abc import Collection, Sequence
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.api.schemas.goods import Duration, InspectedGroupBody
from chalicelib.api.schemas.return_views import ReturnView
from chalicelib.contracts.fields import Day, Id, Label, Moment, MomentOut, MoneyOut, Strict, View
from chalicelib.core import runs
from chalicelib.inspection.accuracy import Accuracies, Accuracy
from chalicelib.inspection.proposing import Facts, Proposal
from chalicelib.inspection.reporting import superseded
from chalicelib.inspection.second import InspectAgain
from chalicelib.inspection.second_records import Comparison, SecondInspection, SecondOutcome
from chalicelib.inspection.weighing import Proposed
from chalicelib.inspection.words import reason_words
from chalicelib.returns.inspection_records import InspectedGroup, Inspection
from chalicelib.returns.model import Disposition, FaultParty, Grade, InspectionResult


class InspectedGroupView(View):
    """Units seen alike; `defects` also holds those that answers stand for."""

    line_no: str
    quantity: int
    units: str
    grade: Grade
    result: InspectionResult
    fault: FaultParty
    credited: bool
    defects: tuple[str, ...]
    checklist: dict[str, str]
    notes: str | None
    photos: tuple[str, ...]
    serials: tuple[str, ...]

    @classmethod
    def of(cls, group: InspectedGroup) -> Self:
        return cls(
            line_no=group.line_no,
            quantity=group.quantity,
            units=runs.as_text(group.units),
            grade=group.grade,
            result=group.result,
            fault=group.fault,
            credited=group.credit,
            defects=group.defects,
            checklist=group.checklist,
            notes=group.notes,
            photos=group.photos,
            serials=group.serials,
        )


class ComparisonView(View):
    """Of `units` seen twice, how many agree in everything, and in each thing alone."""

    units: int
    agreed: int
    grade: int
    result: int
    fault: int
    defects: int

    @classmethod
    def of(cls, one: Comparison) -> Self:
        return cls(
            units=one.units,
            agreed=one.agreed,
            grade=one.grade,
            result=one.result,
            fault=one.fault,
            defects=one.defects,
        )


class SecondInspectionView(View):
    """What a second inspector found, and how far it agrees with the first."""

    inspection_id: str
    outcome: SecondOutcome
    seen_at: MomentOut
    first_by: str
    second_by: str
    comparison: ComparisonView
    groups: tuple[InspectedGroupView, ...]
    checklists: dict[str, str]
    duration_s: int | None
    reason: str | None

    @classmethod
    def of(cls, one: SecondInspection) -> Self:
        return cls(
            inspection_id=one.inspection_id,
            outcome=one.outcome,
            seen_at=one.seen_at,
            first_by=one.first_by,
            second_by=one.second_by,
            comparison=ComparisonView.of(one.comparison),
            groups=tuple(InspectedGroupView.of(group) for group in one.groups),
            checklists=one.checklist_version,
            duration_s=one.duration_s,
            reason=one.reason,
        )


class InspectionView(View):
    """One inspection. `superseded` says how many of its units later ones have inspected again.

    `checklists` names the list of each line, such as electronics@3. `is_hidden`: the caller may be
    asked to look at these units again, and is not told what was found.
    """

    inspection_id: str
    inspected_at: MomentOut
    inspected_by: str
    started_at: MomentOut | None
    duration_s: int | None
    checklists: dict[str, str]
    groups: tuple[InspectedGroupView, ...]
    superseded: dict[str, int]
    is_second_open: bool
    is_hidden: bool
    second: SecondInspectionView | None

    @classmethod
    def of_all(
        cls,
        inspections: Sequence[Inspection],
        seconds: Sequence[SecondInspection],
        *,
        still_open: Collection[str],
        hidden: Collection[str],
    ) -> tuple[Self, ...]:
        done = {one.inspection_id: one for one in seconds}
        return tuple(
            cls(
                inspection_id=one.inspection_id,
                inspected_at=one.inspected_at,
                inspected_by=one.inspected_by,
                started_at=one.started_at,
                duration_s=one.duration_s,
                checklists=one.checklist_version,
                groups=()
                if one.inspection_id in hidden
                else tuple(InspectedGroupView.of(group) for group in one.groups),
                superseded=superseded(inspections, one),
                is_second_open=one.inspection_id in still_open,
                is_hidden=one.inspection_id in hidden,
                second=SecondInspectionView.of(done[one.inspection_id])
                if one.inspection_id in done
                else None,
            )
            for one in inspections
        )


class InspectionsView(View):
    """All inspections of a return, the oldest first; nothing of them is ever changed."""

    items: tuple[InspectionView, ...]


class ReasonWordsView(View):
    code: str
    words: dict[str, str]


class ProposalView(View):
    """One way that goods might go; `brings` is what a unit is expected to bring on it."""

    disposition: Disposition
    brings: MoneyOut | None
    reasons: tuple[ReasonWordsView, ...]

    @classmethod
    def of(cls, one: Proposal, facts: Facts) -> Self:
        return cls(
            disposition=one.disposition,
            brings=one.brings,
            reasons=tuple(
                ReasonWordsView(code=code, words=reason_words(code, facts.figures))
                for code in one.reasons
            ),
        )


class ProposalFactsView(View):
    """What is known of these units; null: not known. Costs and values are of one unit.

    `on_hand` can be sold where the units lie, and `sold` were within the last `sold_days` days.
    """

    unit_cost: MoneyOut | None
    unit_price: MoneyOut | None
    repack_cost: MoneyOut | None
    repair_cost: MoneyOut | None
    refurbish_cost: MoneyOut | None
    on_hand: int | None
    sold: int | None
    sold_days: int | None
    expires_on: Day | None

    @classmethod
    def of(cls, facts: Facts) -> Self:
        return cls(
            unit_cost=facts.unit_cost,
            unit_price=facts.unit_price,
            repack_cost=facts.repack_cost,
            repair_cost=facts.repair_cost,
            refurbish_cost=facts.refurbish_cost,
            on_hand=facts.on_hand,
            sold=facts.sold,
            sold_days=facts.sold_days,
            expires_on=facts.expires_on,
        )


class ProposedView(View):
    """Units that stand alike, and the ways that are open to them, the best first."""

    line_no: str
    units: str
    quantity: int
    grade: Grade
    defects: tuple[str, ...]
    waits_for_second_look: bool
    proposals: tuple[ProposalView, ...]
    facts: ProposalFactsView

    @classmethod
    def of(cls, one: Proposed, *, waits: bool) -> Self:
        return cls(
            line_no=one.line_no,
            units=runs.as_text(one.units),
            quantity=runs.size(one.units),
            grade=one.facts.grade,
            defects=one.facts.defects,
            waits_for_second_look=waits,
            proposals=tuple(ProposalView.of(proposal, one.facts) for proposal in one.proposals),
            facts=ProposalFactsView.of(one.facts),
        )


class ProposalsView(View):
    """Where inspected units might go; a person decides, and may decide otherwise."""

    items: tuple[ProposedView, ...]
    rules_version: int


class InspectedReturnView(ReturnView):
    """The return after an inspection, with where its units might go."""

    inspection_id: str
    proposals: tuple[ProposedView, ...]


class SecondInspectionBody(Strict):
    """What a second inspector saw of exactly the units that wait; or why nobody can see them."""

    inspection_id: Id
    groups: Annotated[tuple[InspectedGroupBody, ...], Field(max_length=100)] = ()
    started_at: Moment | None = None
    duration_s: Duration | None = None
    gone_because: Label | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if bool(self.groups) == (self.gone_because is not None):
            raise PydanticCustomError("groups_or_gone", "Give either groups or gone_because")
        return self

    def to_domain(self) -> InspectAgain:
        return InspectAgain(
            inspection_id=self.inspection_id,
            groups=tuple(group.to_domain() for group in self.groups),
            started_at=self.started_at,
            duration_s=self.duration_s,
            gone_because=self.gone_because,
        )


class AccuracyQuery(Strict):
    """`from` is included, `to` is not; days are counted in UTC."""

    since: Moment = Field(alias="from")
    until: Moment = Field(alias="to")

    @model_validator(mode="after")
    def _is_a_period(self) -> Self:
        if self.until <= self.since:
            raise PydanticCustomError("period", "`to` should be after `from`")
        return self


class AccuracyView(View):
    """One inspector. Shares and kappa are decimals; null where nothing was looked at twice.

    `low` and `high` bound `agreed_share` with 95 % (Wilson). `kappa` is of the grades, weighted by
    how far they differ.
    """

    inspector: str
    inspections: int
    inspected_units: int
    sampled: int
    sampled_units: int
    agreed_units: int
    agreed_on: dict[str, int]
    agreed_share: str | None
    low: str | None
    high: str | None
    kappa: str | None
    median_duration_s: int | None

    @classmethod
    def of(cls, one: Accuracy) -> Self:
        return cls(
            inspector=one.inspector,
            inspections=one.inspections,
            inspected_units=one.inspected_units,
            sampled=one.sampled,
            sampled_units=one.sampled_units,
            agreed_units=one.agreed_units,
            agreed_on=one.agreed_on,
            agreed_share=None if one.share is None else str(one.share),
            low=None if one.low is None else str(one.low),
            high=None if one.high is None else str(one.high),
            kappa=None if one.kappa is None else str(one.kappa),
            median_duration_s=one.median_duration_s,
        )


class AccuraciesView(View):
    """What happened at or after `complete_until` may be missing."""

    items: tuple[AccuracyView, ...]
    complete_until: MomentOut | None

    @classmethod
    def of(cls, found: Accuracies) -> Self:
        items = tuple(AccuracyView.of(one) for one in found.items)
        return cls(items=items, complete_until=found.complete_until)
