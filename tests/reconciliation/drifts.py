"""Books whose stored records are changed behind their back, and what each such drift must show."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chalicelib.jobs.model import Job, JobState
from chalicelib.reconciliation.service import new_reconciliation
from chalicelib.returns.model import Return
from tests.builders import Shop
from tests.stage import Stage
from tests.workbench import Workbench

Finding = tuple[str, str]


@dataclass(slots=True)
class Books:
    """A shop with some history, and hands that change what is stored behind its back."""

    stage: Stage
    shop: Shop
    ret: Return

    def body(self, pk: str, sk: str) -> Any:
        return json.loads(self._item(pk, sk)["body"]["S"])

    def change(self, pk: str, sk: str, edit: Callable[[Any], None]) -> None:
        """Edit a stored record's body."""
        stored = self._item(pk, sk)
        body = json.loads(stored["body"]["S"])
        edit(body)
        self.stage.dynamodb.put_item(
            TableName="core", Item={**stored, "body": {"S": json.dumps(body)}}
        )

    def set(self, pk: str, sk: str, **attributes: int) -> None:
        """Set numbers of an item."""
        changed = {name: {"N": str(number)} for name, number in attributes.items()}
        self.stage.dynamodb.put_item(TableName="core", Item={**self._item(pk, sk), **changed})

    def delete(self, pk: str, sk: str) -> None:
        self.stage.dynamodb.delete_item(TableName="core", Key={"pk": {"S": pk}, "sk": {"S": sk}})

    def find(self, pk: str, prefix: str) -> list[str]:
        """Sort keys of a partition."""
        return sorted(
            i["sk"]["S"]
            for i in self.stage._all("core")
            if i["pk"]["S"] == pk and i["sk"]["S"].startswith(prefix)
        )

    @property
    def return_pk(self) -> str:
        return f"RETURN#{self.ret.return_id}"

    def reconcile(self) -> tuple[Job, list[dict[str, Any]]]:
        bench = Workbench(self.stage, now=self.shop.now)
        job, _ = bench.work(bench.job(new_reconciliation()))
        assert job.state is JobState.SUCCEEDED, job.error_message
        report = json.loads(self.stage.objects()[str(job.result["report_key"])])
        return job, list(report["findings"])

    def found(self) -> list[Finding]:
        return sorted((f["kind"], f["subject"]) for f in self.reconcile()[1])

    def _item(self, pk: str, sk: str) -> Any:
        key = {"pk": {"S": pk}, "sk": {"S": sk}}
        return self.stage.dynamodb.get_item(TableName="core", Key=key)["Item"]


STOCK = "STOCK#A#SKU-1"
AVAILABLE = "BALANCE#available#"


def balance_up(books: Books) -> list[Finding]:
    books.set(STOCK, AVAILABLE, quantity=3)
    return [("balance_quantity", "stock/A/SKU-1/-/available")]


def value_up(books: Books) -> list[Finding]:
    books.set(STOCK, AVAILABLE, value_EUR=1)
    return [("balance_value", "stock/A/SKU-1/-/available")]


def balance_gone(books: Books) -> list[Finding]:
    books.delete(STOCK, AVAILABLE)
    place = "stock/A/SKU-1/-/available"
    return [("balance_quantity", place), ("balance_value", place)]


def stock_below_zero(books: Books) -> list[Finding]:
    books.set(STOCK, AVAILABLE, quantity=-1)
    place = "stock/A/SKU-1/-/available"
    return [("balance_quantity", place), ("negative_stock", place)]


def movement_gone(books: Books) -> list[Finding]:
    [movement] = books.find("ORDER#O-2", "MOVEMENT#")
    books.delete("ORDER#O-2", movement)
    places = [f"stock/A/SKU-1/L1/{account}" for account in ("available", "customer")]
    kinds = ("balance_quantity", "balance_value")
    return [
        *[(kind, place) for kind in kinds for place in places],
        *[("order_goods", "order/O-2")] * 2,
    ]


def movement_one_sided(books: Books) -> list[Finding]:
    [movement] = books.find("ORDER#O-2", "MOVEMENT#")
    movement_id = movement.split("#")[1]

    def edit(body: Any) -> None:
        body["entries"][1]["quantity"] = 3

    books.change("ORDER#O-2", movement, edit)
    place = "stock/A/SKU-1/L1/customer"
    return [
        ("balance_quantity", place),
        ("balance_value", place),
        ("movement_unbalanced", f"movement/{movement_id}"),
        ("order_goods", "order/O-2"),
    ]


def reservation_orphan(books: Books) -> list[Finding]:
    def edit(body: Any) -> None:
        body["lines"][1]["reservations"].append(
            {"holder_id": "ret_nobody", "kind": "return", "units": [{"first": 3, "count": 1}]}
        )

    books.change("ORDER#O-1", "ORDER", edit)
    return [("reservation_orphan", "order/O-1")]


def reservation_missing(books: Books) -> list[Finding]:
    books.change("ORDER#O-1", "ORDER", lambda body: body["lines"][0].update(reservations=[]))
    return [("reservation_missing", "order/O-1")]


def reservation_short(books: Books) -> list[Finding]:
    def edit(body: Any) -> None:
        body["lines"][0]["reservations"][0]["units"] = [{"first": 1, "count": 1}]

    books.change("ORDER#O-1", "ORDER", edit)
    return [("reservation_differs", "order/O-1")]


def reservation_twice(books: Books) -> list[Finding]:
    def edit(body: Any) -> None:
        body["lines"][0]["reservations"].append(
            {"holder_id": "exc_1", "kind": "exchange", "units": [{"first": 2, "count": 1}]}
        )

    books.change("ORDER#O-1", "ORDER", edit)
    return [("reservation_overlap", "order/O-1"), ("reservation_orphan", "order/O-1")]


def reserved_above_shipped(books: Books) -> list[Finding]:
    def edit(body: Any) -> None:
        body["lines"][0]["reservations"].append(
            {"holder_id": "exc_1", "kind": "exchange", "units": [{"first": 6, "count": 1}]}
        )

    books.change("ORDER#O-1", "ORDER", edit)
    return [("reserved_above_shipped", "order/O-1"), ("reservation_orphan", "order/O-1")]


def refund_not_booked(books: Books) -> list[Finding]:
    def edit(body: Any) -> None:
        body["payments"][0]["refunded_by_us"]["minor"] -= 1

    books.change("ORDER#O-1", "ORDER", edit)
    return [("payment_refunded", "order/O-1")]


def pending_left(books: Books) -> list[Finding]:
    def edit(body: Any) -> None:
        body["payments"][0]["pending"]["minor"] = 5

    books.change("ORDER#O-1", "ORDER", edit)
    return [("payment_pending", "order/O-1")]


def refunded_above_captured(books: Books) -> list[Finding]:
    def edit(body: Any) -> None:
        body["payments"][0]["captured"]["minor"] = 1

    books.change("ORDER#O-1", "ORDER", edit)
    return [("payment_over_refunded", "order/O-1")]


def event_gone(books: Books) -> list[Finding]:
    books.delete(books.return_pk, "EVENT#00000003")
    return [("event_gap", books.ret.subject)]


def last_event_gone(books: Books) -> list[Finding]:
    books.delete(books.return_pk, books.find(books.return_pk, "EVENT#")[-1])
    return [("event_gap", books.ret.subject)]


def event_changed(books: Books) -> list[Finding]:
    books.change(
        books.return_pk, "EVENT#00000002", lambda body: body["data"].update(customer_id="me")
    )
    return [("event_hash", books.ret.subject)]


def units_elsewhere(books: Books) -> list[Finding]:
    def edit(body: Any) -> None:
        for group in body["lines"][0]["groups"]:
            if group["account"] == "available":
                group["account"] = "damaged"

    books.change(books.return_pk, "RETURN", edit)
    return [("return_buckets", books.ret.subject), *[("return_goods", books.ret.subject)] * 2]


def units_twice(books: Books) -> list[Finding]:
    def edit(body: Any) -> None:
        rejected = next(g for g in body["lines"][0]["groups"] if g["authorization"] == "REJECTED")
        rejected["units"] = [{"first": 1, "count": 1}]

    books.change(books.return_pk, "RETURN", edit)
    return [("return_buckets", books.ret.subject)]


def settled_too_much(books: Books) -> list[Finding]:
    def edit(body: Any) -> None:
        body["settlements"][0]["amount"]["minor"] += 1

    books.change(books.return_pk, "RETURN", edit)
    return [("settlement_fees", books.ret.subject), ("settlement_legs", books.ret.subject)]


def return_gone(books: Books) -> list[Finding]:
    books.delete(books.return_pk, "RETURN")
    return [
        ("document_missing", books.ret.subject),
        *[("given_differs", "order/O-1")] * 2,
        ("payment_refunded", "order/O-1"),
        *[("reservation_orphan", "order/O-1")] * 2,
    ]


def given_forgotten(books: Books) -> list[Finding]:
    """What went back of two lines would go back once more."""
    books.change("ORDER#O-1", "ORDER", lambda body: body["given"].update(units=[]))
    return [("given_differs", "order/O-1")] * 2


def exception_gone(books: Books) -> list[Finding]:
    own = next(
        i["pk"]["S"]
        for i in books.stage._all("core")
        if i["type"]["S"] == "EXCEPTION" and json.loads(i["body"]["S"])["sku"] == "SKU-9"
    )
    books.delete(own, "EXCEPTION")
    subject = f"exception/{own.partition('#')[2]}"
    return [("document_missing", subject), *[("return_goods", books.ret.subject)] * 2]


def unreadable(books: Books) -> list[Finding]:
    books.change("ORDER#O-2", "ORDER", lambda body: body.update(lines="none"))
    return [("unreadable_record", "order/O-2")]


DRIFTS = (
    balance_up, value_up, balance_gone, stock_below_zero, movement_gone, movement_one_sided,
    reservation_orphan, reservation_missing, reservation_short, reservation_twice,
    reserved_above_shipped, refund_not_booked, pending_left, refunded_above_captured, event_gone,
    last_event_gone, event_changed, units_elsewhere, units_twice, settled_too_much, return_gone,
    given_forgotten, exception_gone, unreadable,
)  # fmt: skip
