"""What the clients of a merchant do: shop, portal, reviewer, warehouse, inspector, finance.

Every command carries an idempotency key; every scene looks at the answer of the API, never inside.
"""

import itertools
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib.core.money import Money
from tools.demo.sale import WAREHOUSE, Sale
from tools.replay.caller import Caller, Refused
from tools.stack.client import Stack

_WAIT_S_MAX = 60.0
_POLL_S = 0.25
READER = "auditor"
DISPOSED = (
    "hold", "restock", "repack", "repair", "refurbish", "rtv", "scrap", "donate", "ship_back",
)  # fmt: skip


class Unexpected(Exception):
    """The system did something else than the scene says it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One run of the demo over one stack. `run` begins every order number, so runs never clash."""

    stack: Stack
    caller: Caller
    run: str
    now: datetime
    counter: Any = field(default_factory=itertools.count)  # Any: itertools.count has no item type
    opened: list[str] = field(default_factory=list)
    exceptions: list[str] = field(default_factory=list)
    sold: set[str] = field(default_factory=set)
    """Ids of the returns and of the exceptions of this run, and numbers of the scenes' orders."""

    def key(self, name: str) -> str:
        return f"demo-{self.run}-{name}-{next(self.counter)}"

    def sell(self, sale: Sale) -> str:
        """The order exists, is paid and delivered."""
        order_no = sale.order_no(self.run)
        self.caller.put(
            "machine", f"/orders/{order_no}", sale.body(self.run, self.now), key=self.key("order")
        )
        self.sold.add(order_no)
        return order_no

    def ask(
        self,
        sale: Sale,
        units: int,
        *,
        role: str = "support",
        serials: tuple[str, ...] = (),
        reason: str = "CHANGED_MIND",
        **wish: Any,
    ) -> "Case":
        """Somebody asks to return units of the sale; `wish` are further fields of the line."""
        order_no = self.sell(sale)
        line = {
            "order_line_no": "1", "quantity": units, "serials": list(serials), "reason": reason,
            **wish,
        }  # fmt: skip
        body = {"order_no": order_no, "warehouse": WAREHOUSE, "lines": [line]}
        return self.open(role, body)

    def open(self, role: str, body: Mapping[str, Any]) -> "Case":
        answer = self.caller.post(role, "/returns", body, key=self.key("return"))
        self.opened.append(answer["id"])
        return Case(desk=self, id=answer["id"], number=answer["number"])

    def exception(self, exception_id: str) -> Mapping[str, Any]:
        self.exceptions.append(exception_id)
        answer: Mapping[str, Any] = self.caller.get(READER, f"/exceptions/{exception_id}")
        return answer

    def available(self, sku: str, warehouse: str = WAREHOUSE) -> int:
        rows = self.caller.get(READER, f"/stock?sku={sku}&warehouse={warehouse}")["items"]
        return sum(row["quantity"] for row in rows if row["account"] == "available")

    def job(self, role: str, path: str) -> Mapping[str, Any]:
        """Start a job and follow it to its end."""
        answer = self.caller.post(role, path, {}, key=self.key("job"))
        job = answer.get("job", answer)
        ended: Mapping[str, Any] = self.until(
            lambda: self.caller.get(role, f"/jobs/{job['id']}"),
            lambda now: now["state"] not in ("awaiting_upload", "queued", "running"),
            f"the end of job {job['id']}",
            wait_s=600,
        )
        return ended

    def until(
        self,
        look: Callable[[], Any],
        is_there: Callable[[Any], bool],
        what: str,
        *,
        wait_s: float = _WAIT_S_MAX,
    ) -> Any:
        """Look again until it is there: queues and uploads are worked off behind the API."""
        deadline = time.monotonic() + wait_s
        seen: Any = None
        while time.monotonic() < deadline:
            seen = look()
            if is_there(seen):
                return seen
            time.sleep(_POLL_S)
        raise Unexpected(f"waited {wait_s:.0f} s for {what}; last seen: {str(seen)[:300]}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One return and the people who work on it."""

    desk: Desk
    id: str
    number: str

    def now(self) -> dict[str, Any]:
        return dict(self.desk.caller.get(READER, f"/returns/{self.id}"))

    def approve(self, units: int | None = None, *, role: str = "reviewer", **more: Any) -> None:
        """All that is pending, or so many units of the first line; `more` are further fields."""
        lines = None if units is None else [{"line_no": "1", "quantity": units}]
        self.command(role, "approve", {"lines": lines, **more})

    def reject(self, code: str, *, note: str | None = None) -> None:
        self.command("reviewer", "reject", {"code": code, "note": note})

    def receive(self, *items: Mapping[str, Any], warehouse: str = WAREHOUSE) -> list[str]:
        """These items, or all that is awaited; the ids of the exceptions."""
        counted = list(items) or self._awaited()
        answer = self.command("warehouse", "receipts", {"warehouse": warehouse, "items": counted})
        return list(answer.get("exceptions") or ())

    def inspect(self, *, grade: str = "A", result: str = "passed", fault: str = "none") -> None:
        """All units that nobody has seen yet."""
        groups = [
            {"line_no": line_no, "quantity": units, "grade": grade, "result": result,
             "fault": fault, "checklist": {"appearance": "ok" if result == "passed" else "broken"}}
            for line_no, units in self._lines_with("uninspected")
        ]  # fmt: skip
        self.command("inspector", "inspections", {"groups": groups})

    def dispose(self, disposition: str, *, origin: str | None = None) -> None:
        """All units that are undecided, or that were put on hold before."""
        bucket = self._lines_with("hold") if origin == "HOLD" else self._undecided()
        items = [
            {"line_no": line_no, "quantity": units, "disposition": disposition, "from": origin}
            for line_no, units in bucket
        ]
        self.command("inspector", "dispositions", {"items": items})

    def scrap(self) -> None:
        """All units that are undecided; where a second person has to agree, one does.

        That is so after some runs on one day: what one person writes off is counted by the day.
        """
        self.dispose("SCRAP")
        if self._lines_with("hold"):
            self.agree_to_scrap("finance")

    def agree_to_scrap(self, role: str) -> dict[str, Any]:
        """The proposal that the timeline names last, agreed to."""
        caller = self.desk.caller
        events = caller.get(READER, f"/returns/{self.id}/timeline")["items"]
        named = [event["data"].get("proposal_id") for event in events]
        proposal_id = next(filter(None, reversed(named)), None)
        if proposal_id is None:
            raise Unexpected(f"the timeline of return {self.number} names no proposal")
        path = f"/scrap-proposals/{proposal_id}"
        version, key = caller.get(READER, path)["version"], self.desk.key("scrap")
        return dict(caller.post(role, f"{path}/approve", {}, key=key, version=version))

    def settle(self, *, key: str | None = None) -> dict[str, Any]:
        """Pay out what is owed; the settlement."""
        return self.command("finance", "settlements", {"mode": "execute"}, key=key)

    def retry(self) -> dict[str, Any]:
        return self._settlement("retry", {})

    def confirm(self, payment_id: str) -> dict[str, Any]:
        """Finance paid this part by hand and says so."""
        return self._settlement("confirm", {"payment_id": payment_id, "proof": "BANK-4711"})

    def agree(self, role: str) -> dict[str, Any]:
        """Another person agrees to the refund, which is sent then."""
        return self._settlement("approve", {}, role=role)

    def pay_otherwise(self, payment_id: str) -> dict[str, Any]:
        """What the payment did not take becomes a part that finance pays by hand."""
        return self._settlement("pay-otherwise", {"payment_id": payment_id})

    def restock_and_settle(self) -> None:
        """The plain way from the door to the end."""
        self.inspect()
        self.dispose("RESTOCK")
        self.settle()

    def must_be(self, **facts: object) -> str:
        """Raises Unexpected unless the return is so; tells how it is.

        Facts are `status`, `paid` (as "96.67 EUR") and quantities by bucket.
        """
        answer = self.now()
        units = Counter[str]()
        for line in answer["lines"]:
            units.update(line["quantities"])
        known: dict[str, object] = {"status": answer["status"], "paid": paid(answer), **units}
        wrong = [
            f"{name} is {known.get(name, 0)}, not {wanted}"
            for name, wanted in facts.items()
            if known.get(name, 0) != wanted
        ]
        if wrong:
            raise Unexpected(f"return {self.number}: {'; '.join(wrong)}")
        return ", ".join(f"{name} {value}" for name, value in facts.items())

    def command(
        self, role: str, command: str, body: Mapping[str, Any], *, key: str | None = None
    ) -> dict[str, Any]:
        """A command about the return as it is now: devices may have changed it since."""
        path, version = f"/returns/{self.id}/{command}", self.now()["version"]
        key = key or self.desk.key(command)
        return dict(self.desk.caller.post(role, path, body, key=key, version=version))

    def _settlement(
        self, command: str, body: Mapping[str, Any], *, role: str = "finance"
    ) -> dict[str, Any]:
        now, key = self.now(), self.desk.key(command)
        path = f"/settlements/{now['settlements'][-1]['settlement_id']}/{command}"
        told = self.desk.caller.post(role, path, body, key=key, version=now["version"])
        return dict(told)

    def _awaited(self) -> list[dict[str, Any]]:
        skus = {line["line_no"]: line["sku"] for line in self.now()["lines"]}
        units = Counter[str]()
        for line_no, awaited in self._lines_with("awaiting"):
            units[skus[line_no]] += awaited
        return [{"sku": sku, "quantity": quantity} for sku, quantity in units.items()]

    def _lines_with(self, bucket: str) -> list[tuple[str, int]]:
        lines = self.now()["lines"]
        return [(e["line_no"], e["quantities"][bucket]) for e in lines if e["quantities"][bucket]]

    def _undecided(self) -> list[tuple[str, int]]:
        found = []
        for line in self.now()["lines"]:
            units = line["quantities"]
            decided = sum(units[name] for name in DISPOSED)
            left = units["received"] - units["uninspected"] - decided
            if left:
                found.append((line["line_no"], left))
        return found


def paid(answer: Mapping[str, Any]) -> str:
    """What really went back for a return, over all its settlements: "96.67 EUR"."""
    return str(paid_money(answer))


def paid_money(answer: Mapping[str, Any]) -> Money:
    return Money.total(
        (
            Money.parse(leg["amount"]["amount"], leg["amount"]["currency"])
            for settlement in answer["settlements"]
            for leg in settlement["legs"]
            if leg["state"] == "PAID"
        ),
        answer["currency"],
    )


def kept_money(answer: Mapping[str, Any]) -> Money:
    """What was kept as fees of a return, over all its settlements."""
    return Money.total(
        (
            Money.parse(fee["amount"]["amount"], fee["amount"]["currency"])
            for settlement in answer["settlements"]
            for fee in settlement["fees"]
        ),
        answer["currency"],
    )


def refused_with(code: str, act: Callable[[], object]) -> str:
    """The act has to be refused, with this code."""
    try:
        act()
    except Refused as refused:
        if refused.code == code:
            return f"refused: {refused.status} {code}"
        raise
    raise Unexpected(f"nobody refused; {code} was expected")
