"""Metrics: returns by hour or day."""

from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.analytics.model import MetricRow
from chalicelib.contracts.fields import Moment, MomentOut, MoneyOut, Strict, View


class MetricsQuery(Strict):
    """`from` is included, `to` is not."""

    since: Moment = Field(alias="from")
    until: Moment = Field(alias="to")
    interval: Literal["hour", "day"] = "day"
    group_by: (
        Literal["reason", "category", "channel", "region", "warehouse", "type", "supplier"] | None
    ) = None

    @model_validator(mode="after")
    def _is_a_period(self) -> Self:
        if self.until <= self.since:
            raise PydanticCustomError("period", "`to` should be after `from`")
        return self


class MetricsRowView(View):
    """One hour or day of one group: units and cases by name, money by name and currency."""

    start: MomentOut
    dimension: str
    group: str
    counts: dict[str, int]
    money: dict[str, tuple[MoneyOut, ...]]

    @classmethod
    def of(cls, row: MetricRow) -> Self:
        return cls(
            start=row.start,
            dimension=row.dimension,
            group=row.group,
            counts=row.counts,
            money={name: tuple(amounts) for name, amounts in row.money().items()},
        )


class MetricsView(View):
    """`complete_until` is where the folding of events has got to."""

    interval: Literal["hour", "day"]
    rows: tuple[MetricsRowView, ...]
    complete_until: MomentOut | None
