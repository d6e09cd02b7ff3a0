"""The scenes of the demo over HTTP: each plays one outcome and says what must come of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tools.demo.desk import READER, Case, Desk, Unexpected, refused_with
from tools.demo.sale import WAREHOUSE, Pay, Sale

Play = Callable[[Desk, Sale], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A title for people, what is sold, and the play: it raises, or tells what came of it."""

    title: str
    sale: Sale
    play: Play


def _refunded(desk: Desk, sale: Sale) -> str:
    case = desk.ask(sale, 1, role="customer")
    case.approve()
    case.receive()
    case.restock_and_settle()
    return case.must_be(status="COMPLETED", paid="96.67 EUR", restock=1)


def _partly_approved(desk: Desk, sale: Sale) -> str:
    case = desk.ask(sale, 3)
    case.approve(2)
    case.receive()
    case.restock_and_settle()
    return case.must_be(status="COMPLETED", paid="80.00 EUR", rejected=1, restock=2)


def _rejected(desk: Desk, sale: Sale) -> str:
    case = desk.ask(sale, 2)
    case.reject("NOT_ELIGIBLE")
    told = case.must_be(status="REJECTED", paid="0.00 EUR", rejected=2)
    again = desk.caller.get(READER, f"/orders/{sale.order_no(desk.run)}")
    if again["lines"][0]["returnable_quantity"] != 2:
        raise Unexpected("rejected units did not become returnable again")
    return f"{told}; both units are returnable again"


def _refused_by(code: str) -> Play:
    """The policy says no when the return is asked for."""

    def play(desk: Desk, sale: Sale) -> str:
        return refused_with(code, lambda: desk.ask(sale, 1))

    return play


def _twice_asked(desk: Desk, sale: Sale) -> str:
    case = desk.ask(sale, 3)
    told = refused_with("not_returnable_quantity", lambda: desk.ask(sale, 3))
    case.reject("NOT_ELIGIBLE")
    return told


def _surplus(desk: Desk, sale: Sale) -> str:
    case = desk.ask(sale, 2)
    case.approve()
    exceptions = case.receive({"sku": sale.sku, "quantity": 3})
    kinds = [desk.exception(one)["kind"] for one in exceptions]
    if kinds != ["OVER"]:
        raise Unexpected(f"one exception OVER expected, not {kinds}")
    case.restock_and_settle()
    return "exception OVER; " + case.must_be(received=2, restock=2, paid="60.00 EUR")


def _wrong_sku(desk: Desk, sale: Sale) -> str:
    case = desk.ask(sale, 1)
    case.approve()
    exceptions = case.receive({"sku": "DEMO-STRANGER", "quantity": 1})
    kinds = [desk.exception(one)["kind"] for one in exceptions]
    if kinds != ["WRONG_SKU"]:
        raise Unexpected(f"one exception WRONG_SKU expected, not {kinds}")
    return "exception WRONG_SKU; " + case.must_be(awaiting=1, received=0, paid="0.00 EUR")


def _swapped_serial(desk: Desk, sale: Sale) -> str:
    case = desk.ask(sale, 1, serials=(sale.serials[0],))
    case.approve()
    exceptions = case.receive({"sku": sale.sku, "quantity": 1, "serials": ["SN-FOREIGN"]})
    kinds = [desk.exception(one)["kind"] for one in exceptions]
    if kinds != ["SERIAL_MISMATCH"]:
        raise Unexpected(f"one exception SERIAL_MISMATCH expected, not {kinds}")
    return "exception SERIAL_MISMATCH; " + case.must_be(awaiting=1, received=0)


def _failed(desk: Desk, sale: Sale) -> str:
    case = desk.ask(sale, 1)
    case.approve()
    case.receive()
    case.inspect(grade="D", result="failed", fault="customer")
    case.scrap()
    return case.must_be(status="COMPLETED", scrap=1, restock=0, paid="0.00 EUR")


def _held(desk: Desk, sale: Sale) -> str:
    case = desk.ask(sale, 1)
    case.approve()
    case.receive()
    case.inspect(grade="B")
    before = desk.available(sale.sku)
    case.dispose("HOLD")
    held = desk.available(sale.sku) - before
    case.dispose("RESTOCK", origin="HOLD")
    gained = desk.available(sale.sku) - before
    if (held, gained) != (0, 1):
        raise Unexpected(f"stock went up by {held} on hold and {gained} in the end, not 0 and 1")
    case.settle()
    return case.must_be(status="COMPLETED", hold=0, restock=1, paid="100.00 EUR")


def _declined_once(desk: Desk, sale: Sale) -> str:
    case = desk.ask(sale, 1)
    case.approve()
    case.receive()
    case.restock_and_settle()
    first = case.now()["settlements"][-1]
    if first["state"] != "FAILED":
        raise Unexpected(f"the first settlement is {first['state']}, not FAILED")
    case.retry()
    reason = first["legs"][0]["reason"]
    return f"declined ({reason}), then " + case.must_be(status="COMPLETED", paid="100.00 EUR")


def _timed_out(desk: Desk, sale: Sale) -> str:
    """The provider paid but its answer was lost: whoever asks finds it, and nobody pays twice."""
    case = desk.ask(sale, 1)
    case.approve()
    case.receive()
    case.restock_and_settle()
    if case.now()["settlements"][-1]["state"] != "SETTLED":
        case.retry()
    return case.must_be(status="COMPLETED", paid="100.00 EUR")


def _lost_on_its_way(desk: Desk, sale: Sale) -> str:
    """The provider never got it: unknown until asked, then sent again under the same key."""
    case = desk.ask(sale, 1)
    case.approve()
    case.receive()
    case.restock_and_settle()
    first = case.now()["settlements"][-1]["state"]
    if first != "PROCESSING":
        raise Unexpected(f"the settlement is {first}, not PROCESSING")
    case.retry()
    return f"{first}, then " + case.must_be(status="COMPLETED", paid="100.00 EUR")


def _split(desk: Desk, sale: Sale) -> str:
    case = desk.ask(sale, 4)
    case.approve()
    case.receive()
    case.restock_and_settle()
    half = case.must_be(paid="60.00 EUR")
    state = case.now()["settlements"][-1]["state"]
    if state != "PARTIAL":
        raise Unexpected(f"the settlement is {state}, not PARTIAL")
    case.confirm(f"{sale.order_no(desk.run)}-wallet")
    return f"PARTIAL ({half}), then " + case.must_be(status="COMPLETED", paid="80.00 EUR")


def _clicked_twice(desk: Desk, sale: Sale) -> str:
    case = desk.ask(sale, 1)
    case.approve()
    case.receive()
    case.inspect()
    case.dispose("RESTOCK")
    key = desk.key("double-click")
    first, second = case.settle(key=key), case.settle(key=key)
    if first != second:
        raise Unexpected("the second click was answered differently")
    if len(case.now()["settlements"]) != 1:
        raise Unexpected("the second click made a second settlement")
    return "one refund for two clicks; " + case.must_be(paid="100.00 EUR")


def _currency(paid: str) -> Play:
    def play(desk: Desk, sale: Sale) -> str:
        case = desk.ask(sale, 2)
        case.approve()
        case.receive()
        case.restock_and_settle()
        return case.must_be(status="COMPLETED", paid=paid)

    return play


def _blind(desk: Desk, sale: Sale) -> str:
    line = {"sku": sale.sku, "quantity": 1, "reason": "OTHER", "note": "No receipt, no order."}
    body = {"order_no": None, "customer_id": "cus-1002", "warehouse": WAREHOUSE, "lines": [line]}
    case = desk.open("support", body)
    rows = desk.until(
        lambda: _exceptions_of(case),
        bool,
        "the exception BLIND_RETURN in the list",
    )
    kinds = [desk.exception(row["id"])["kind"] for row in rows]
    if kinds != ["BLIND_RETURN"]:
        raise Unexpected(f"one exception BLIND_RETURN expected, not {kinds}")
    return "exception BLIND_RETURN waits for a person; " + case.must_be(paid="0.00 EUR")


def _exceptions_of(case: Case) -> list[Mapping[str, Any]]:
    """Open ones, as the list shows them."""
    rows = case.desk.caller.pages(READER, f"/exceptions?state=open&warehouse={WAREHOUSE}&limit=200")
    return [row for row in rows if row["return_id"] == case.id]


SCENES = (
    Scene(title="Refunded: 1 of 3, order discount shared", play=_refunded,
          sale=Sale(name="refund", units=3, discount="10.00")),
    Scene(title="Partly approved: 2 of 3", play=_partly_approved,
          sale=Sale(name="partly", units=3, price="40.00")),
    Scene(title="Rejected by a reviewer", play=_rejected, sale=Sale(name="rejected", units=2)),
    Scene(title="Refused: outside the window", play=_refused_by("outside_window"),
          sale=Sale(name="late", days_ago=45)),
    Scene(title="Refused: final sale", play=_refused_by("final_sale"),
          sale=Sale(name="final", final_sale=True)),
    Scene(title="Refused: asked for twice", play=_twice_asked, sale=Sale(name="twice", units=5)),
    Scene(title="Surplus: 2 approved, 3 arrive", play=_surplus,
          sale=Sale(name="surplus", units=3, price="30.00")),
    Scene(title="Wrong goods in the parcel", play=_wrong_sku, sale=Sale(name="wrong")),
    Scene(title="Swapped serial number", play=_swapped_serial,
          sale=Sale(name="serial", units=2, serials=("SN-1", "SN-2"))),
    Scene(title="Failed inspection, scrapped, no refund", play=_failed, sale=Sale(name="scrap")),
    Scene(title="On hold, then restocked once", play=_held, sale=Sale(name="hold")),
    Scene(title="Card declines, retry pays", play=_declined_once,
          sale=Sale(name="declined", pays=(Pay(amount="100.00", ref="decline-once"),))),
    Scene(title="Provider's answer is lost", play=_timed_out,
          sale=Sale(name="answerlost", pays=(Pay(amount="100.00", ref="timeout"),))),
    Scene(title="Request to the provider is lost", play=_lost_on_its_way,
          sale=Sale(name="requestlost", pays=(Pay(amount="100.00", ref="timeout-lost-once"),))),
    Scene(title="Card 60, wallet 40: refund of 80 by hand and wire", play=_split,
          sale=Sale(name="split", units=5, price="20.00",
                    pays=(Pay(amount="60.00"),
                          Pay(amount="40.00", method="wallet", provider="manual")))),
    Scene(title="Finance clicks twice", play=_clicked_twice, sale=Sale(name="double")),
    Scene(title="Yen: no digits", play=_currency("665 JPY"),
          sale=Sale(name="yen", units=3, price="333", currency="JPY", discount="1")),
    Scene(title="Dinar: three digits", play=_currency("6.667 KWD"),
          sale=Sale(name="dinar", units=3, price="3.500", currency="KWD", discount="0.500")),
    Scene(title="Blind return: no order known", play=_blind, sale=Sale(name="blind")),
)  # fmt: skip
