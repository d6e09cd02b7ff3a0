"""A provider that lists its refunds, whose list can be changed behind our back."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from chalicelib.core.errors import TransientError
from chalicelib.ledger.agreement import ListedRefund
from chalicelib.settlement.ports import RefundOutcome, RefundRequest, RefundState
from tests.builders import NOW
from tests.fakes import FakeProvider


@dataclass
class ListingProvider(FakeProvider):
    """`clock` is when refunds are made; `fails` is how often the list cannot be read."""

    clock: Callable[[], datetime] = lambda: NOW
    made: dict[str, tuple[datetime, ListedRefund]] = field(default_factory=dict)
    fails: int = 0
    lists: int = 0

    def refund(self, request: RefundRequest, *, timeout_s: float) -> RefundOutcome:
        outcome = super().refund(request, timeout_s=timeout_s)
        known = self.refunds.get(request.key)
        if known is not None and known.refund_id is not None and known.amount is not None:
            refund = ListedRefund(
                refund_id=known.refund_id,
                payment=request.provider_ref or request.payment_id,
                amount=known.amount,
                stands=known.state is RefundState.SUCCEEDED,
                key=request.key,
            )
            self.made.setdefault(refund.refund_id, (self.clock(), refund))
        return outcome

    def listed(self, since: datetime, until: datetime) -> Iterator[ListedRefund]:
        self.lists += 1
        if self.fails:
            self.fails -= 1
            raise TransientError("refunds_not_listed", "The provider's list cannot be read.")
        for at, refund in list(self.made.values()):
            if since <= at < until:
                yield refund

    def only(self) -> ListedRefund:
        """The one refund that there is."""
        ((_, refund),) = self.made.values()
        return refund

    def says(self, refund: ListedRefund, at: datetime | None = None) -> None:
        """Lists this refund from now on, in place of what it listed under its id."""
        before = self.made.get(refund.refund_id, (self.clock(), refund))[0]
        self.made[refund.refund_id] = (at or before, refund)

    def forgets(self) -> None:
        """Knows nothing of the one refund."""
        refund = self.only()
        self.made.clear()
        assert refund.key is not None, "made for a settlement"
        del self.refunds[refund.key]

    def lists_later(self, **passed: float) -> None:
        """Lists the one refund at another time than it was made."""
        refund = self.only()
        self.made[refund.refund_id] = (self.clock() + timedelta(**passed), refund)

    def changes(self, **changes: object) -> None:
        """Lists the one refund otherwise."""
        self.says(replace(self.only(), **changes))  # type: ignore[arg-type]  # fields by name
