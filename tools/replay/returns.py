"""Brings each planned return into being and through its life: to settlement and restock.

A second run sends the same create under the same key and meets the same return; the present state
of that return decides what is left to do.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.replay.caller import Caller, Refused
from tools.replay.journal import Journal
from tools.replay.lifecycle import Stuck, next_step
from tools.replay.matching import PlannedLine, PlannedReturn
from tools.replay.verdicts import Verdict, blind, decided, refusal

DOCUMENT_KIND = "credit_note"
_STEPS_MAX = 20
_SHARE = re.compile(r"(\d+) of row (\d+)", re.ASCII)


class ReturnFailed(Exception):
    """One return could not be brought to its end; the others go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What became of a planned return; `return_id` None: policy refused it."""

    return_id: str | None
    verdict: Verdict


class Returns:
    """Creates returns and runs them; safe to share between threads for different returns."""

    def __init__(self, caller: Caller, journal: Journal, warehouse: str) -> None:
        self._caller = caller
        self._journal = journal
        self._warehouse = warehouse

    def bring_to_end(self, planned: PlannedReturn) -> Brought:
        """The return, settled and restocked; a blind one is left to a person."""
        try:
            answer = self._found(planned) or self._created(planned)
        except Refused as exc:
            verdict = refusal(planned, exc)
            if verdict is None:
                raise ReturnFailed(f"{planned.key}: {exc}") from exc
            return Brought(return_id=None, verdict=verdict)
        try:
            verdict = self._verdict(planned, str(answer["id"]))
            if planned.order_no is not None:
                self._live(answer)
        except (Refused, Stuck) as exc:
            raise ReturnFailed(f"{planned.key}: {exc}") from exc
        return Brought(return_id=str(answer["id"]), verdict=verdict)

    def _verdict(self, planned: PlannedReturn, return_id: str) -> Verdict:
        """Why it was decided as it was; that is asked once, however often the run is stopped."""
        if planned.order_no is None:
            return blind(planned)
        name = f"{planned.key}-verdict"
        kept = self._journal.get(name)
        if kept is not None:
            return Verdict.of_text(kept)
        verdict = decided(planned, self._caller.get("auditor", f"/returns/{return_id}/decision"))
        self._journal.put(name, verdict.as_text())
        return verdict

    def _found(self, planned: PlannedReturn) -> Mapping[str, Any] | None:
        """The return of an earlier run, however long ago: keys are forgotten, documents are not."""
        known = self._journal.get(planned.key)
        if known is not None:
            try:
                return self._read(known)
            except Refused as refused:
                if refused.status != 404:
                    raise
        if planned.order_no is not None:
            found = self._caller.pages("auditor", f"/returns?order_no={planned.order_no}")
        elif planned.customer is not None:
            found = self._caller.pages("auditor", f"/returns?customer_id={planned.customer}")
        else:
            return None
        for row in found:
            answer = self._read(row["id"])
            if answer["order_no"] == planned.order_no and _document(answer) == planned.invoice:
                return answer
        return None

    def _created(self, planned: PlannedReturn) -> Mapping[str, Any]:
        """What the create answered is of that time; what is true now is read."""
        body = create_body(planned, self._warehouse)
        created = self._caller.post("machine", "/returns", body, key=planned.key)
        self._journal.put(planned.key, created["id"])
        return self._read(created["id"])

    def _live(self, answer: Mapping[str, Any]) -> None:
        for turn in range(_STEPS_MAX):
            step = next_step(answer, self._warehouse)
            if step is None:
                return
            key = f"replay-{answer['id']}-{step.name}" + (
                f"-{turn}" if step.name == "retry" else ""
            )
            self._caller.post(step.role, step.path, step.body, key=key, version=answer["version"])
            answer = self._read(answer["id"])
        raise Stuck(f"return {answer['number']} is {answer['status']} after {_STEPS_MAX} steps")

    def _read(self, return_id: str) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = self._caller.get("auditor", f"/returns/{return_id}")
        return answer


def create_body(planned: PlannedReturn, warehouse: str) -> dict[str, Any]:
    """The same for the same plan. The file gives no reason for a credit, so none is made up."""
    return {
        "order_no": planned.order_no,
        **({"customer_id": planned.customer} if planned.order_no is None else {}),
        "type": "customer_return",
        "method": "courier",
        "warehouse": warehouse,
        "requested_at": planned.requested_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "submit": True,
        "lines": [_line(line, planned.invoice) for line in planned.lines],
        "documents": [{"kind": DOCUMENT_KIND, "ref": planned.invoice}],
    }


def _line(line: PlannedLine, invoice: str) -> dict[str, Any]:
    shares = ", ".join(f"{share.units} of row {share.row}" for share in line.shares)
    named = {"sku": line.sku} if line.line_no is None else {"order_line_no": line.line_no}
    return {
        **named,
        "quantity": line.units,
        "reason": "OTHER",
        "note": f"Credit note {invoice}: {shares}",
        "resolution": "refund",
    }


def shares_in(note: str) -> dict[int, int]:
    """Units by row of the file, as the note of a return line tells them."""
    return {int(row): int(units) for units, row in _SHARE.findall(note)}


def _document(answer: Mapping[str, Any]) -> str | None:
    for document in answer.get("documents") or ():
        if document["kind"] == DOCUMENT_KIND:
            return str(document["ref"])
    return None
