"""A small model of the API that a replay can run against, and be killed by at any request."""

import csv
import io
import json
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tools.stack.errors import StackError

STEPS = {
    "approve": ("pending", "awaiting"),
    "receipts": ("awaiting", "uninspected"),
    "inspections": ("uninspected", "passed"),
    "dispositions": ("passed", "restock"),
}


class Killed(BaseException):
    """The process of the replay ends here, after the system did what it was asked."""


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


def money(pence: int) -> dict[str, str]:
    return {"amount": f"{pence // 100}.{pence % 100:02d}", "currency": "GBP"}


class Model:
    """What the API promises the replay, without a database: keys, imports, returns, stock."""

    def __init__(self) -> None:
        self.orders: dict[str, dict[str, Any]] = {}
        self.returns: dict[str, dict[str, Any]] = {}
        self.available: Counter[str] = Counter()
        self.jobs: dict[str, dict[str, Any]] = {}
        self.kept: dict[tuple[str, str], tuple[str, Reply]] = {}
        self.counts: dict[str, Reply] = {}
        self.requests = 0
        self.kill_at: int | None = None
        self.lose_every: int | None = None
        self.lock = threading.Lock()
        self.rejected = 0
        self.lag = 0

    def api(self, role: str | None) -> "Model":
        return self

    def request(
        self, method: str, path: str, json: Any = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        with self.lock:
            self.requests += 1
            reply = self._replayed(method, path, json, (headers or {}).get("Idempotency-Key"))
            if self.kill_at is not None and self.requests >= self.kill_at:
                raise Killed
            if self.lose_every and self.requests % self.lose_every == 0:
                raise StackError("no answer")
            return reply

    def upload(self, url: str, fields: Mapping[str, str], content: bytes) -> Reply:
        with self.lock:
            job = self.jobs[url]
            for row in csv.DictReader(io.StringIO(content.decode())):
                self._order_row(row)
            job["state"] = "succeeded"
            job["result"] = {"rejected": self.rejected, "rejects_url": "rejects.csv"}
        return Reply(204, None)

    def _replayed(self, method: str, path: str, body: Any, key: str | None) -> Reply:
        if method == "GET":
            return self._get(path.removeprefix("/v1"))
        assert key is not None, f"{method} {path} without a key"
        sent = json.dumps(body, sort_keys=True)
        if (path, key) in self.kept:
            before, reply = self.kept[path, key]
            return reply if before == sent else Reply(422, {"code": "idempotency_key_reused"})
        reply = self._post(path.removeprefix("/v1/").split("/"), body)
        if reply.status < 300:
            self.kept[path, key] = (sent, reply)
        return reply

    def _get(self, path: str) -> Reply:
        path, _, query = path.partition("?")
        match path.strip("/").split("/"):
            case ["orders", number]:
                return Reply(200, self._order(number))
            case ["returns", name, "decision"] if name in self.returns:
                return Reply(200, self._decision(self.returns[name]))
            case ["returns", name] if name in self.returns:
                return Reply(200, json.loads(json.dumps(self.returns[name])))
            case ["returns"]:
                name, _, value = query.partition("=")
                rows = [row for row in self.returns.values() if str(row[name]) == value]
                return self._page([{"id": row["id"]} for row in rows])
            case ["jobs", name] if name in self.jobs:
                return Reply(200, dict(self.jobs[name]))
            case ["stock"]:
                return self._page(
                    [
                        {"sku": sku, "account": "available", "quantity": units}
                        for sku, units in self.available.items()
                    ]
                )
            case ["exceptions"]:
                if self.lag:
                    self.lag -= 1
                    return self._page([])
                blind = [one for one in self.returns.values() if one["order_no"] is None]
                return self._page([{"kind": "BLIND_RETURN", "return_id": b["id"]} for b in blind])
        return Reply(404, {"code": "not_found"})

    def _page(self, items: list[dict[str, Any]]) -> Reply:
        return Reply(200, {"items": items, "next_cursor": None})

    def _order(self, number: str) -> dict[str, Any]:
        order = json.loads(json.dumps(self.orders[number]))
        for line in order["lines"]:
            held = sum(
                mine["quantities"]["requested"]
                for ret in self.returns.values()
                for mine in ret["lines"]
                if (ret["order_no"], mine.get("order_line_no")) == (number, line["line_no"])
            )
            line["returnable_quantity"] = line["shipped"] - held
        refunded = sum(
            settlement["pence"]
            for ret in self.returns.values()
            for settlement in ret["settlements"]
            if ret["order_no"] == number
        )
        order["payments"] = [{"refunded_by_us": money(refunded)}]
        return dict(order)

    def _post(self, parts: list[str], body: Any) -> Reply:
        match parts:
            case ["imports"]:
                job = {"id": f"job_{len(self.jobs)}", "kind": body["kind"], "state": "queued"}
                self.jobs[job["id"]] = job
                return Reply(202, {"job": dict(job), "upload": {"url": job["id"], "fields": {}}})
            case ["reconciliations"]:
                return Reply(202, {"id": "job_r", "state": "succeeded", "result": {"findings": 0}})
            case ["stock", "counts"]:
                return self._count(body)
            case ["returns"]:
                return self._create(body)
            case ["returns", name, "settlements"]:
                ret = self.returns[name]
                pence = sum(line["pence"] * line["quantities"]["restock"] for line in ret["lines"])
                ret["settlements"].append(
                    {"settlement_id": f"stl_{name}", "state": "SETTLED", "pence": pence,
                     "amount": money(pence)}
                )  # fmt: skip
                ret["status"] = "COMPLETED"
                return Reply(201, dict(ret["settlements"][-1]))
            case ["returns", name, step]:
                return self._move(self.returns[name], step)
        return Reply(404, {"code": "not_found"})

    def _decision(self, ret: dict[str, Any]) -> dict[str, Any]:
        """As the API explains it: a person looks at everything."""
        policy = self.orders[ret["order_no"]]["policy_version"]
        days = 30 if policy == "standard-30d" else None
        window = {"days": days, "counted_from": "then", "ends_before": "later"}
        return {
            "review": "person",
            "review_says": "A member of our staff looks at the request.",
            "reasons": [{"code": "rule:all", "words": "All returns."}],
            "policy_version": policy,
            "lines": [{"line_no": "1", "window": window}],
        }

    def _refusal(self, body: Any) -> Reply | None:
        """Under the standard policy 30 days count, the day of delivery not."""
        order = self.orders.get(body["order_no"])
        if order is None or order["policy_version"] != "standard-30d":
            return None
        refused = []
        for line in body["lines"]:
            at = next(
                one["delivered_at"]
                for one in order["deliveries"]
                if any(item["line_no"] == line["order_line_no"] for item in one["items"])
            )
            day, asked = (date.fromisoformat(text[:10]) for text in (at, body["requested_at"]))
            if (asked - day).days > 30:
                facts = {
                    "window_days": 30, "delivered_at": at, "ends_before": "earlier",
                    "requested_at": body["requested_at"],
                }  # fmt: skip
                step = {"rule": "window", "passed": False, "code": "outside_window", "facts": facts}
                refused.append({
                    "line_no": line["order_line_no"], "code": "outside_window", "trace": [step],
                })  # fmt: skip
        if not refused:
            return None
        details = {"policy_version": order["policy_version"], "lines": refused}
        return Reply(422, {"code": "outside_window", "details": details})

    def _create(self, body: Any) -> Reply:
        refusal = self._refusal(body)
        if refusal is not None:
            return refusal
        name = f"ret_{len(self.returns)}"
        lines = []
        for number, asked in enumerate(body["lines"], start=1):
            sku, pence = asked.get("sku"), 0
            if body["order_no"] is not None:
                sold = next(
                    line
                    for line in self._order(body["order_no"])["lines"]
                    if line["line_no"] == asked["order_line_no"]
                )
                if sold["returnable_quantity"] < asked["quantity"]:
                    return Reply(409, {"code": "not_returnable"})
                sku, pence = sold["sku"], sold["pence"]
            empty = dict.fromkeys(["awaiting", "received", "uninspected", "passed", "restock"], 0)
            quantities = {**empty, "requested": asked["quantity"], "pending": asked["quantity"]}
            lines.append(
                {**asked, "line_no": str(number), "sku": sku, "pence": pence,
                 "quantities": quantities}
            )  # fmt: skip
        self.returns[name] = {
            "id": name, "number": name, "status": "UNDER_REVIEW", "order_no": body["order_no"],
            "customer_id": body.get("customer_id"), "documents": body["documents"],
            "lines": lines, "settlements": [], "version": 1,
        }  # fmt: skip
        return Reply(201, {"id": name})

    def _move(self, ret: dict[str, Any], step: str) -> Reply:
        origin, target = STEPS[step]
        for line in ret["lines"]:
            units = line["quantities"]
            assert units[origin] == units["requested"], f"{step} of {ret['id']} came twice"
            units[origin], units[target] = 0, units["requested"]
            if step == "receipts":
                units["received"] = units["requested"]
            if step == "dispositions":
                self.available[line["sku"]] += units["requested"]
        return Reply(200, {})

    def _count(self, body: Any) -> Reply:
        """The record of a count outlives the key it came under."""
        sent = json.dumps(body, sort_keys=True)
        if sent not in self.counts:
            items = {item["sku"]: item["quantity"] for item in body["items"]}
            differing = {sku: units for sku, units in items.items() if self.available[sku] != units}
            self.available.update({sku: n - self.available[sku] for sku, n in differing.items()})
            listed = [{"sku": sku, "counted": units} for sku, units in differing.items()]
            self.counts[sent] = Reply(201, {"differences": listed})
        return self.counts[sent]

    def _order_row(self, row: dict[str, str]) -> None:
        order = self.orders.setdefault(
            row["order_no"],
            {"order_no": row["order_no"], "customer_id": row["customer_id"], "lines": [],
             "deliveries": [], "policy_version": row["policy_version"]},
        )  # fmt: skip
        if any(line["line_no"] == row["line_no"] for line in order["lines"]):
            return
        is_goods = row["kind"] == "goods"
        units = int(row["quantity"])
        order["lines"].append(
            {"line_no": row["line_no"], "sku": row["sku"], "kind": row["kind"],
             "shipped": units if is_goods else 0,
             "pence": round(float(row["unit_price"]) * 100)}
        )  # fmt: skip
        if is_goods:
            self.available[row["sku"]] -= units
            order["deliveries"].append(
                {"delivered_at": row["delivered_at"], "items": [{"line_no": row["line_no"]}]}
            )
