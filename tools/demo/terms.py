"""Scenes of a merchant's own policy: fees, two persons, kept goods, an override, the explanation.

The policy is examples/policy.json under names of the run's own; `publish` puts it in force first.
"""

import json
from datetime import datetime, timedelta
from typing import Any

from tools.demo.desk import READER, Desk, Unexpected, kept_money, refused_with
from tools.demo.sale import WAREHOUSE, Sale, policy_of
from tools.demo.scenes import Scene
from tools.generator import rfc3339
from tools.stack.places import ROOT

POLICY_FILE = ROOT / "examples" / "policy.json"
OWN = "own"
"""What the policy is called in a run."""
SINCE = timedelta(days=90)
"""How long the policy has been in force: everything of a run was bought under it."""


def document(run: str, now: datetime) -> dict[str, Any]:
    """The policy document of the run. Any: JSON."""
    form: dict[str, Any] = json.loads(POLICY_FILE.read_text("utf-8"))
    policy = policy_of(run, OWN)
    since = rfc3339(now - SINCE)
    return {**form, "policy": policy, "version": f"{policy}-1", "effective_from": since}


def publish(desk: Desk, form: dict[str, Any]) -> str:
    """The version, in force at once: the first one of a policy may have begun before."""
    path = f"/policies/{form['version']}"
    drafted = desk.caller.put("reviewer", path, form, key=desk.key("draft"))
    key = desk.key("publish")
    desk.caller.post("admin", f"{path}/publish", {}, key=key, version=drafted["version"])
    return str(form["version"])


def request(desk: Desk, sale: Sale, units: int = 1, **more: Any) -> dict[str, Any]:
    """What somebody asks for who changed their mind; `more` are further fields. Any: JSON."""
    line = {"order_line_no": "1", "quantity": units, "reason": "CHANGED_MIND"}
    order_no = sale.order_no(desk.run)
    return {"order_no": order_no, "warehouse": WAREHOUSE, "lines": [line], **more}


def _fees(desk: Desk, sale: Sale) -> str:
    """Three units in two parcels, each paid for when it is there."""
    desk.sell(sale)
    quoted = desk.caller.post(
        "customer", "/returns/quote", request(desk, sale, 3), key=desk.key("quote")
    )
    case = desk.open("customer", request(desk, sale, 3))
    case.approve()
    for units in (1, 2):
        case.receive({"sku": sale.sku, "quantity": units})
        case.restock_and_settle()
    now = case.now()
    kept = [
        [f"{fee['kind']} {fee['amount']['amount']}" for fee in settlement["fees"]]
        for settlement in now["settlements"]
    ]
    if kept != [["restocking 5.00", "flat 5.00"], ["restocking 10.00"]]:
        raise Unexpected(f"return {case.number} was charged {kept}")
    refund = f"{quoted['refund']['amount']} {quoted['refund']['currency']}"
    told = case.must_be(status="COMPLETED", settled=3, paid=refund)
    return f"{_told(kept)}: kept {kept_money(now)}; as quoted, {told}"


def _told(kept: list[list[str]]) -> str:
    return ", then ".join(" and ".join(fees) for fees in kept)


def _two_persons(desk: Desk, sale: Sale) -> str:
    case = desk.ask(sale, 1, role="customer")
    case.approve()
    again = refused_with("same_person", case.approve)
    missing = case.now()["approvals_missing"]
    if missing != 1:
        raise Unexpected(f"{missing} persons are missing after the first yes, not 1")
    case.approve(role="senior_reviewer")
    case.receive()
    case.restock_and_settle()
    told = case.must_be(status="COMPLETED", paid="2715.00 EUR")
    return f"the same person again is {again}; a second one approves, {told}"


def _kept(desk: Desk, sale: Sale) -> str:
    desk.sell(sale)
    before = desk.available(sale.sku)
    case = desk.open("customer", request(desk, sale))
    case.settle()
    if desk.available(sale.sku) != before:
        raise Unexpected("stock moved, though nothing came back")
    told = case.must_be(status="COMPLETED", kept=1, received=0, paid="8.00 EUR")
    return f"approved by the policy alone; {told}"


def _overridden(desk: Desk, sale: Sale) -> str:
    desk.sell(sale)
    refused = refused_with("outside_window", lambda: desk.open("support", request(desk, sale)))
    why = {"reason": "The parcel lay at the post office for weeks."}
    case = desk.open("senior_reviewer", request(desk, sale, override=why))
    own = refused_with("same_person", lambda: case.approve(role="senior_reviewer"))
    case.approve()
    override = case.now()["override"]
    if (override["codes"], override["reason"]) != (["outside_window"], why["reason"]):
        raise Unexpected(f"return {case.number} keeps this of its override: {override}")
    case.receive()
    case.restock_and_settle()
    told = case.must_be(status="COMPLETED", paid="80.00 EUR")
    return f"{refused}; overridden; who did is {own}; approved by another, {told}"


def _explained(desk: Desk, sale: Sale) -> str:
    """Each rule of the document is in the trace, and the facts that it asked decide the same."""
    case = desk.ask(sale, 1, role="customer")
    told = desk.caller.get(READER, f"/returns/{case.id}/decision")
    (line,) = told["lines"]
    wanted = [rule["id"] for rule in document(desk.run, desk.now)["rules"]]
    if [rule["rule"] for rule in line["rules"]] != wanted or not told["replays"]:
        raise Unexpected(f"return {case.number} is explained so: {told}")
    asked = sum(len(rule["facts"]) for rule in line["rules"])
    (held,) = (rule for rule in line["rules"] if rule["held"])
    if held["rule"] != "all-else":
        raise Unexpected(f"rule {held['rule']} decided, not all-else")
    case.reject("NOT_ELIGIBLE")
    return (
        f"{len(wanted)} rules asked {asked} facts, {held['rule']} decided "
        f"{', '.join(held['decides'])}; decided again it comes out the same"
    )


def _own(name: str, **more: Any) -> Sale:
    """A sale under the policy of the run; `more` are fields of Sale, as is."""
    return Sale(name=name, own_policy=OWN, **more)


TERMS = (
    Scene(title="Own policy: 15 % restocking, flat fee once", play=_fees,
          sale=_own("fees", units=3, price="33.33")),
    Scene(title="Two persons approve above 3,000", play=_two_persons,
          sale=_own("laptop", price="3200.00")),
    Scene(title="Item is kept, money goes back", play=_kept, sale=_own("kept", price="8.00")),
    Scene(title="Outside the window, overridden by a senior with a reason", play=_overridden,
          sale=_own("overridden", days_ago=45)),
    Scene(title="Why: the decision explained", play=_explained, sale=_own("why", price="40.00")),
)  # fmt: skip
