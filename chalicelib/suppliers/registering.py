"""Suppliers as purchasing states them: the whole of it each time; the same again is no change."""

from dataclasses import dataclass, replace
from fractions import Fraction

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict, FieldError, Invalid
from chalicelib.core.events import Context
from chalicelib.core.money import currency_digits
from chalicelib.suppliers.facts import told_of_supplier
from chalicelib.suppliers.loading import require_version
from chalicelib.suppliers.model import (
    VERSIONS_KEPT,
    Criterion,
    DefectLimit,
    QualityCriteria,
    Supplier,
    Terms,
)
from chalicelib.suppliers.ports import SupplierReader


@dataclass(frozen=True, slots=True, kw_only=True)
class StateSupplier:
    """What is true of a supplier from now on."""

    name: str
    currency: str
    terms: Terms
    contact_refs: tuple[str, ...] = ()
    sees_prices: bool = False
    criteria: tuple[Criterion, ...] = ()
    limits: tuple[DefectLimit, ...] = ()


def state(
    reads: SupplierReader, supplier_id: str, command: StateSupplier, context: Context
) -> Decided[Supplier]:
    """Create or change a supplier. Raises Invalid, or Conflict where its currency would change.

    Other criteria than before are a new version, valid from now on.
    """
    _check(command)
    known = reads.supplier(supplier_id)
    require_version(f"supplier/{supplier_id}", known.version if known else 0, context)
    if known is not None and known.currency != command.currency:
        raise Conflict(
            "supplier_currency_fixed",
            f"Its claims are in {known.currency}; that does not change.",
            currency=known.currency,
        )
    before = known or _new(supplier_id, command, context)
    stated = replace(
        before,
        name=command.name,
        terms=command.terms,
        contact_refs=command.contact_refs,
        sees_prices=command.sees_prices,
        quality=_quality(before, command, context),
    )
    if stated == known:
        return Decided(result=known)
    version = known.version + 1 if known is not None else 1
    stated = replace(stated, version=version, updated_at=context.now)
    event_type = "supplier.registered" if known is None else "supplier.changed"
    stated, event = told_of_supplier(stated, event_type, context)
    return Decided(result=stated, changes=Changes(records=(stated,), events=(event,)))


def _new(supplier_id: str, command: StateSupplier, context: Context) -> Supplier:
    return Supplier(
        supplier_id=supplier_id,
        name=command.name,
        currency=command.currency,
        terms=command.terms,
        created_at=context.now,
        updated_at=context.now,
    )


def _quality(
    before: Supplier, command: StateSupplier, context: Context
) -> tuple[QualityCriteria, ...]:
    now = before.criteria
    told = (command.criteria, command.limits)
    if told == ((now.criteria, now.limits) if now is not None else ((), ())):
        return before.quality
    following = QualityCriteria(
        number=now.number + 1 if now is not None else 1,
        valid_from=context.now,
        criteria=command.criteria,
        limits=command.limits,
    )
    return (*before.quality, following)[-VERSIONS_KEPT:]


def _check(command: StateSupplier) -> None:
    currency_digits(command.currency)
    terms, faults = command.terms, []
    if Fraction(terms.credit_share) > 1:
        faults.append(_fault("/terms/credit_share", "above_one", "At most all of the cost."))
    if terms.value_min is not None and terms.value_min.currency != command.currency:
        faults.append(_fault("/terms/value_min", "currency_differs", "In the supplier's currency."))
    codes = [one.code for one in command.criteria]
    if len(set(codes)) != len(codes):
        faults.append(_fault("/criteria", "named_twice", "Each criterion once."))
    places = [(one.sku, one.category) for one in command.limits]
    if len(set(places)) != len(places) or any(sku and category for sku, category in places):
        message = "One limit for a SKU, a category, or for all."
        faults.append(_fault("/limits", "named_twice", message))
    if faults:
        raise Invalid("supplier_faults", "The supplier cannot be stated like this.", errors=faults)


def _fault(pointer: str, code: str, message: str) -> FieldError:
    return FieldError(pointer=pointer, code=code, message=message)
