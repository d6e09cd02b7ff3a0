"""The rules of inspection as they are changed and shown: samples, and figures of proposals."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints

from chalicelib.api.schemas.checklists import Percent, parts_of, percent_of
from chalicelib.contracts.fields import (
    Code,
    Label,
    MomentOut,
    MoneyOut,
    Price,
    Strict,
    View,
    Word,
)
from chalicelib.inspection.costs import WORK_COSTS_MAX, WorkCost
from chalicelib.inspection.demand import DAYS_MAX, DAYS_MIN
from chalicelib.inspection.rules import InspectionRules, Sampling, Thresholds
from chalicelib.returns.model import Grade


class SamplingBody(Strict):
    """Which inspections a second inspector repeats unseen."""

    share_percent: Percent = "0"
    first_of_new: Annotated[int, Field(ge=0, le=1_000)] = 0
    seed: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")] = "1"


Days = Annotated[int, Field(ge=0, le=3_650)]
Defects = Annotated[tuple[Word, ...], Field(max_length=100)]


class WorkCostBody(Strict):
    """What work on one unit costs: of a SKU, of a category, or with neither of any goods.

    What is nearer to the goods counts; what is left out is not stated here.
    """

    sku: Code | None = None
    category: Label | None = None
    repack: Price | None = None
    repair: Price | None = None
    refurbish: Price | None = None

    def to_domain(self) -> WorkCost:
        return WorkCost(
            sku=self.sku,
            category=self.category,
            repack=self.repack.to_domain() if self.repack is not None else None,
            repair=self.repair.to_domain() if self.repair is not None else None,
            refurbish=self.refurbish.to_domain() if self.refurbish is not None else None,
        )


class ThresholdsBody(Strict):
    """The table that proposals are made by; what is left out is as it comes with the product."""

    restock_grades: Annotated[tuple[Grade, ...], Field(max_length=4)] = (Grade.A, Grade.B)
    repack_defects: Defects = Thresholds().repack_defects
    never_sold: Defects = Thresholds().never_sold
    resale_percent: dict[Grade, Percent] = Field(
        default_factory=lambda: {
            Grade(grade): percent_of(parts) for grade, parts in Thresholds().resale.items()
        }
    )
    repair_at_most_percent: Percent = percent_of(Thresholds().repair_at_most)
    rtv_from_percent: Percent = percent_of(Thresholds().rtv_from)
    scrap_below_percent: Percent = percent_of(Thresholds().scrap_below)
    expiry_days: Days = Thresholds().expiry_days
    donate_expiry_days: Days = Thresholds().donate_expiry_days
    slow_days: Days = Thresholds().slow_days
    demand_days: Annotated[int, Field(ge=DAYS_MIN, le=DAYS_MAX)] = Thresholds().demand_days
    work_costs: Annotated[tuple[WorkCostBody, ...], Field(max_length=WORK_COSTS_MAX)] = ()

    def to_domain(self) -> Thresholds:
        return Thresholds(
            restock_grades=tuple(grade.value for grade in self.restock_grades),
            repack_defects=self.repack_defects,
            never_sold=self.never_sold,
            resale={grade.value: parts_of(p) for grade, p in self.resale_percent.items()},
            repair_at_most=parts_of(self.repair_at_most_percent),
            rtv_from=parts_of(self.rtv_from_percent),
            scrap_below=parts_of(self.scrap_below_percent),
            expiry_days=self.expiry_days,
            donate_expiry_days=self.donate_expiry_days,
            slow_days=self.slow_days,
            demand_days=self.demand_days,
            work_costs=tuple(one.to_domain() for one in self.work_costs),
        )


class InspectionRulesBody(Strict):
    """The rules as they are to be; what is left out is as it comes with the product."""

    second_inspections: SamplingBody = Field(default_factory=SamplingBody)
    proposals: ThresholdsBody = Field(default_factory=ThresholdsBody)

    def sampling(self) -> Sampling:
        told = self.second_inspections
        return Sampling(
            share=parts_of(told.share_percent), first_of_new=told.first_of_new, seed=told.seed
        )


class SamplingView(View):
    share_percent: str
    first_of_new: int
    seed: str


class WorkCostView(View):
    sku: str | None
    category: str | None
    repack: MoneyOut | None
    repair: MoneyOut | None
    refurbish: MoneyOut | None

    @classmethod
    def of(cls, one: WorkCost) -> Self:
        return cls(
            sku=one.sku,
            category=one.category,
            repack=one.repack,
            repair=one.repair,
            refurbish=one.refurbish,
        )


class ThresholdsView(View):
    restock_grades: tuple[str, ...]
    repack_defects: tuple[str, ...]
    never_sold: tuple[str, ...]
    resale_percent: dict[str, str]
    repair_at_most_percent: str
    rtv_from_percent: str
    scrap_below_percent: str
    expiry_days: int
    donate_expiry_days: int
    slow_days: int
    demand_days: int
    work_costs: tuple[WorkCostView, ...]


class InspectionRulesView(View):
    """One version of the rules; the first comes with the product."""

    version: int
    second_inspections: SamplingView
    proposals: ThresholdsView
    changed_at: MomentOut | None
    changed_by: str | None

    @classmethod
    def of(cls, rules: InspectionRules) -> Self:
        sampling, table = rules.sampling, rules.thresholds
        return cls(
            version=rules.edition,
            second_inspections=SamplingView(
                share_percent=percent_of(sampling.share),
                first_of_new=sampling.first_of_new,
                seed=sampling.seed,
            ),
            proposals=ThresholdsView(
                restock_grades=table.restock_grades,
                repack_defects=table.repack_defects,
                never_sold=table.never_sold,
                resale_percent={grade: percent_of(p) for grade, p in table.resale.items()},
                repair_at_most_percent=percent_of(table.repair_at_most),
                rtv_from_percent=percent_of(table.rtv_from),
                scrap_below_percent=percent_of(table.scrap_below),
                expiry_days=table.expiry_days,
                donate_expiry_days=table.donate_expiry_days,
                slow_days=table.slow_days,
                demand_days=table.demand_days,
                work_costs=tuple(map(WorkCostView.of, table.work_costs)),
            ),
            changed_at=rules.changed_at,
            changed_by=rules.changed_by,
        )
