"""What the use cases of store credit read."""

from typing import Protocol

from chalicelib.credits.model import CreditAccount, CreditEntry


class CreditReader(Protocol):
    """Reads an account together with an entry of it."""

    def credit(
        self, account_id: str, entry_id: str
    ) -> tuple[CreditAccount | None, CreditEntry | None]: ...

    def credit_entry(self, entry_id: str) -> CreditEntry | None: ...
