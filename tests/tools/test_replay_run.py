"""The whole replay against a small model of the API: right, wrong, killed and run again."""

import contextlib
import csv
import io
import json
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tools.replay.journal import Journal
from tools.replay.progress import Screen
from tools.replay.run import Options, Outcome, Replay, WarehouseInUse
from tools.stack.errors import StackError

HEADER = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n"
FILE = HEADER + (
    "1,22065,A,5,2010-01-01T09:00:00,1.25,7,France\n"
    "1,POST,POSTAGE,1,2010-01-01T09:00:00,18,7,France\n"
    "1,22065,A,3,2010-01-01T09:00:00,1.00,7,France\n"
    "2,22065,A,2,2010-01-02T09:00:00,2.00,7,France\n"
    "3,84406B,B,9,2010-01-02T09:00:00,0,8,EIRE\n"
    "4,POST,POSTAGE,1,2010-01-01T09:00:00,18,7,France\n"
    "C5,22065,A,-6,2010-01-03T09:00:00,1.25,7,France\n"
    "C5,99999,Z,-6,2010-01-03T09:00:00,1.25,7,France\n"
    "C6,84406B,B,-4,2010-01-04T09:00:00,0,8,EIRE\n"
    "C7,22065,A,-6,2010-01-05T09:00:00,1.25,7,France\n"
    "C8,22065,A,-1,2010-01-05T09:00:00,1.25,,France\n"
)
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

    def _create(self, body: Any) -> Reply:
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
             "deliveries": []},
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


def replayed(model: Model, folder: Path, *, text: str = FILE, standstill_s: float = 0.0) -> Outcome:
    file = folder / "sales.csv"
    file.write_text(text, encoding="utf-8")
    # The model stands for the stack: it offers the same `api` and `upload`.
    stack: Any = model
    options = Options(warehouse="LDN", workers=2, standstill_s=standstill_s)
    return Replay(stack, Journal(folder / "journal.jsonl"), Screen(quiet=True), options).run(file)


def figure(outcome: Outcome, name: str) -> tuple[str, str]:
    row = next(row for row in outcome.rows if row.figure == name)
    return row.system, row.file


def test_a_replay_ends_with_the_figures_of_the_file(tmp_path: Path) -> None:
    outcome = replayed(Model(), tmp_path)

    assert outcome.is_right, outcome
    assert figure(outcome, "orders") == ("3", "3")
    assert figure(outcome, "goods order lines") == ("4", "4")
    assert figure(outcome, "units matched") == ("14", "14")
    assert figure(outcome, "units unmatched") == ("9", "9")
    # C5 takes 2 at 2.00, 3 at 1.00 and 1 at 1.25; C7 the other 4 at 1.25; C6 4 at nothing.
    assert figure(outcome, "refund total, GBP") == ("13.25", "13.25")


def test_a_second_run_changes_nothing_with_or_without_its_journal(tmp_path: Path) -> None:
    model = Model()
    first = replayed(model, tmp_path)

    second = replayed(model, tmp_path)
    (tmp_path / "journal.jsonl").unlink()
    third = replayed(model, tmp_path)

    assert first.rows == second.rows == third.rows


@given(moments=st.lists(st.integers(1, 70), min_size=1, max_size=3), keep_journal=st.booleans())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_killed_anywhere_and_run_again_the_totals_are_the_same(
    tmp_path_factory: pytest.TempPathFactory, moments: list[int], keep_journal: bool
) -> None:
    folder = tmp_path_factory.mktemp("replay")
    model = Model()
    for moment in moments:
        model.kill_at = model.requests + moment
        with contextlib.suppress(Killed):
            replayed(model, folder)
        if not keep_journal:
            (folder / "journal.jsonl").unlink(missing_ok=True)
    model.kill_at = None

    outcome = replayed(model, folder)

    assert outcome.is_right, outcome


def test_without_its_keys_a_late_run_finds_the_returns_by_their_documents(tmp_path: Path) -> None:
    model = Model()
    replayed(model, tmp_path, text="\n".join(FILE.splitlines()[:-1]) + "\n")
    model.kept.clear()
    (tmp_path / "journal.jsonl").unlink()

    outcome = replayed(model, tmp_path, text="\n".join(FILE.splitlines()[:-1]) + "\n")

    assert outcome.is_right, outcome


def test_lost_answers_are_asked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model()
    model.lose_every = 5
    monkeypatch.setattr("tools.replay.caller._WAIT_S_MAX", 0.0)

    outcome = replayed(model, tmp_path)

    assert outcome.is_right, outcome


def lose_a_unit(model: Model) -> None:
    model.available["22065"] -= 1


def pay_a_penny_more(model: Model) -> None:
    settlement = next(ret["settlements"][0] for ret in model.returns.values() if ret["settlements"])
    settlement["amount"] = money(settlement["pence"] + 1)


def forget_a_blind_return(model: Model) -> None:
    blind = next(ret for ret in model.returns.values() if ret["order_no"] is None)
    blind["lines"][0]["quantities"]["requested"] -= 1


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        pytest.param(lose_a_unit, "ledger: units available", id="a unit missing in the ledger"),
        pytest.param(pay_a_penny_more, "refund total, GBP", id="a penny too much"),
        pytest.param(forget_a_blind_return, "units unmatched", id="an unmatched unit dropped"),
    ],
)
def test_a_difference_is_told(tmp_path: Path, fault: Any, name: str) -> None:
    model = Model()
    replayed(model, tmp_path)

    fault(model)
    outcome = replayed(model, tmp_path)

    assert not outcome.is_right
    assert name in [row.figure for row in outcome.rows if not row.is_equal]


def test_a_refused_return_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    model = Model()
    replayed(model, tmp_path, text="\n".join(FILE.splitlines()[:7]) + "\n")
    model.returns["ret_x"] = {
        "id": "ret_x", "number": "x", "order_no": "3", "customer_id": "8", "documents": [],
        "status": "UNDER_REVIEW", "settlements": [],
        "lines": [{"order_line_no": "1", "quantities": {"requested": 8}}],
    }  # fmt: skip

    outcome = replayed(model, tmp_path)

    assert not outcome.is_right
    assert [failure.split(":")[0] for failure in outcome.failures] == ["replay-C6-3"]
    assert len([ret for ret in model.returns.values() if ret["status"] == "COMPLETED"]) == 3


def test_a_warehouse_that_was_opened_for_another_file_is_left_alone(tmp_path: Path) -> None:
    model = Model()
    replayed(model, tmp_path)
    stock = dict(model.available)

    with pytest.raises(WarehouseInUse, match="warehouse LDN"):
        replayed(model, tmp_path, text=FILE.replace(",5,2010", ",7,2010"))

    assert model.available == stock


def test_lists_that_lag_are_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.replay.reading._LOOK_S", 0.0)
    model = Model()
    model.lag = 3

    outcome = replayed(model, tmp_path, standstill_s=5)

    assert outcome.is_right, outcome
    assert model.lag == 0


def test_rejected_rows_end_the_run(tmp_path: Path) -> None:
    model = Model()
    model.rejected = 2

    with pytest.raises(Exception, match="rejected 2 rows"):
        replayed(model, tmp_path)
