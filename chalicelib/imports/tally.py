"""What an import has come to so far, small enough to be kept in the job's checkpoint.

Faults of the file itself are not kept: the file is read again and has the same ones. Kept are the
refusals that only the store could tell.
"""

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib.core.errors import DomainError
from chalicelib.core.events import Json
from chalicelib.imports.sheet import RowError

_PACKED_MAX = 200_000
"""Characters: a job must fit into its item with everything else."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """`place` is how many orders or batches are done; the counts are of rows."""

    place: int = 0
    done: int = 0
    accepted: int = 0
    unchanged: int = 0
    refused: list[tuple[int, RowError]] = field(default_factory=list)

    def as_json(self) -> dict[str, Json]:
        return {
            "place": self.place,
            "done": self.done,
            "accepted": self.accepted,
            "unchanged": self.unchanged,
            "refused": self._packed(),
        }

    @classmethod
    def of(cls, checkpoint: Mapping[str, Json]) -> "Tally":
        """The tally of a checkpoint; of an empty one, nothing done yet."""
        packed = checkpoint.get("refused")
        return cls(
            place=_count(checkpoint, "place"),
            done=_count(checkpoint, "done"),
            accepted=_count(checkpoint, "accepted"),
            unchanged=_count(checkpoint, "unchanged"),
            refused=_unpacked(packed) if isinstance(packed, str) else [],
        )

    def _packed(self) -> str:
        """Where very many were refused, the codes are kept and the sentences are not."""
        rows: list[list[int | str]] = [
            [at, e.row, e.column, e.code, e.message] for at, e in self.refused
        ]
        packed = _pack(rows)
        return packed if len(packed) <= _PACKED_MAX else _pack([[*row[:4], ""] for row in rows])


def refusal(error: DomainError, row: int, rows_of_sku: Mapping[str, int]) -> RowError:
    """A refusal of the store as the fault of a row: that of the SKU it names, else the first."""
    sku = error.details.get("sku")
    return RowError(
        row=rows_of_sku.get(sku, row) if isinstance(sku, str) else row,
        column=_column_of(error),
        code=error.code,
        message=error.message,
    )


def _column_of(error: DomainError) -> str:
    fields = error.details.get("fields")
    if isinstance(fields, list) and fields:
        name = str(fields[0])
        return _COLUMN_OF_FIELD.get(name, name)
    return _COLUMN_OF.get(error.code, "order_no")


_COLUMN_OF_FIELD = {"payments": "payment_id"}
_COLUMN_OF = {
    "insufficient_stock": "quantity",
    "delivery_already_posted": "delivery_no",
    "line_has_returns": "line_no",
    "no_version_in_force": "policy",
    "policy_version_fixed": "policy_version",
    "unknown_policy_version": "policy_version",
    "payment_has_refunds": "payment_id",
}


def _count(checkpoint: Mapping[str, Json], name: str) -> int:
    value = checkpoint.get(name, 0)
    return value if isinstance(value, int) else 0


def _pack(rows: list[list[int | str]]) -> str:
    return base64.b64encode(zlib.compress(json.dumps(rows).encode(), 6)).decode()


def _unpacked(text: str) -> list[tuple[int, RowError]]:
    rows = json.loads(zlib.decompress(base64.b64decode(text)))
    return [
        (at, RowError(row=row, column=column, code=code, message=message))
        for at, row, column, code, message in rows
    ]
