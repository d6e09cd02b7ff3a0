"""What is kept of a refund, as quotes and settlements show it."""

from collections.abc import Iterable
from typing import Self

from chalicelib.contracts.fields import MoneyOut, View
from chalicelib.policy.fees import Fee, FeeKind


class FeeView(View):
    """`tax` is contained in `amount`. Without `line_no` it is taken once of the whole return."""

    kind: FeeKind
    line_no: str | None
    amount: MoneyOut
    tax: MoneyOut

    @classmethod
    def of_all(cls, fees: Iterable[Fee]) -> tuple[Self, ...]:
        """Each of them, in their order."""
        return tuple(
            cls(kind=fee.kind, line_no=fee.line_no, amount=fee.amount, tax=fee.tax) for fee in fees
        )
