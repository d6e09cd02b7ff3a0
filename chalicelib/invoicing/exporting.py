"""Exporting the journal: the events of a time as lines for the books, into one file of any size.

Hour by hour and line by line; what is written stays in memory only until it is a part of the file.
With each part is noted where it ends, so a run that was cut off goes on there and no line is there
twice. Events of a time that is over do not change, so every run makes the same lines.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from chalicelib.core.clock import from_rfc3339, rfc3339
from chalicelib.core.errors import FieldError, Invalid
from chalicelib.core.events import Event, Json
from chalicelib.core.money import Money
from chalicelib.invoicing.accounts import AccountsReader, FinanceAccounts
from chalicelib.invoicing.journal import (
    JournalLine,
    csv_header,
    csv_row,
    journal_lines,
    json_object,
)
from chalicelib.jobs.model import JobKind
from chalicelib.jobs.running import Outcome, Run, Succeeded, Unfinished
from chalicelib.jobs.service import NewJob
from chalicelib.ledger.model import Posting
from chalicelib.ledger.posting import posting_for
from chalicelib.liability.model import LiabilityClaim
from chalicelib.orders.model import Order
from chalicelib.returns.model import Return

LAG = timedelta(minutes=5)
"""How long an event may take until it is seen in the index."""
PERIOD_MAX = timedelta(days=400)
PART_BYTES = 5 * 1024 * 1024
"""The smallest part that S3 takes, but for the last one."""
_BOM = "\ufeff"
_RATES_KEPT = 1_000
_HOUR = timedelta(hours=1)
_A_LOOK = 200


class EventSource(Protocol):
    def events(self, hour: datetime) -> Iterator[Event]:
        """Everything that was stored in this hour, always in the same order."""


class RateReader(AccountsReader, Protocol):
    """Reads accounts, and what tells at which rate something was sold."""

    def order(self, order_no: str) -> Order | None: ...

    def return_(self, return_id: str) -> Return | None: ...

    def liability_claim(self, claim_id: str) -> LiabilityClaim | None: ...


class PartFiles(Protocol):
    """A file that is written part by part, and seen when it is finished."""

    def write(self, key: str, content: bytes, *, content_type: str) -> None: ...

    def begin_parts(self, key: str, *, content_type: str) -> str: ...

    def put_part(self, key: str, upload_id: str, number: int, content: bytes) -> str: ...

    def finish_parts(self, key: str, upload_id: str, etags: Sequence[str]) -> None: ...


def new_export(
    since: datetime, until: datetime, *, form: str, language: str, now: datetime
) -> NewJob:
    """The journal of [since, until) as csv or json. Raises Invalid for a time that is not over."""
    errors = []
    if since >= until or until - since > PERIOD_MAX:
        message = f"The end is after the beginning, and at most {PERIOD_MAX.days} days later."
        errors.append(FieldError(pointer="/to", code="bad_period", message=message))
    if until > now - LAG:
        message = "Only what is some minutes past is complete."
        errors.append(FieldError(pointer="/to", code="period_not_over", message=message))
    if errors:
        raise Invalid("journal_period", "This time cannot be exported.", errors=errors)
    parameters: dict[str, Json] = {
        "from": rfc3339(since),
        "to": rfc3339(until),
        "format": form,
        "language": language,
    }
    return NewJob(kind=JobKind.EXPORT_JOURNAL, parameters=parameters)


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalExport:
    """Handler of these jobs."""

    events: EventSource
    reads: Callable[[], RateReader]
    files: PartFiles
    home_currency: str
    part_bytes: int = PART_BYTES

    def __call__(self, run: Run) -> Outcome:
        export = _Export(run, self)
        return Succeeded(result=export.result()) if export.work() else Unfinished()


class _Export:
    """One walk over the hours, from where the last part of the file ends."""

    def __init__(self, run: Run, job: JournalExport) -> None:
        self.run, self.job = run, job
        asked = run.job.parameters
        self.since, self.until = from_rfc3339(str(asked["from"])), from_rfc3339(str(asked["to"]))
        self.form, self.language = str(asked["format"]), str(asked["language"])
        self.key = f"reports/journals/{run.job.created_at:%Y-%m-%d}/{run.job.job_id}.{self.form}"
        self.accounts: FinanceAccounts = job.reads().finance_accounts()
        # Any: our own checkpoint, as `_kept_now` made it.
        told: Any = run.job.checkpoint
        if told.get("accounts") != self.accounts.version:
            told = {}  # A file has one set of accounts: it is begun anew.
        self.hour_no: int = told.get("hour", 0)
        self.in_hour: int = told.get("in_hour", 0)
        self.upload_id: str | None = told.get("upload_id")
        self.etags: list[str] = list(told.get("etags", ()))
        self.is_over: bool = told.get("is_over", False)
        self.counts = Counter[str](told.get("counts", {}))
        self.totals = Counter[str](told.get("totals", {}))
        self._skip = self.in_hour
        self._rates: OrderedDict[str, str | None] = OrderedDict()
        self._text: list[str] = []
        self._bytes = 0
        self._kept = self._kept_now()

    def work(self) -> bool:
        """Write the file; False where the time is up before its end."""
        if not self.is_over:
            first = self.since.replace(minute=0, second=0, microsecond=0)
            hours = -(-(self.until - first) // _HOUR)
            if not self.counts:
                self._write(_BOM + csv_header() if self.form == "csv" else "[")
            while self.hour_no < hours:
                if not self._hour(first + self.hour_no * _HOUR, hours):
                    return False
                self.hour_no, self.in_hour, self._skip = self.hour_no + 1, 0, 0
            self._write("" if self.form == "csv" else "\n]\n")
            self.is_over = True
            if self.upload_id is None:
                self.job.files.write(self.key, self._taken(), content_type=self._content_type)
                return True
            self._put_part(hours)
        assert self.upload_id is not None, "what is over in one piece is not noted"
        self.job.files.finish_parts(self.key, self.upload_id, self.etags)
        return True

    def result(self) -> dict[str, Json]:
        """Totals by account are what the lines come to, in each currency."""
        return {
            **self.run.job.parameters,
            "accounts_version": self.accounts.edition,
            "postings": self.counts["postings"],
            "lines": self.counts["lines"],
            "unrated": self.counts["unrated"],
            "totals": [_total(name, minor) for name, minor in sorted(self.totals.items())],
            f"journal_{self.form}_key": self.key,
        }

    def _hour(self, hour: datetime, hours: int) -> bool:
        """The lines of one hour; False where the time is up before its end."""
        number = 0
        for place, event in enumerate(self.job.events.events(hour)):
            if place % _A_LOOK == 0 and not self._goes_on(hours):
                return False
            posting = posting_for(event) if self.since <= event.time < self.until else None
            number += posting is not None
            if posting is None or number <= self._skip:
                continue
            self._take(posting)
            self.in_hour = number
            if self._bytes >= self.job.part_bytes:
                self._put_part(hours)
        return self._goes_on(hours)

    def _goes_on(self, hours: int) -> bool:
        """Hold the job. What is no part yet is made again: the note is of the last part's end."""
        if self.run.time_is_up:
            self.run.save(self.hour_no, hours, self._kept)
            return False
        self.run.progress(self.hour_no, hours, lambda: self._kept)
        return True

    def _take(self, posting: Posting) -> None:
        rate = self._rate(posting)
        lines = journal_lines(
            [posting],
            self.accounts.mapped,
            language=self.language,
            home_currency=self.job.home_currency,
            rates={} if rate is None else {posting.subject: rate},
        )
        for line, entry in zip(lines, posting.entries, strict=True):
            self._write(self._row(line))
            side = "debit" if entry.minor > 0 else "credit"
            self.totals[f"{line.account} {posting.currency} {side}"] += abs(entry.minor)
            self.counts["lines"] += 1
        self.counts["postings"] += 1
        self.counts["unrated"] += not lines[0].exchange_rate

    def _row(self, line: JournalLine) -> str:
        if self.form == "csv":
            return csv_row(line)
        return f"{',' if self.counts['lines'] else ''}\n{json_object(line)}"

    def _rate(self, posting: Posting) -> str | None:
        """That of the sale; of what is no sale's, the one that finance states."""
        if posting.currency == self.job.home_currency:
            return None
        if posting.subject not in self._rates:
            self._rates[posting.subject] = self._rate_of_sale(posting)
            if len(self._rates) > _RATES_KEPT:
                self._rates.popitem(last=False)
        return self._rates[posting.subject] or self.accounts.rates.get(posting.currency)

    def _rate_of_sale(self, posting: Posting) -> str | None:
        reads = self.job.reads()
        kind, _, own = posting.subject.partition("/")
        order_no: str | None = own if kind == "order" else None
        if kind == "liability":
            claim = reads.liability_claim(own)
            kind, own = "return", (claim.return_id or "") if claim is not None else ""
        if kind == "return" and own:
            ret = reads.return_(own)
            order_no = None if ret is None else ret.order_no
        order = None if order_no is None else reads.order(order_no)
        is_same = order is not None and order.currency == posting.currency
        return order.exchange_rate if order is not None and is_same else None

    @property
    def _content_type(self) -> str:
        return "text/csv" if self.form == "csv" else "application/json"

    def _write(self, text: str) -> None:
        self._text.append(text)
        self._bytes += len(text.encode())

    def _taken(self) -> bytes:
        content = "".join(self._text).encode()
        self._text, self._bytes = [], 0
        return content

    def _put_part(self, hours: int) -> None:
        """Store what was written as the next part, then note where it ends.

        After a death between the two the same part is stored again, with the same content.
        """
        if self.upload_id is None:
            self.upload_id = self.job.files.begin_parts(self.key, content_type=self._content_type)
        number = len(self.etags) + 1
        etag = self.job.files.put_part(self.key, self.upload_id, number, self._taken())
        self.etags.append(etag)
        self._kept = self._kept_now()
        self.run.save(self.hour_no, hours, self._kept)

    def _kept_now(self) -> dict[str, Json]:
        etags: list[Json] = [*self.etags]
        return {
            "accounts": self.accounts.version,
            "hour": self.hour_no,
            "in_hour": self.in_hour,
            "upload_id": self.upload_id,
            "etags": etags,
            "is_over": self.is_over,
            "counts": dict(self.counts),
            "totals": dict(self.totals),
        }


def _total(name: str, minor: int) -> dict[str, Json]:
    account, currency, side = name.rsplit(" ", 2)
    return {
        "account": account,
        "currency": currency,
        "side": side,
        "amount": Money(minor, currency).amount,
    }
