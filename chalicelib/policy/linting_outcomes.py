"""What is wrong or odd in what one rule states."""

from collections.abc import Iterator
from itertools import pairwise

from chalicelib.core.errors import FieldError
from chalicelib.core.money import Money
from chalicelib.policy.conditions import Comparison, Condition, Operator, comparisons_in
from chalicelib.policy.deductions import GRADED, GradeDeductions
from chalicelib.policy.document import Fees, Outcome, RefundDue, Rule, Window
from chalicelib.policy.fees import PARTS
from chalicelib.policy.linting_logic import Logic
from chalicelib.policy.linting_places import At, listed, nearest
from chalicelib.returns.documents import DocumentKind

DAYS_MAX = 3_650
OWN_STEPS = frozenset({"shipped", "goods", "otherwise", "resolution", "window", "default"})
"""Names that the engine's own steps have in a trace."""
IN_ORDERS_CURRENCY = frozenset(
    {"unit_price", "line_value", "request_value", "order_returned_value"}
)
_NEEDLESS_IN_REFUSALS = (
    "window",
    "resolutions",
    "refund_due",
    "warehouse",
    "checklist",
    "giving",
    "second_refunder_above",
    "grade_deductions",
)


def outcome_faults(rule: Rule, at: At) -> Iterator[FieldError]:
    """What a rule cannot mean, whatever its condition is."""
    then, place = rule.then, at / "then"
    if rule.rule_id in OWN_STEPS:
        message = f"The name is taken by a step of every trace ({listed(sorted(OWN_STEPS))})."
        yield (at / "id").finding("reserved_rule_id", message)
    if not then.stated():
        yield place.finding("states_nothing", "It states nothing, so it would never do anything.")
    if then.eligible is False and not then.code:
        message = "A refusal names its code, such as final_sale: it is told to the customer."
        yield (place / "code").finding("refusal_without_code", message)
    if then.eligible is not False and then.code:
        message = f"Only a refusal has a code: add eligible false, or leave {then.code} out."
        yield (place / "code").finding("code_without_refusal", message)
    if then.window is not None:
        yield from _window_faults(then.window, place / "window")
    if then.fees is not None:
        yield from _fee_faults(then.fees, place / "fees")
    if then.eligible is False and then.fees is not None:
        message = "What is refused has no fee: leave fees out, or eligible false."
        yield (place / "fees").finding("contradiction", message)
    limit = then.second_refunder_above
    if limit is not None and limit.minor < 0:
        message = f"{limit.amount} {limit.currency}; no refund is less than 0. 0: every refund."
        yield (place / "second_refunder_above" / "amount").finding("negative_amount", message)
    if then.grade_deductions is not None:
        yield from _deduction_faults(then.grade_deductions, place / "grade_deductions")
    if then.eligible is False and then.keep_item:
        message = "What is refused is not refunded while the customer keeps it."
        yield (place / "keep_item").finding("contradiction", message)


def _window_faults(window: Window, at: At) -> Iterator[FieldError]:
    lengths = [("days", window.days, at / "days")]
    by_resolution = at / "by_resolution"
    lengths += [(name, days, by_resolution / name) for name, days in window.by_resolution.items()]
    for name, days, place in lengths:
        if days is not None and not 0 <= days <= DAYS_MAX:
            message = f"{days} days ({name}); 0 to {DAYS_MAX} are possible, null is no limit."
            yield place.finding("window_length", message)


def _fee_faults(fees: Fees, at: At) -> Iterator[FieldError]:
    if fees.restocking > PARTS:
        message = f"{_percent(fees.restocking)} is more than the refund; 0 to 100 % are possible."
        yield (at / "restocking_percent").finding("fee_above_refund", message)
    if fees.restocking < 0:
        message = f"{_percent(fees.restocking)}; a fee is not negative."
        yield (at / "restocking_percent").finding("negative_amount", message)
    if not 0 <= fees.tax_rate <= PARTS:
        message = f"{_percent(fees.tax_rate)}; a tax rate is 0 to 100 %."
        yield (at / "tax_percent").finding("tax_rate", message)
    for name, amount in fixed_fees(fees):
        if amount.minor < 0:
            message = f"{amount.amount} {amount.currency}; a fee is not negative."
            yield (at / name / "amount").finding("negative_amount", message)


def _deduction_faults(stated: GradeDeductions, at: At) -> Iterator[FieldError]:
    """No deduction is above the price; none falls where the grade does."""
    known = [(grade, stated.by_grade[grade]) for grade in GRADED if grade in stated.by_grade]
    if not known:
        yield at.finding("states_nothing", "It names no grade, so it would never take anything.")
    for grade, one in known:
        if one.parts > PARTS:
            message = f"{_percent(one.parts)} is more than what was paid; 0 to 100 % are possible."
            yield (at / grade / "percent").finding("fee_above_refund", message)
        if one.amount is not None and one.amount.minor < 0:
            message = f"{one.amount.amount} {one.amount.currency}; a deduction is not negative."
            yield (at / grade / "amount").finding("negative_amount", message)
    for (_, better), (grade, worse) in pairwise(known):
        is_comparable = better.amount is None and worse.amount is None
        if is_comparable and worse.parts < better.parts:
            message = f"{grade} is the worse grade and would take less than the one before it."
            yield (at / grade / "percent").finding("deduction_falls", message)


def _percent(parts: int) -> str:
    return f"{parts / (PARTS / 100):g} %"


def fixed_fees(fees: Fees) -> list[tuple[str, Money]]:
    """The amounts, by the name of their field."""
    named = (("flat", fees.flat), ("shipping", fees.shipping))
    return [(name, amount) for name, amount in named if amount is not None]


def currency_faults(rule: Rule, at: At, logic: Logic) -> Iterator[FieldError]:
    """Fees and limits in a currency that no order has for which the rule holds."""
    if rule.when is None:
        return
    then = rule.then
    for name, amount in fixed_fees(then.fees) if then.fees is not None else ():
        if not _may_be_in(rule.when, amount.currency, logic):
            message = (
                f"The fee is in {amount.currency}, but the rule holds only for orders in another "
                "currency: it would never be taken."
            )
            place = at / "then" / "fees" / name / "currency"
            yield place.finding("currency_never_occurs", message)
    graded = then.grade_deductions.by_grade if then.grade_deductions is not None else {}
    for grade, one in graded.items():
        if one.amount is not None and not _may_be_in(rule.when, one.amount.currency, logic):
            message = (
                f"The deduction is in {one.amount.currency}, but the rule holds only for orders in "
                "another currency: it would never be taken."
            )
            place = at / "then" / "grade_deductions" / grade / "amount" / "currency"
            yield place.finding("currency_never_occurs", message)
    limit = then.second_refunder_above
    if limit is not None and not _may_be_in(rule.when, limit.currency, logic):
        message = (
            f"The limit is in {limit.currency}, but the rule holds only for orders in another "
            "currency: every refund would need a second person."
        )
        place = at / "then" / "second_refunder_above" / "currency"
        yield place.finding("currency_never_occurs", message)


def _may_be_in(when: Condition, currency: str, logic: Logic) -> bool:
    asked = Comparison(fact="currency", operator=Operator.IS, value=currency)
    return logic.can_hold(when, asked)


def outcome_oddities(rule: Rule, at: At, logic: Logic) -> Iterator[FieldError]:
    """What may be meant, but has no effect or is probably a slip."""
    then, place = rule.then, at / "then"
    if then.eligible is False:
        for name in _NEEDLESS_IN_REFUSALS:
            if getattr(then, name) is not None:
                message = f"What is refused needs no {name}."
                yield (place / name).finding("needless_in_refusal", message)
    yield from _resolution_oddities(then, place)
    is_early = then.refund_due not in (None, RefundDue.INSPECTION)
    if then.grade_deductions is not None and (is_early or then.keep_item):
        message = "What is refunded before anybody inspects it is refunded in full."
        yield (place / "grade_deductions").finding("deduction_after_refund", message)
    for number, kind in enumerate(then.evidence or ()):
        near = nearest(kind, DocumentKind) if kind not in set(DocumentKind) else None
        if near:
            message = f"{kind!r} is no kind of document that is known. Did you mean {near}?"
            yield (place / "evidence" / number).finding("unknown_evidence", message)
    if then.fees is not None:
        currencies = {amount.currency for _, amount in fixed_fees(then.fees)}
        if len(currencies) > 1:
            message = f"Of fees in {listed(sorted(currencies))} an order is charged one at most."
            yield (place / "fees").finding("fees_in_two_currencies", message)
    if rule.when is not None:
        yield from _amount_oddities(rule.when, at / "when", logic)


def _resolution_oddities(then: Outcome, at: At) -> Iterator[FieldError]:
    if then.window is None or not then.resolutions:
        return
    for name in then.window.by_resolution:
        if name not in then.resolutions:
            message = (
                f"{name} is not among the resolutions of this rule: {listed(then.resolutions)}."
            )
            place = at / "window" / "by_resolution" / name
            yield place.finding("resolution_excluded", message)


def _amount_oddities(when: Condition, at: At, logic: Logic) -> Iterator[FieldError]:
    """Amounts of the order in a currency that the rest of the condition excludes."""
    told: set[str] = set()
    for comparison in comparisons_in(when):
        value = comparison.value
        if not isinstance(value, Money) or comparison.fact not in IN_ORDERS_CURRENCY:
            continue
        if value.currency not in told and not _may_be_in(when, value.currency, logic):
            told.add(value.currency)
            message = (
                f"{comparison.fact} is compared with {value.currency}, but the condition holds "
                "only for orders in another currency."
            )
            yield at.finding("currency_excluded", message)
