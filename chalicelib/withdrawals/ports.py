"""What the commands about withdrawals read: consistent, in as few calls as may be."""

from collections.abc import Sequence
from typing import Protocol

from chalicelib.exchanges.ports import PromiseReader
from chalicelib.orders.model import Contact, Order
from chalicelib.returns.model import Return
from chalicelib.returns.policy_facts import PolicyReader
from chalicelib.tasks.model import Task
from chalicelib.withdrawals.model import Declarant, Withdrawal


class DeclarationReader(PolicyReader, Protocol):
    """What a declaration and its confirmation look at."""

    def withdrawal(self, withdrawal_id: str) -> tuple[Withdrawal | None, Declarant | None]: ...

    def order(self, order_no: str) -> Order | None: ...

    def contact(self, contact_id: str) -> Contact | None: ...

    def returns_of(self, return_ids: Sequence[str]) -> list[Return]: ...


class MatchingReader(DeclarationReader, PromiseReader, Protocol):
    """What a person who finds the sale looks at besides."""

    def return_and_order(self, return_id: str) -> tuple[Return | None, Order | None]: ...

    def task(self, task_id: str) -> Task | None: ...
