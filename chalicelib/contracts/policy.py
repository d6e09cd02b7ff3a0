"""The JSON form of a policy document: docs/policy.schema.json is made from these models.

Shape only; what a well-formed document may not say is found by policy/linting.py, which points at
the rule with the same JSON pointers.
"""

from typing import Annotated, Any, Self

from pydantic import (
    Field,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from chalicelib.contracts.fields import (
    Code,
    Day,
    Id,
    Label,
    Moment,
    MoneyModel,
    Price,
    RuleName,
    Strict,
)
from chalicelib.policy.conditions import Operator
from chalicelib.policy.document import (
    FourEyes,
    RefundDue,
    Review,
    WindowStart,
)
from chalicelib.policy.giving import GiveBack, PromotionRule
from chalicelib.returns.model import Resolution

FactName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Values = Annotated[tuple[Label, ...], Field(min_length=1, max_length=500)]
"""Words that orders may have: categories and tags are in any language."""
Percent = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{1,4}(\.[0-9]{1,2})?$"), Field(examples=["15"])
]
_NUMBER = Annotated[int, Field(ge=-1_000_000_000, le=1_000_000_000)]


def _one_of(words: str) -> WrapValidator:
    """One of several types: an error is about the one that was meant, at the very field."""

    def validated(value: object, handler: ValidatorFunctionWrapHandler) -> object:
        try:
            return handler(value)
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False)
        plain = {bool: "bool", int: "constrained-int"}.get(type(value))
        meant: list[InitErrorDetails] = [
            {
                "type": PydanticCustomError(one["type"], one["msg"]),
                "loc": one["loc"][1:],
                "input": None,
            }
            for one in found
            if (one["loc"][0] == plain if plain else one["loc"][0] not in _PLAIN_TYPES)
            and (len(one["loc"]) > 1 or not one["type"].endswith("_type"))
        ]
        if meant:
            raise ValidationError.from_exception_data("value", meant)
        raise PydanticCustomError("wrong_type", "Input should be {words}", {"words": words})

    return WrapValidator(validated)


_PLAIN_TYPES = ("bool", "constrained-int")
Amount = Annotated[
    _NUMBER | MoneyModel, _one_of('a whole number, or an amount as {"amount": …, "currency": …}')
]
_YesNoNumberOrWord = Annotated[
    bool | _NUMBER | Label, _one_of("true or false, a whole number, or a text")
]
_NumberOrWord = Annotated[_NUMBER | Label, _one_of("a whole number, or a text")]


class WordsBody(Strict):
    """A text in the languages that customers read."""

    en: Label
    zh_cn: Annotated[Label, Field(alias="zh-CN")]


class ConditionBody(Strict):
    """Either `all`, `any` or `not` of other conditions, or one `fact` with one comparison."""

    all: Annotated[tuple["ConditionBody", ...] | None, Field(min_length=1, max_length=100)] = None
    any: Annotated[tuple["ConditionBody", ...] | None, Field(min_length=1, max_length=100)] = None
    not_: Annotated["ConditionBody | None", Field(alias="not")] = None
    fact: FactName | None = None
    is_: Annotated[_YesNoNumberOrWord | None, Field(alias="is")] = None
    is_not: _NumberOrWord | None = None
    in_: Annotated[Values | None, Field(alias="in")] = None
    not_in: Values | None = None
    at_least: Amount | None = None
    at_most: Amount | None = None
    above: Amount | None = None
    below: Amount | None = None
    has_any: Values | None = None
    has_all: Values | None = None
    has_none: Values | None = None
    starts_with: Label | None = None
    known: bool | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        joins = [name for name in ("all", "any", "not_") if getattr(self, name) is not None]
        asked = self._asked()
        is_join = len(joins) == 1 and self.fact is None and not asked
        is_comparison = not joins and self.fact is not None and len(asked) == 1
        if not (is_join or is_comparison):
            raise PydanticCustomError(
                "one_condition",
                "A condition is all, any or not of others, or a fact with one comparison",
            )
        return self

    def _asked(self) -> dict[Operator, Any]:  # Any: as each operator has it
        values = {operator: getattr(self, _FIELD_OF[operator]) for operator in Operator}
        return {operator: value for operator, value in values.items() if value is not None}


_FIELD_OF = {
    operator: f"{operator.value}_" if operator.value in ("is", "in") else operator.value
    for operator in Operator
}


class WindowBody(Strict):
    """`days` null: no limit of time."""

    days: Annotated[int, Field(ge=0, le=100_000)] | None
    start: WindowStart = WindowStart.DELIVERY
    by_resolution: dict[Resolution, Annotated[int, Field(ge=0, le=100_000)] | None] = Field(
        default_factory=dict
    )
    to_working_day: bool = False


class FeesBody(Strict):
    """What is kept of the refund; all zero waives fees that later rules state."""

    restocking_percent: Percent = "0"
    flat: Price | None = None
    shipping: Price | None = None
    tax_percent: Percent = "0"


class GivingBody(Strict):
    """What goes back beside the prices of the goods; what is left out never does."""

    promotions: PromotionRule = PromotionRule.KEEP
    shipping: GiveBack = GiveBack.NEVER
    standard_shipping: bool = False
    points_spent: GiveBack = GiveBack.NEVER
    points_earned: GiveBack = GiveBack.NEVER
    coupons: GiveBack = GiveBack.NEVER


class GradeDeductionBody(Strict):
    """What a grade takes off each unit: part of what was paid for it, or an amount."""

    percent: Percent | None = None
    amount: Price | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if (self.percent is None) == (self.amount is None):
            raise PydanticCustomError("percent_or_amount", "Give either percent or amount")
        return self


class GradeDeductionsBody(Strict):
    """By grade; only where the customer is at fault. Goods of grade A are refunded in full."""

    B: GradeDeductionBody | None = None
    C: GradeDeductionBody | None = None
    D: GradeDeductionBody | None = None


class OutcomeBody(Strict):
    """What follows where a rule holds; what is left out, a later rule may state."""

    eligible: bool | None = None
    code: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")] | None = None
    window: WindowBody | None = None
    evidence: Annotated[tuple[Code, ...] | None, Field(max_length=20)] = None
    resolutions: Annotated[tuple[Resolution, ...] | None, Field(min_length=1)] = None
    fees: FeesBody | None = None
    refund_due: RefundDue | None = None
    warehouse: Id | None = None
    review: Review | None = None
    keep_item: bool | None = None
    checklist: Id | None = None
    giving: GivingBody | None = None
    second_refunder_above: Price | None = None
    grade_deductions: GradeDeductionsBody | None = None


class RuleBody(Strict):
    id: RuleName
    title: WordsBody
    when: ConditionBody | None = None
    then: OutcomeBody


class SignalBody(Strict):
    id: RuleName
    title: WordsBody
    when: ConditionBody
    weight: Annotated[int, Field(ge=-100, le=100)]


class RiskTierBody(Strict):
    score: Annotated[int, Field(ge=1, le=10_000)]
    review: Review


class AmountTierBody(Strict):
    above: Price
    review: Review


class DeadlinesBody(Strict):
    draft_days: Annotated[int, Field(ge=1, le=365)] = 30
    answer_days: Annotated[int, Field(ge=1, le=365)] = 14
    ship_days: Annotated[int, Field(ge=1, le=365)] = 28
    remind_days: Annotated[int, Field(ge=0, le=365)] = 7
    refund_days: Annotated[int, Field(ge=0, le=365)] = 14


class PolicyBody(Strict):
    """One version of a policy: rules in order, the first that states something decides it."""

    policy: Id
    version: Id
    title: WordsBody
    time_zone: Label = Field(examples=["Europe/Berlin"])
    effective_from: Moment
    effective_to: Moment | None = None
    transit_days: Annotated[int, Field(ge=0, le=365)] = 7
    rules: Annotated[tuple[RuleBody, ...], Field(max_length=100_000)]
    signals: Annotated[tuple[SignalBody, ...], Field(max_length=200)] = ()
    risk_tiers: Annotated[tuple[RiskTierBody, ...], Field(max_length=20)] = ()
    amount_tiers: Annotated[tuple[AmountTierBody, ...], Field(max_length=50)] = ()
    four_eyes: Annotated[tuple[FourEyes, ...], Field(max_length=10)] = ()
    deadlines: DeadlinesBody = Field(default_factory=DeadlinesBody)
    public_holidays: Annotated[tuple[Day, ...], Field(max_length=500)] = ()
