"""The printed number of a return belongs to one return for good."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberClaim:
    """Says which return a number means; storing it twice is a conflict."""

    number: str
    return_id: str
    version: int = 1
