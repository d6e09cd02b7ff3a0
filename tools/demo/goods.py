"""Scenes of what becomes of goods: work, scrap, back to the supplier, stock that runs low."""

from collections.abc import Mapping
from typing import Any

from tools.demo.desk import READER, Case, Desk, Unexpected, refused_with
from tools.demo.sale import WAREHOUSE, Sale
from tools.demo.scenes import Scene
from tools.demo.warehouse import paper
from tools.generator import rfc3339

SUPPLIER = "sup-1001"
"""The supplier whose account the local stack makes."""
_SUPPLIER = {
    "name": "Brightwerk GmbH",
    "currency": "EUR",
    "terms": {"address_ref": "addr-brightwerk", "carrier": "dhl", "credit_share": "0.80"},
    "criteria": [{"code": "BROKEN", "titles": {"en": "Broken", "zh-CN": "破裂"}}],
    "limits": [{"per_thousand": "5"}],
}


def _eur(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


def _text(amount: Mapping[str, str]) -> str:
    return f"{amount['amount']} {amount['currency']}"


def _here(desk: Desk, sale: Sale, units: int, *, grade: str, result: str, fault: str) -> Case:
    """Asked for, approved, received and inspected."""
    case = desk.ask(sale, units)
    case.approve()
    case.receive()
    case.inspect(grade=grade, result=result, fault=fault)
    return case


def _repacked(desk: Desk, sale: Sale) -> str:
    """Two units get new boxes in the house, at a price; then they are on the shelf again."""
    case = _here(desk, sale, 2, grade="B", result="passed", fault="none")
    before = desk.available(sale.sku)
    case.dispose("REPACK")
    body = {
        "kind": "REPACK", "warehouse": WAREHOUSE,
        "units": [{"return_id": case.id, "line_no": "1", "quantity": 2}],
    }  # fmt: skip
    order = desk.caller.post("warehouse", "/work-orders", body, key=desk.key("work"))
    order = _work(desk, order, "send", {})
    at_work = desk.available(sale.sku) - before
    done = {"line_no": "1", "quantity": 2, "outcome": "RESTOCK", "grade": "A", "cost": _eur("3.00")}
    order = _work(desk, order, "back", {"results": [{**done, "work": "NEW_BOX"}]})
    gained = desk.available(sale.sku) - before
    if (order["state"], at_work, gained) != ("DONE", 0, 2):
        raise Unexpected(f"{order['state']}: stock rose by {at_work} at work and {gained} after")
    case.settle()
    told = case.must_be(status="COMPLETED", restock=2, paid="50.00 EUR")
    return f"2 in new boxes for {_text(order['lines'][0]['back'][0]['cost'])}; {told}"


def _work(desk: Desk, order: Mapping[str, Any], step: str, body: Mapping[str, Any]) -> Any:
    """The order after a step. Any: JSON."""
    path, key = f"/work-orders/{order['id']}/{step}", desk.key(step)
    return desk.caller.post("warehouse", path, body, key=key, version=order["version"])


def _scrapped(desk: Desk, sale: Sale) -> str:
    """Worth 600 at cost, above the limit of 500: on hold until another person agrees."""
    case = _here(desk, sale, 1, grade="D", result="failed", fault="customer")
    item = {"line_no": "1", "quantity": 1, "disposition": "SCRAP", "proof": {"witness": "usr-204"}}
    case.command("warehouse", "dispositions", {"items": [item]})
    case.must_be(hold=1, scrap=0)
    again = refused_with("same_person", lambda: case.agree_to_scrap("warehouse"))
    agreed = case.agree_to_scrap("finance")
    told = case.must_be(status="COMPLETED", hold=0, scrap=1, paid="0.00 EUR")
    (worth,) = agreed["worth"]
    return f"worth {_text(worth)}: held, the same person is {again}; another agrees, {told}"


def _to_vendor(desk: Desk, sale: Sale) -> str:
    """Bad goods go back: in quarantine until they leave, claimed at 80 % of cost, made good."""
    desk.caller.put("machine", f"/suppliers/{SUPPLIER}", _SUPPLIER, key=desk.key("supplier"))
    case = _here(desk, sale, 3, grade="D", result="failed", fault="maker")
    case.dispose("RTV")
    case.settle()
    body = {"warehouse": WAREHOUSE, "items": [{"return_id": case.id}]}
    path = f"/suppliers/{SUPPLIER}/returns-to-vendor"
    document = desk.caller.post("warehouse", path, body, key=desk.key("rtv"))
    document = _vendor(desk, "warehouse", document, "send", {})
    document = _vendor(desk, "supplier", document, "acknowledge", {"reference": f"RMA-{desk.run}"})
    list_path = f"/returns-to-vendor/{document['id']}/packing-list"
    packed = desk.caller.get("warehouse", list_path)
    size = paper(desk, f"{list_path}/document", "en", has=document["number"])
    shipped = {"tracking_no": f"JD{desk.run}"}
    document = _vendor(desk, "warehouse", document, "ship", shipped)
    claim = _recovered(desk, f"/vendor-claims/{document['claim_id']}")
    document = desk.caller.get(READER, f"/returns-to-vendor/{document['number']}")
    told = case.must_be(status="COMPLETED", rtv=3, paid="75.00 EUR")
    if (document["state"], packed["units"]) != ("CREDITED", 3):
        raise Unexpected(f"document {document['number']}: {document['state']}, packed {packed}")
    return (
        f"{document['number']}: 3 packed (list {size}) and shipped, {_text(claim['recovered'])} of "
        f"{_text(claim['amount'])} made good, {claim['state']}; {told}; {_scorecard(desk, sale)}"
    )


def _vendor(
    desk: Desk, role: str, document: Mapping[str, Any], step: str, body: Mapping[str, Any]
) -> Any:
    """The document after a step. Any: JSON."""
    path, key = f"/returns-to-vendor/{document['id']}/{step}", desk.key(step)
    return desk.caller.post(role, path, body, key=key, version=document["version"])


def _recovered(desk: Desk, path: str) -> Mapping[str, Any]:
    claim = desk.caller.get(READER, path)
    body = {"amount": claim["amount"], "reference": f"CN-{desk.run}"}
    key, version = desk.key("recover"), claim["version"]
    paid: Mapping[str, Any] = desk.caller.post(
        "finance", f"{path}/recover", body, key=key, version=version
    )
    if (paid["state"], paid["amount"]) != ("RECOVERED", _eur("24.00")):
        raise Unexpected(f"the claim of 80 % of 30.00 is {paid['state']} at {paid['amount']}")
    return paid


def _scorecard(desk: Desk, sale: Sale) -> str:
    """What is folded by the hour, folded now. The supplier is the same one in every run."""
    desk.job("finance", "/metrics/runs")
    since = desk.now.strftime("%Y-%m-%dT00:00:00Z")
    until = rfc3339(desk.now.replace(hour=23, minute=59, second=59))
    card = desk.caller.get("supplier", f"/suppliers/{SUPPLIER}/scorecard?from={since}&to={until}")
    of_sku = next((one for one in card["by_sku"] if one["sku"] == sale.sku), None)
    if of_sku is None or of_sku["defective"] < 3 or not card["rtv_units"]:
        raise Unexpected(f"the scorecard of {SUPPLIER} says {card}")
    (judged,) = card["judged"]
    return (
        f"scorecard: {of_sku['defective']} of {of_sku['sold']} defective, "
        f"{'over' if judged['over'] else 'within'} the {judged['limit']['per_thousand']} of 1,000"
    )


def _low_stock(desk: Desk, sale: Sale) -> str:
    """Corrected below its level an alert is raised, and it ends by itself when some are found."""
    there = desk.available(sale.sku)
    level = {
        "warehouse": WAREHOUSE, "sku": sale.sku, "reorder_point": there - 1, "safety_stock": 2,
    }  # fmt: skip
    desk.caller.put("machine", "/stock/levels", level, key=desk.key("level"))
    _adjust(desk, sale.sku, "lost", -2)
    (alert,) = _alerts(desk, sale.sku, 1)
    path = f"/stock/atp?sku={sale.sku}&warehouse={WAREHOUSE}"
    (promised,) = desk.caller.get("machine", path)["items"]
    if (alert["quantity"], promised["atp"]) != (there - 2, there - 4):
        raise Unexpected(f"of {there} the alert says {alert['quantity']}, ATP {promised['atp']}")
    _adjust(desk, sale.sku, "found", 2)
    _alerts(desk, sale.sku, 0)
    if desk.available(sale.sku) != there:
        raise Unexpected(f"there were {there}, and now {desk.available(sale.sku)}")
    return f"2 lost of {there}: {alert['kind']}, ATP {promised['atp']}; 2 found: the alert is over"


def _adjust(desk: Desk, sku: str, reason: str, change: int) -> None:
    item: dict[str, Any] = {"sku": sku, "change": change}
    if change > 0:
        item["unit_cost"] = _eur("10.00")
    body = {"warehouse": WAREHOUSE, "reason": reason, "items": [item]}
    made = desk.caller.post("warehouse", "/stock/adjustments", body, key=desk.key("adjust"))
    if made["state"] != "posted":
        raise Unexpected(f"a correction of {change} units is {made['state']}")


def _alerts(desk: Desk, sku: str, count: int) -> list[Mapping[str, Any]]:
    """The open alerts of a SKU, once there are so many."""

    def look() -> list[Mapping[str, Any]]:
        rows = desk.caller.pages(READER, f"/stock/alerts?warehouse={WAREHOUSE}&kind=low_stock")
        return [row for row in rows if row["sku"] == sku]

    found: list[Mapping[str, Any]] = desk.until(
        look, lambda rows: len(rows) == count, f"{count} alerts of {sku}"
    )
    return found


GOODS = (
    Scene(title="Repacked by a work order", play=_repacked,
          sale=Sale(name="repack", units=2, price="25.00")),
    Scene(title="Scrap above the limit takes two", play=_scrapped,
          sale=Sale(name="scraptwo", price="900.00", line={"unit_cost": _eur("600.00")})),
    Scene(title="Back to the supplier, claimed and recovered", play=_to_vendor,
          sale=Sale(name="vendor", units=3, price="25.00", line={"supplier_id": SUPPLIER})),
    Scene(title="Stock runs low, then is found", play=_low_stock, sale=Sale(name="low")),
)  # fmt: skip
