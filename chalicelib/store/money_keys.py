"""Where store credit, documents of money, and payments live in the core table."""

from typing import Any

from chalicelib.store.key import Key


def credit(account_id: str) -> Key:
    return Key(f"CREDIT#{account_id}", "CREDIT")


def credit_entry(entry_id: str) -> Key:
    return Key(f"CREDITENTRY#{entry_id}", "CREDITENTRY")


def credits_of(customer_id: str) -> str:
    """The partition of what leads to the credit accounts of a customer, one a currency."""
    return f"CREDITS#{customer_id}"


def credit_note(note_id: str) -> Key:
    return Key(f"NOTE#{note_id}", "NOTE")


def notes_of(order_no: str, return_id: str | None = None) -> tuple[str, str]:
    """The partition of an order, and how what leads to its notes begins there."""
    return f"ORDER#{order_no}", f"CREDITNOTE#{return_id}#" if return_id else "CREDITNOTE#"


def number_series(series: str, year: int) -> Key:
    return Key(f"SERIES#{series}#{year}", "SERIES")


def numbered_note(series: str, year: int, ordinal: int) -> Key:
    """Beside its counter, in order of the numbers."""
    return Key(f"SERIES#{series}#{year}", f"NUMBER#{ordinal:010d}")


def finance_accounts() -> Key:
    """There is one set of books."""
    return Key("ACCOUNTS#finance", "ACCOUNTS")


def seller() -> Key:
    """There is one merchant."""
    return Key("SELLER#seller", "SELLER")


def red_letter(red_id: str) -> Key:
    return Key(f"REDLETTER#{red_id}", "REDLETTER")


def payment(provider: str, provider_ref: str) -> Key:
    return Key(f"PAYMENT#{provider}#{provider_ref}", "PAYMENT")


def payment_news(provider: str, news_id: str) -> Key:
    return Key(f"PAYMENTNEWS#{provider}#{news_id}", "PAYMENTNEWS")


KEYS: dict[str, tuple[str, Any]] = {
    "credits.model.CreditAccount": ("CREDIT", lambda r: credit(r.account_id)),
    "credits.model.CreditEntry": ("CREDITENTRY", lambda r: credit_entry(r.entry_id)),
    "credits.model.CreditOf": ("CREDIT_LINK", lambda r: Key(credits_of(r.customer_id), r.currency)),
    "invoicing.model.CreditNote": ("NOTE", lambda r: credit_note(r.note_id)),
    "invoicing.model.NoteOfOrder": (
        "NOTE_LINK",
        lambda r: Key(f"ORDER#{r.order_no}", f"CREDITNOTE#{r.return_id}#{r.note_id}"),
    ),
    "invoicing.numbering.NumberSeries": ("SERIES", lambda r: number_series(r.series, r.year)),
    "invoicing.model.NumberedNote": (
        "NUMBERED",
        lambda r: numbered_note(r.series, r.year, r.ordinal),
    ),
    "invoicing.accounts.FinanceAccounts": ("ACCOUNTS", lambda _: finance_accounts()),
    "invoicing.seller.Seller": ("SELLER", lambda _: seller()),
    "invoicing.red_letter.RedLetter": ("REDLETTER", lambda r: red_letter(r.red_id)),
    "orders.payment_lookup.PaymentOf": ("PAYMENT", lambda r: payment(r.provider, r.provider_ref)),
    "settlement.news.PaymentNews": ("PAYMENTNEWS", lambda r: payment_news(r.provider, r.news_id)),
}
"""As keys.py has them for all other records."""
