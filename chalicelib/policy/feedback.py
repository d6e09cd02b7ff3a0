"""What reviewers said about the signals of a risk score: whether each one was right."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskFeedback:
    """One reviewer's word on one signal; the note is theirs and never leaves the record."""

    signal_id: str
    right: bool
    by: str
    at: datetime
    note: str | None = None
