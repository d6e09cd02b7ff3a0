"""What a row of a list is, how lists are named, and where their rows are."""

from dataclasses import dataclass

from chalicelib.store.key import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """Says only where the row is that says it all: in the partition `target`, at the same place.

    `record` is the partition in core of the record that it tells of.
    """

    target: str
    record: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: the list and month it stands in (`bucket` "": not cut), its place, what it says.

    `is_static`: its place says all that it says, so whoever wrote it once need not write it again.
    """

    list_name: str
    bucket: str
    sort: str
    body: object
    is_static: bool = False

    @property
    def key(self) -> Key:
        return Key(partition(self.list_name, self.bucket), self.sort)


def list_name(kind: str, /, **by: str | None) -> str:
    """`RETURNS#status=APPROVED#warehouse=W1`: a list is named by what all its rows share."""
    return "#".join([kind, *(f"{name}={value}" for name, value in by.items() if value is not None)])


def partition(name: str, bucket: str) -> str:
    """Where the rows of one list and month are."""
    return f"{name}#{bucket}" if bucket else name


def bucket_mark(name: str, bucket: str) -> Key:
    """Says that this list has (or had) rows in this month."""
    return Key(f"BUCKETS#{name}", bucket)


def cursor_key(core_pk: str, core_sk: str) -> Key:
    """Where it is noted how far a record of core has been projected."""
    return Key(f"CURSOR#{core_pk}", core_sk)
