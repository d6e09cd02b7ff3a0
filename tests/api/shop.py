"""A shop with one return under review, and commands of its people through the door."""

from typing import Any

from tests.api.door import Door, Reply
from tests.api.test_lifecycle import COUNT, ORDER, RETURN


def opened(door: Door) -> str:
    """Ten units in stock, three sold; two of them are asked back. The id of the return."""
    door.ask("warehouse", "POST", "/v1/stock/counts", COUNT, Idempotency_Key="c-1").expect(201)
    door.ask("machine", "PUT", "/v1/orders/SO-1", ORDER).expect(201)
    created = door.ask("customer", "POST", "/v1/returns", RETURN).expect(201)
    return str(created["id"])


def command(
    door: Door, who: str, return_id: str, name: str, body: Any = None, **headers: str
) -> Reply:
    """Any: JSON. Header names with _ for -."""
    sent = {"Idempotency_Key": f"{return_id}-{name}", **headers}
    return door.ask(who, "POST", f"/v1/returns/{return_id}/{name}", body or {}, **sent)


RECEIPT = {"warehouse": "WH1", "items": [{"sku": "85123A", "quantity": 2}]}
INSPECTION = {"groups": [{"line_no": "1", "quantity": 2, "grade": "A", "result": "passed"}]}
DISPOSITION = {"items": [{"line_no": "1", "quantity": 2, "disposition": "RESTOCK"}]}
