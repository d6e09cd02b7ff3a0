"""Everybody who has to do with one return, from the order to the money, as their clients ask."""

import json
from dataclasses import dataclass, field
from datetime import datetime

from tests.e2e.merchant import Json, Merchant, eventually
from tools.demo.floor import picture
from tools.demo.sale import WAREHOUSE, Sale

SALE = Sale(name="e2e-life", units=6, discount="10.00")
REASON = "UNAUTHORIZED"


@dataclass(slots=True, kw_only=True)
class Life:
    """What the clients were told on the way."""

    correlation: str
    began: datetime
    order_no: str
    return_id: str = ""
    number: str = ""
    quote: Json = field(default_factory=dict)
    available: int = 0
    scan_ids: list[str] = field(default_factory=list)
    dead: str = ""
    photo_url: str = ""
    settlement: Json = field(default_factory=dict)


def lived(merchant: Merchant) -> Life:
    """The whole life, once."""
    correlation = f"life-{merchant.run}"
    life = Life(
        correlation=correlation, began=merchant.desk.now, order_no=SALE.order_no(merchant.run)
    )
    clients = _Clients(merchant, life)
    clients.sell()
    clients.ask()
    clients.receive()
    clients.photograph()
    clients.inspect_and_dispose()
    clients.settle()
    return life


class _Clients:
    """Everybody who has to do with the return; each command carries the same correlation id."""

    def __init__(self, merchant: Merchant, lived: Life) -> None:
        self._merchant = merchant
        self._lived = lived

    def _post(self, role: str, path: str, body: Json, status: int) -> Json:
        headers = {"X-Correlation-Id": self._lived.correlation}
        own = f"/returns/{self._lived.return_id}"
        if path.startswith(f"{own}/"):
            headers["If-Match"] = self._merchant.send("auditor", "GET", own).headers["etag"]
        answer = self._merchant.send(
            role, "POST", path, body, key=self._merchant.key("life"), headers=headers
        )
        assert answer.headers["x-request-id"] == self._lived.correlation
        told: Json = answer.expect(status)
        return told

    def sell(self) -> None:
        body = SALE.body(self._merchant.run, self._merchant.desk.now)
        self._merchant.counted(SALE.sku)
        path = f"/orders/{self._lived.order_no}"
        headers = {"X-Correlation-Id": self._lived.correlation}
        made = self._merchant.send("machine", "PUT", path, body, headers=headers)
        again = self._merchant.send("machine", "PUT", path, body, headers=headers)
        made.expect(201)
        assert again.expect(200) == made.body
        self._lived.available = self._merchant.desk.available(SALE.sku)

    def ask(self) -> None:
        lived = self._lived
        line = {"order_line_no": "1", "quantity": 4, "reason": REASON}
        wish = {"order_no": lived.order_no, "warehouse": WAREHOUSE, "lines": [line]}
        lived.quote = self._post("customer", "/returns/quote", wish, 200)
        draft = self._post("customer", "/returns", {**wish, "submit": False}, 201)
        lived.return_id, lived.number = draft["id"], draft["number"]
        assert draft["status"] == "DRAFT"
        submitted = self._post("customer", f"/returns/{lived.return_id}/submit", {}, 200)
        assert submitted["status"] == "UNDER_REVIEW"
        assert submitted["quote"] == lived.quote["total"]
        approved = self._post("reviewer", f"/returns/{lived.return_id}/approve", {}, 200)
        assert approved["status"] == "APPROVED"

    def receive(self) -> None:
        """One unit over the counter, one by a scanner over HTTP, two by a scanner's own queue."""
        lived = self._lived
        counted = {"warehouse": WAREHOUSE, "items": [{"sku": SALE.sku, "quantity": 1}]}
        self._post("warehouse", f"/returns/{lived.return_id}/receipts", counted, 201)
        scans = [self._scan(place) for place in range(4)]
        results = self._post("warehouse", "/scans", {"scans": [scans[0], scans[0]]}, 202)["results"]
        assert [result["accepted"] for result in results] == [True, True]
        bad = {**scans[2], "quantity": "one"}
        self._queue(scans[1], bad, scans[3], scans[1])
        lived.dead = bad["scan_id"]
        lived.scan_ids = [scans[place]["scan_id"] for place in (0, 1, 3)]
        for scan_id in lived.scan_ids:
            outcome = self._merchant.outcome_of(scan_id)["outcome"]
            assert outcome["return_id"] == lived.return_id
            assert outcome["exception_ids"] == []

    def _scan(self, seq: int) -> Json:
        return self._merchant.scan("life", seq, return_number=self._lived.number, sku=SALE.sku)

    def _queue(self, *scans: Json) -> None:
        entries = [
            {
                "Id": str(place),
                "MessageBody": json.dumps({**scan, "correlation_id": self._lived.correlation}),
            }
            for place, scan in enumerate(scans)
        ]
        stack = self._merchant.stack
        sent = stack.boto("sqs").send_message_batch(
            QueueUrl=stack.state.queues["scans"], Entries=entries
        )
        assert len(sent["Successful"]) == len(scans)

    def photograph(self) -> None:
        path = f"/returns/{self._lived.return_id}/photos"
        content = picture("life")
        asked = {"content_type": "image/jpeg", "size": len(content), "line_no": "1"}
        form = self._post("customer", path, asked, 201)
        self._merchant.stack.upload(form["url"], form["fields"], content).expect(200, 201, 204)
        photos = eventually(
            lambda: self._merchant.send("customer", "GET", path).expect(200)["items"],
            lambda items: items[0]["state"] in ("clean", "rejected"),
        )
        assert [(photo["state"], photo["reason"]) for photo in photos] == [("clean", None)]
        self._lived.photo_url = photos[0]["url"]

    def inspect_and_dispose(self) -> None:
        lived = self._lived
        group = {"line_no": "1", "quantity": 4, "grade": "A", "result": "passed"}
        path = f"/returns/{lived.return_id}"
        self._post("inspector", f"{path}/inspections", {"groups": [group]}, 201)
        items = [
            {"line_no": "1", "quantity": 3, "disposition": "RESTOCK"},
            {"line_no": "1", "quantity": 1, "disposition": "REPACK"},
        ]
        self._post("inspector", f"{path}/dispositions", {"items": items}, 201)

    def settle(self) -> None:
        path = f"/returns/{self._lived.return_id}/settlements"
        self._lived.settlement = self._post("finance", path, {"mode": "execute"}, 201)
