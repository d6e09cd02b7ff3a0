"""The next command of a return, read from its present state: so a killed run can go on.

Pure. The body of a command is the same whenever it is made for the same return, so that a retry
under the same key is the same request; whether it is needed is decided from the quantities of the
return alone.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DISPOSITIONS = (
    "hold", "restock", "repack", "repair", "refurbish", "rtv", "scrap", "donate", "ship_back",
)  # fmt: skip
LINES_MAX = 100
_ON_THE_WAY = ("awaiting", "in_transit", "arrived")
_CLOSED = frozenset({"REJECTED", "CANCELLED", "EXPIRED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command: who sends what where. `path` begins after /v1."""

    name: str
    role: str
    path: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Lines that go into one command; `suffix` keeps the keys of the commands apart."""

    lines: list[dict[str, Any]]
    suffix: str


class Stuck(Exception):
    """The return is where the replay never brings it: a person has to look."""


def next_step(answer: Mapping[str, Any], warehouse: str) -> Step | None:
    """None once everything is restocked and settled."""
    path = f"/returns/{answer['id']}"
    lines = answer["lines"]
    if answer["status"] in _CLOSED:
        raise Stuck(f"return {answer['number']} is {answer['status']}")
    if answer["status"] == "DRAFT":
        return Step(name="submit", role="machine", path=f"{path}/submit", body={})
    if _units(lines, "pending"):
        return Step(name="approve", role="reviewer", path=f"{path}/approve", body={"lines": None})
    if _units(lines, *_ON_THE_WAY):
        return Step(
            name="receipt", role="warehouse", path=f"{path}/receipts",
            body={"warehouse": warehouse, "items": _items(lines)},
        )  # fmt: skip
    for part in _parts(lines):
        if _units(part.lines, "uninspected"):
            return Step(
                name=f"inspection{part.suffix}", role="inspector", path=f"{path}/inspections",
                body={"groups": [{**_of(e), "grade": "A", "result": "passed"} for e in part.lines]},
            )  # fmt: skip
    for part in _parts(lines):
        if _units(part.lines, "received") > _units(part.lines, *DISPOSITIONS):
            return Step(
                name=f"disposition{part.suffix}", role="inspector", path=f"{path}/dispositions",
                body={"items": [{**_of(e), "disposition": "RESTOCK"} for e in part.lines]},
            )  # fmt: skip
    return _settlement(answer, path)


def _settlement(answer: Mapping[str, Any], path: str) -> Step | None:
    settlements = answer["settlements"]
    if not settlements:
        return Step(
            name="settlement", role="finance", path=f"{path}/settlements", body={"mode": "execute"}
        )
    last = settlements[-1]
    if last["state"] == "SETTLED":
        return None
    return Step(
        name="retry", role="finance", path=f"/settlements/{last['settlement_id']}/retry", body={}
    )


def _parts(lines: list[dict[str, Any]]) -> list[_Part]:
    """The lines in portions that one command takes: always the same ones."""
    return [
        _Part(lines=lines[start : start + LINES_MAX], suffix=f"-{start}" if start else "")
        for start in range(0, len(lines), LINES_MAX)
    ]


def _units(lines: list[dict[str, Any]], *buckets: str) -> int:
    return sum(line["quantities"].get(bucket, 0) for line in lines for bucket in buckets)


def _items(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the warehouse counts: by SKU, since it does not know order lines."""
    units: Counter[str] = Counter()
    for line in lines:
        units[line["sku"]] += line["quantities"]["requested"]
    return [{"sku": sku, "quantity": quantity} for sku, quantity in units.items()]


def _of(line: Mapping[str, Any]) -> dict[str, Any]:
    return {"line_no": line["line_no"], "quantity": line["quantities"]["requested"]}
