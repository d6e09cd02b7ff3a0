"""What goods cost and which part of it a supplier makes good, rounded down to what is sure."""

from collections.abc import Iterable
from fractions import Fraction

from chalicelib.core.errors import FieldError, Invalid
from chalicelib.core.money import Money
from chalicelib.suppliers.claims import ClaimedUnits
from chalicelib.suppliers.model import Supplier


def asked_for(supplier: Supplier, units: Iterable[ClaimedUnits], stated: Money | None) -> Money:
    """What is claimed for these units: what was stated, else the agreed share of their cost.

    Raises Invalid `amount_required` where a cost is not known in the supplier's currency.
    """
    if stated is not None:
        return in_currency(stated, supplier.currency)
    minor = 0
    for one in units:
        if one.unit_cost is None or one.unit_cost.currency != supplier.currency:
            raise _invalid("amount_required", f"The cost of {one.sku} is not known; say how much.")
        minor += one.unit_cost.minor * one.quantity
    share = Fraction(supplier.terms.credit_share)
    amount = Money(int(minor * share), supplier.currency)
    if not amount:
        raise _invalid("amount_required", "The goods are worth nothing here; say how much.")
    return amount


def in_currency(amount: Money, currency: str) -> Money:
    """The amount, which is above zero and in this currency; raises Invalid."""
    if amount.currency != currency:
        raise _invalid("currency_differs", f"Claims on this supplier are in {currency}.")
    if amount.minor <= 0:
        raise _invalid("not_positive", "An amount is above zero.")
    return amount


def _invalid(code: str, message: str) -> Invalid:
    return Invalid(
        code, message, errors=[FieldError(pointer="/amount", code=code, message=message)]
    )
