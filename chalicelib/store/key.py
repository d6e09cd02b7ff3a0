"""The primary key of an item."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """The primary key of one item."""

    pk: str
    sk: str
