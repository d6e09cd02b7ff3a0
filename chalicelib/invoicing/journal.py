"""Lines for the books of a finance system: postings under its own account codes, as CSV or JSON.

Pure. The codes are data: accounts.json is a start, and every shop has its own. Amounts in the home
currency are at the rate of the sale, and balance for every posting whatever the rounding.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from fractions import Fraction

from chalicelib.core.clock import rfc3339
from chalicelib.core.money import Money, currency_digits
from chalicelib.core.spreadsheets import safe_cell
from chalicelib.invoicing.accounts import Mapped, is_rate
from chalicelib.ledger.model import Posting


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLine:
    """One entry of one posting. Amounts are decimal strings; one of debit and credit is empty.

    What is in another currency and has no rate has no amounts at home.
    """

    posting_id: str
    line: int
    posted_at: str
    event_id: str
    event_type: str
    subject: str
    account: str
    account_name: str
    detail: str
    currency: str
    debit: str
    credit: str
    home_currency: str
    home_debit: str
    home_credit: str
    exchange_rate: str
    reverses: str


COLUMNS = tuple(one.name for one in fields(JournalLine))


def journal_lines(
    postings: Iterable[Posting],
    accounts: Mapped,
    *,
    language: str,
    home_currency: str,
    rates: Mapping[str, str],
) -> list[JournalLine]:
    """The postings line by line. `rates` are by subject: units at home for one of the sale."""
    lines: list[JournalLine] = []
    for posting in postings:
        told = "1" if posting.currency == home_currency else rates.get(posting.subject, "")
        home = _at_home(posting, told, home_currency)
        for place, (entry, home_minor) in enumerate(
            zip(posting.entries, home, strict=True), start=1
        ):
            account = accounts[entry.account]
            debit, credit = _sides(Money(entry.minor, posting.currency))
            home_debit, home_credit = "", ""
            if home_minor is not None:
                home_debit, home_credit = _sides(Money(home_minor, home_currency), of=entry.minor)
            lines.append(
                JournalLine(
                    posting_id=posting.posting_id,
                    line=place,
                    posted_at=rfc3339(posting.posted_at),
                    event_id=posting.event_id,
                    event_type=posting.event_type,
                    subject=posting.subject,
                    account=account.code,
                    account_name=account.names.get(language, account.names.get("en", "")),
                    detail=entry.detail or "",
                    currency=posting.currency,
                    debit=debit,
                    credit=credit,
                    home_currency=home_currency if is_rate(told) else "",
                    home_debit=home_debit,
                    home_credit=home_credit,
                    exchange_rate=told if is_rate(told) else "",
                    reverses=posting.reverses or "",
                )
            )
    return lines


def csv_header() -> str:
    return _csv_row(COLUMNS)


def csv_row(line: JournalLine) -> str:
    """One line, with no cell that a spreadsheet would calculate."""
    return _csv_row([safe_cell(str(getattr(line, name))) for name in COLUMNS])


def json_object(line: JournalLine) -> str:
    """One line, with the columns' names."""
    return json.dumps(asdict(line), ensure_ascii=False)


def _csv_row(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue()


def _at_home(posting: Posting, told: str, home_currency: str) -> list[int | None]:
    """The entries in the home currency, each side rounded as it grows, so that both come to the
    same amount; None where there is no rate."""
    if not is_rate(told):
        return [None] * len(posting.entries)
    digits = currency_digits(home_currency) - currency_digits(posting.currency)
    rate = Fraction(told) * Fraction(10) ** digits
    seen, given = {1: 0, -1: 0}, {1: 0, -1: 0}
    home: list[int] = []
    for entry in posting.entries:
        side = 1 if entry.minor > 0 else -1
        seen[side] += abs(entry.minor)
        upto = round(seen[side] * rate)
        home.append(side * (upto - given[side]))
        given[side] = upto
    assert sum(home) == 0, "a posting balances at home, too"
    return [*home]


def _sides(amount: Money, of: int | None = None) -> tuple[str, str]:
    """Debit and credit; the side is that of the entry, even where the amount rounds to nothing."""
    if (amount.minor if of is None else of) > 0:
        return amount.amount, ""
    return "", (-amount).amount
