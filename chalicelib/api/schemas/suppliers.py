"""Suppliers: on which terms goods go back, what quality was agreed, and how good they are."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.api.schemas.common import Limit, PageQuery
from chalicelib.contracts.fields import (
    Code,
    Count,
    Id,
    Label,
    Moment,
    MomentOut,
    MoneyOut,
    Price,
    Quantity,
    Rate,
    Strict,
    View,
    Word,
)
from chalicelib.store.supplier_rows import SupplierRow
from chalicelib.suppliers.model import (
    Criterion,
    DefectLimit,
    QualityCriteria,
    Supplier,
    Terms,
)
from chalicelib.suppliers.registering import StateSupplier
from chalicelib.suppliers.scorecard import Figures, Scorecard
from chalicelib.suppliers.sharing import SharedUnits

Language = Literal["en", "zh-CN"]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Days = Annotated[int, Field(ge=1, le=730)]
SHARED_MAX = 25
"""Returns of one page: each is read with its inspections."""


class ExportBody(Strict):
    """`after`: an export of the same supplier that did not hold all; this one goes on there."""

    after: Id | None = None


class TermsBody(Strict):
    """What was agreed about goods that come back; `credit_share` is a decimal string up to 1."""

    rtv_agreed: bool = True
    address_ref: Id | None = None
    carrier: Id | None = None
    quantity_min: Quantity = 1
    value_min: Price | None = None
    days_to_claim: Days = 90
    days_to_answer: Days = 14
    credit_share: Rate = "1"

    def to_domain(self) -> Terms:
        return Terms(
            is_agreed=self.rtv_agreed,
            address_ref=self.address_ref,
            carrier=self.carrier,
            quantity_min=self.quantity_min,
            value_min=self.value_min.to_domain() if self.value_min is not None else None,
            days_to_claim=self.days_to_claim,
            days_to_answer=self.days_to_answer,
            credit_share=self.credit_share,
        )


class CriterionBody(Strict):
    """One thing that both sides look at."""

    code: Word
    titles: Annotated[dict[Language, Label], Field(min_length=1)]


class LimitBody(Strict):
    """How many defective units per 1,000 sold are accepted: of a SKU, a category, or of all."""

    per_thousand: Rate
    sku: Code | None = None
    category: Label | None = None


class SupplierBody(Strict):
    """All that is true of a supplier from now on. Other criteria than before are a new version."""

    name: Label
    currency: Currency
    terms: TermsBody = Field(default_factory=TermsBody)
    contact_refs: Annotated[tuple[Id, ...], Field(max_length=20, strict=False)] = ()
    sees_prices: bool = False
    criteria: Annotated[tuple[CriterionBody, ...], Field(max_length=100, strict=False)] = ()
    limits: Annotated[tuple[LimitBody, ...], Field(max_length=500, strict=False)] = ()

    def to_domain(self) -> StateSupplier:
        return StateSupplier(
            name=self.name,
            currency=self.currency,
            terms=self.terms.to_domain(),
            contact_refs=self.contact_refs,
            sees_prices=self.sees_prices,
            criteria=tuple(
                Criterion(code=one.code, titles=dict(one.titles.items())) for one in self.criteria
            ),
            limits=tuple(
                DefectLimit(per_thousand=one.per_thousand, sku=one.sku, category=one.category)
                for one in self.limits
            ),
        )


class TermsView(View):
    rtv_agreed: bool
    address_ref: str | None
    carrier: str | None
    quantity_min: int
    value_min: MoneyOut | None
    days_to_claim: int
    days_to_answer: int
    credit_share: str


class CriterionView(View):
    code: str
    titles: dict[str, str]


class LimitView(View):
    per_thousand: str
    sku: str | None
    category: str | None

    @classmethod
    def of(cls, limit: DefectLimit) -> Self:
        return cls(per_thousand=limit.per_thousand, sku=limit.sku, category=limit.category)


class QualityView(View):
    number: int
    valid_from: MomentOut
    criteria: tuple[CriterionView, ...]
    limits: tuple[LimitView, ...]

    @classmethod
    def of(cls, one: QualityCriteria) -> Self:
        return cls(
            number=one.number,
            valid_from=one.valid_from,
            criteria=tuple(CriterionView(code=c.code, titles=c.titles) for c in one.criteria),
            limits=tuple(LimitView.of(limit) for limit in one.limits),
        )


class SupplierView(View):
    """A supplier. `quality` are the versions of what was agreed, the newest last."""

    id: str
    name: str
    currency: str
    terms: TermsView
    contact_refs: tuple[str, ...]
    sees_prices: bool
    quality: tuple[QualityView, ...]
    created_at: MomentOut
    updated_at: MomentOut
    version: int

    @classmethod
    def of(cls, supplier: Supplier, *, as_supplier: bool = False) -> Self:
        terms = supplier.terms
        return cls(
            id=supplier.supplier_id,
            name=supplier.name,
            currency=supplier.currency,
            terms=TermsView(
                rtv_agreed=terms.is_agreed,
                address_ref=terms.address_ref,
                carrier=terms.carrier,
                quantity_min=terms.quantity_min,
                value_min=terms.value_min,
                days_to_claim=terms.days_to_claim,
                days_to_answer=terms.days_to_answer,
                credit_share=terms.credit_share,
            ),
            contact_refs=() if as_supplier else supplier.contact_refs,
            sees_prices=supplier.sees_prices,
            quality=tuple(QualityView.of(one) for one in supplier.quality),
            created_at=supplier.created_at,
            updated_at=supplier.updated_at,
            version=supplier.version,
        )


class SupplierRowView(View):
    id: str
    name: str
    currency: str
    rtv_agreed: bool
    updated_at: MomentOut
    version: int

    @classmethod
    def of(cls, row: SupplierRow) -> Self:
        return cls(
            id=row.supplier_id,
            name=row.name,
            currency=row.currency,
            rtv_agreed=row.is_agreed,
            updated_at=row.updated_at,
            version=row.version,
        )


class SuppliersPage(View):
    items: tuple[SupplierRowView, ...]
    next_cursor: str | None


class ScorecardQuery(Strict):
    """`from` is included, `to` is not; `top`: how many SKUs and defects are named."""

    since: Moment = Field(alias="from")
    until: Moment = Field(alias="to")
    top: Limit = 20

    @model_validator(mode="after")
    def _is_a_period(self) -> Self:
        if self.until <= self.since:
            raise PydanticCustomError("period", "`to` should be after `from`")
        return self


class FiguresView(View):
    """Units; `per_thousand` is defective of 1,000 sold, null where none were sold."""

    sold: int
    returned: int
    inspected: int
    defective: int
    per_thousand: str | None

    @classmethod
    def of(cls, one: Figures) -> Self:
        return cls(
            sold=one.sold,
            returned=one.returned,
            inspected=one.inspected,
            defective=one.defective,
            per_thousand=one.per_thousand,
        )


class SkuFiguresView(FiguresView):
    sku: str

    @classmethod
    def of(cls, one: Figures) -> Self:
        plain = FiguresView.of(one)
        return cls(sku=one.group, **plain.model_dump())


class DefectView(View):
    code: str
    units: int


class DayView(View):
    day: str
    sku: str
    sold: int
    returned: int
    defective: int


class JudgedView(View):
    """An agreed limit and what was found; `over` is null where nothing was sold."""

    limit: LimitView
    per_thousand: str | None
    over: bool | None


class ScorecardView(View):
    """How good a supplier was, by days; rows from `complete_until` on may still grow."""

    supplier_id: str
    since: MomentOut = Field(serialization_alias="from")
    until: MomentOut = Field(serialization_alias="to")
    total: FiguresView
    by_sku: tuple[SkuFiguresView, ...]
    by_defect: tuple[DefectView, ...]
    days: tuple[DayView, ...]
    rtv_units: int
    rtv_value: MoneyOut
    claimed: MoneyOut
    recovered: MoneyOut
    recovery_rate: str | None
    days_to_acknowledge: int | None
    days_to_credit: int | None
    quality: int | None
    judged: tuple[JudgedView, ...]
    complete_until: MomentOut | None

    @classmethod
    def of(cls, card: Scorecard) -> Self:
        return cls(
            supplier_id=card.supplier_id,
            since=card.since,
            until=card.until,
            total=FiguresView.of(card.total),
            by_sku=tuple(SkuFiguresView.of(one) for one in card.by_sku),
            by_defect=tuple(DefectView(code=code, units=n) for code, n in card.by_defect),
            days=tuple(
                DayView(
                    day=f"{one.day:%Y-%m-%d}",
                    sku=one.sku,
                    sold=one.sold,
                    returned=one.returned,
                    defective=one.defective,
                )
                for one in card.days
            ),
            rtv_units=card.rtv_units,
            rtv_value=card.rtv_value,
            claimed=card.claimed,
            recovered=card.recovered,
            recovery_rate=card.recovery_rate,
            days_to_acknowledge=card.days_to_acknowledge,
            days_to_credit=card.days_to_credit,
            quality=card.quality_number,
            judged=tuple(
                JudgedView(
                    limit=LimitView.of(one.limit),
                    per_thousand=one.per_thousand,
                    over=one.is_over,
                )
                for one in card.judged
            ),
            complete_until=card.complete_until,
        )


class SharedQuery(PageQuery):
    """A page of returns; each return is one or more items of the answer."""

    limit: Annotated[Limit, Field(le=SHARED_MAX)] = SHARED_MAX


class SharedUnitsView(View):
    """Units of a return that stand alike. `photos` are addresses that are valid for minutes."""

    return_id: str
    line_no: str
    sku: str
    name: str
    reason: str
    requested_at: MomentOut
    quantity: Count
    inspection: str
    grade: str | None
    fault: str | None
    disposition: str | None
    lot: str | None
    serials: tuple[str, ...]
    defects: tuple[str, ...]
    photos: tuple[str, ...]
    inspection_id: str | None
    price: MoneyOut | None

    @classmethod
    def of(cls, units: SharedUnits, photos: tuple[str, ...]) -> Self:
        return cls(
            return_id=units.return_id,
            line_no=units.line_no,
            sku=units.sku,
            name=units.name,
            reason=units.reason,
            requested_at=units.requested_at,
            quantity=units.quantity,
            inspection=units.inspection,
            grade=units.grade,
            fault=units.fault,
            disposition=units.disposition,
            lot=units.lot,
            serials=units.serials,
            defects=units.defects,
            photos=photos,
            inspection_id=units.inspection_id,
            price=units.price,
        )


class SharedPage(View):
    items: tuple[SharedUnitsView, ...]
    next_cursor: str | None
