"""Cases that must pass, as clients of the deployed API meet them: each test tells a sentence."""

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from tests.cases.sentences import sentence
from tests.e2e.merchant import ANY, Json, Merchant, eventually, refused
from tools.demo.desk import Case
from tools.demo.sale import WAREHOUSE, Pay, Sale
from tools.stack.client import Answer

ELSEWHERE = "LYO"


@dataclass(frozen=True, slots=True)
class Client:
    """What a client of the merchant asks, in one line each."""

    merchant: Merchant

    def post(self, role: str, path: str, body: Any, *, key: str | None = None) -> Answer:
        """Whatever the version is. Any: JSON."""
        key = key or self.merchant.key("case")
        return self.merchant.send(role, "POST", path, body, key=key, headers=ANY)

    def asks(self, order_no: str, *lines: Json) -> Answer:
        body = {"order_no": order_no, "warehouse": WAREHOUSE, "lines": list(lines)}
        return self.post("support", "/returns", body)

    def case(self, order_no: str, *lines: Json) -> Case:
        made = self.asks(order_no, *lines).expect(201)
        return Case(desk=self.merchant.desk, id=made["id"], number=made["number"])

    def does(self, role: str, case: Case, command: str, body: Any, key: str | None = None) -> Json:
        told = self.post(role, f"/returns/{case.id}/{command}", body, key=key)
        return dict(told.expect(200, 201))

    def disposes(self, case: Case, *items: Json) -> None:
        self.does("inspector", case, "dispositions", {"items": list(items)})

    def returnable(self, order_no: str, line_no: str = "1") -> int:
        order = self.merchant.send("auditor", "GET", f"/orders/{order_no}").expect(200)
        lines = {line["line_no"]: line["returnable_quantity"] for line in order["lines"]}
        return int(lines[line_no])

    def shelves(self, sku: str, warehouse: str = WAREHOUSE) -> Counter[str]:
        """Where the units of a SKU lie, by account."""
        path = f"/stock?sku={sku}&warehouse={warehouse}"
        counted = Counter[str]()
        for row in self.merchant.send("auditor", "GET", path).expect(200)["items"]:
            counted[row["account"]] += row["quantity"]
        return counted

    def events(self, case: Case) -> list[str]:
        path = f"/returns/{case.id}/timeline"
        items = self.merchant.send("auditor", "GET", path).expect(200)["items"]
        return [str(entry["type"]) for entry in items]

    def sells(self, sale: Sale, **of_line: Any) -> str:
        """The number of an order; `of_line` are further fields of its line. Any: JSON."""
        body = sale.body(self.merchant.run, self.merchant.desk.now)
        body["lines"][0].update(of_line)
        order_no = sale.order_no(self.merchant.run)
        self.merchant.send("machine", "PUT", f"/orders/{order_no}", body).expect(201)
        return order_no


@pytest.fixture(scope="module")
def client(merchant: Merchant) -> Client:
    return Client(merchant)


def line(quantity: int, line_no: str = "1", **more: Any) -> Json:
    """A wish; `more` are its further fields. Any: JSON."""
    return {"order_line_no": line_no, "quantity": quantity, "reason": "CHANGED_MIND", **more}


def goes(quantity: int, way: str, **more: Any) -> Json:
    return {"line_no": "1", "quantity": quantity, "disposition": way, **more}


def risen(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


@sentence("cap-over-documents")
def test_return_of_6_of_10_is_open_then_5_are_refused_saying_4_left(client: Client) -> None:
    order_no = client.merchant.sold(Sale(name="case-cap", units=10))
    client.case(order_no, line(6))

    told = client.asks(order_no, line(5))

    problem = refused(told, 409, "not_returnable_quantity")
    assert problem["details"]["returnable_quantity"] == 4
    client.asks(order_no, line(4)).expect(201)


@sentence("cap-over-kinds", "unexchange")
def test_one_unit_is_exchanged_or_returned_or_claimed_and_an_unexchange_consumes_it_once(
    client: Client,
) -> None:
    sale = Sale(name="case-swap", units=1, price="50.00", discount="5.00")
    order_no, blue = client.merchant.sold(sale), "DEMO-CASE-BLUE"
    client.merchant.counted(blue)
    shelves = client.shelves(blue)
    wish = line(1, resolution="exchange", exchange_for=blue, exchange_even=True)
    case = client.case(order_no, wish)
    case.approve()
    (exchange,) = client.merchant.send("support", "GET", f"/returns/{case.id}/exchanges").expect(
        200
    )["items"]

    refused(client.asks(order_no, line(1)), 409, "not_returnable_quantity")
    claim = {
        "order_no": order_no, "order_line_no": "1", "quantity": 1, "reason": "DEFECTIVE",
        "wanted": "refund",
    }  # fmt: skip
    refused(client.post("customer", "/claims", claim), 409, "not_returnable_quantity")
    client.post("warehouse", f"/exchanges/{exchange['id']}/ship", {}).expect(200)
    client.post("support", f"/exchanges/{exchange['id']}/unexchange", {}).expect(200)
    case.receive({"sku": blue, "quantity": 1})
    case.restock_and_settle()

    case.must_be(status="COMPLETED", paid="45.00 EUR", settled=1)
    assert client.returnable(order_no) == 0
    assert client.shelves(blue) == shelves


@sentence("duplicate-entries")
def test_a_line_that_is_listed_twice_is_merged_and_refused_above_what_was_shipped(
    client: Client,
) -> None:
    one = client.merchant.sold(Sale(name="case-twice-one", units=1))
    two = client.merchant.sold(Sale(name="case-twice-two", units=2))

    refused(client.asks(one, line(1), line(1)), 409, "not_returnable_quantity")
    made = client.asks(two, line(1), line(1)).expect(201)

    assert [entry["quantities"]["requested"] for entry in made["lines"]] == [2]


@sentence("two-parcels")
def test_two_parcels_of_one_are_two_received_however_often_the_second_is_sent(
    client: Client,
) -> None:
    sale = Sale(name="case-parcels", units=2)
    case = client.merchant.approved(sale, 2)
    parcel = {"warehouse": WAREHOUSE, "items": [{"sku": sale.sku, "quantity": 1}]}

    assert client.does("warehouse", case, "receipts", parcel)["status"] == "PARTLY_RECEIVED"
    key = client.merchant.key("second")
    told = [client.does("warehouse", case, "receipts", parcel, key) for _ in range(2)]

    assert told[0] == told[1]
    case.must_be(status="RECEIVED", received=2)


@sentence("good-and-damaged", "per-line-restock")
def test_of_two_received_the_good_one_is_for_sale_and_the_damaged_one_is_not(
    client: Client,
) -> None:
    sale = Sale(name="case-damaged", units=2)
    case = client.merchant.approved(sale, 2)
    before = client.shelves(sale.sku)

    case.receive()
    groups = [
        {"line_no": "1", "quantity": 1, "grade": "A", "result": "passed"},
        {"line_no": "1", "quantity": 1, "grade": "D", "result": "failed", "fault": "carrier"},
    ]
    client.does("inspector", case, "inspections", {"groups": groups})
    client.disposes(case, goes(1, "RESTOCK"))

    assert risen(before, client.shelves(sale.sku)) == {"available": 1, "damaged": 1, "customer": -2}


@sentence("reject-releases")
def test_what_is_rejected_is_free_again_and_the_customer_edits_and_asks_anew(
    client: Client,
) -> None:
    sale = Sale(name="case-reject", units=2)
    order_no = client.merchant.sold(sale)
    case = client.case(order_no, line(2))
    case.reject("DAMAGED_OR_USED")
    assert client.returnable(order_no) == 2

    changed = client.merchant.send(
        "customer", "PATCH", f"/returns/{case.id}", {"lines": [line(1)]}, headers=ANY
    )
    assert changed.expect(200)["status"] == "DRAFT"
    client.does("customer", case, "submit", {})

    case.must_be(status="UNDER_REVIEW", requested=1, pending=1)
    assert client.returnable(order_no) == 1


@sentence("discount-share")
def test_three_at_100_less_10_come_back_one_at_a_time_as_96_67_then_96_66_then_96_67(
    client: Client,
) -> None:
    sale = Sale(name="case-share", units=3, price="100.00", discount="10.00")
    order_no = client.merchant.sold(sale)
    paid = []

    for _ in range(3):
        case = client.case(order_no, line(1))
        case.approve()
        case.receive()
        case.restock_and_settle()
        paid.append(case.now()["settlements"][-1]["paid"]["amount"])

    assert paid == ["96.67", "96.66", "96.67"]


@sentence("split-payments")
def test_when_the_wallet_declines_60_of_80_are_paid_and_a_retry_pays_the_20(
    client: Client,
) -> None:
    pays = (
        Pay(amount="60.00", method="card"),
        Pay(amount="40.00", method="wallet", ref="decline-once"),
    )
    sale = Sale(name="case-split", units=5, price="20.00", pays=pays)
    case = client.merchant.ready_to_settle(sale, 4)

    case.settle()
    assert case.now()["settlements"][-1]["state"] == "PARTIAL"
    case.must_be(paid="60.00 EUR", status="SETTLING")
    assert "settlement.settled" not in client.events(case)
    case.retry()

    case.must_be(paid="80.00 EUR", status="COMPLETED")
    order_no = sale.order_no(client.merchant.run)
    asked = {
        payment: [
            (refund["status"], refund["amount"])
            for refund in client.merchant.refunds_of(f"{order_no}-{payment}")
        ]
        for payment in ("card", "decline-once")
    }
    assert asked == {
        "card": [("succeeded", 6000)],
        "decline-once": [("declined", 2000), ("succeeded", 2000)],
    }


@sentence("racing-reviewers")
def test_of_two_reviewers_who_say_yes_and_no_at_once_one_decides(client: Client) -> None:
    case = client.merchant.asked(Sale(name="case-race", units=2), 2)
    commands: list[tuple[str, Json]] = [("approve", {}), ("reject", {"code": "NOT_ELIGIBLE"})]

    with ThreadPoolExecutor(2) as pool:
        told = list(
            pool.map(
                lambda one: client.post("reviewer", f"/returns/{case.id}/{one[0]}", one[1]),
                commands,
            )
        )

    assert Counter(answer.status for answer in told) == {200: 1, 409: 1}
    (lost,) = [answer for answer in told if answer.status == 409]
    assert refused(lost, 409, "not_allowed_now")["details"]["status"] == case.now()["status"]


@sentence("rejected-at-inspection")
def test_what_is_unfit_goes_to_quarantine_unpaid_and_shipping_it_back_closes_the_return(
    client: Client,
) -> None:
    sale = Sale(name="case-unfit", units=1)
    case = client.merchant.approved(sale, 1)
    before = client.shelves(sale.sku)
    case.receive()
    case.inspect(grade="C", result="failed", fault="customer")
    assert risen(before, client.shelves(sale.sku)) == {"quarantine": 1, "customer": -1}

    named = {"lines": [{"line_no": "1", "quantity": 1}], "reason": "NOT_ACCEPTED"}
    client.does("warehouse", case, "ship-back", named)

    case.must_be(status="COMPLETED", paid="0.00 EUR", ship_back=1)
    assert client.shelves(sale.sku) == before
    assert client.returnable(sale.order_no(client.merchant.run)) == 1


@sentence("kit")
def test_5_kits_of_5_parts_are_25_parts_of_which_10_come_back(client: Client) -> None:
    part = "DEMO-CASE-PART"
    client.merchant.counted(part)
    before = client.shelves(part)
    kit = [{"sku": part, "quantity": 5, "share": "1"}]
    order_no = client.sells(Sale(name="case-kit", units=5), kit=kit)
    assert risen(before, client.shelves(part)) == {"available": -25, "customer": 25}

    case = client.case(order_no, line(10, "1.1"))
    case.approve()
    case.receive()
    case.restock_and_settle()

    assert risen(before, client.shelves(part)) == {"available": -15, "customer": 15}
    client.asks(order_no, line(3, "1")).expect(201)
    refused(client.asks(order_no, line(1, "1.1")), 409, "not_returnable_quantity")


@sentence("serial-swap")
def test_another_serial_than_the_one_shipped_is_an_exception_in_quarantine(client: Client) -> None:
    sale = Sale(name="case-serial", units=1, serials=("SN-1",))
    case = client.merchant.approved(sale, 1)
    before = client.shelves(sale.sku)

    (exception,) = case.receive({"sku": sale.sku, "quantity": 1, "serials": ["SN-9"]})

    seen = client.merchant.desk.exception(exception)
    assert (seen["kind"], seen["serials"]) == ("SERIAL_MISMATCH", ["SN-9"])
    assert risen(before, client.shelves(sale.sku)) == {"quarantine": 1, "customer": -1}
    case.must_be(received=0, accepted=0, paid="0.00 EUR")


@sentence("surplus")
def test_30_sold_and_35_back_needs_two_people_and_pays_for_30(client: Client) -> None:
    sale = Sale(name="case-surplus", units=30, price="1.00")
    case = client.merchant.approved(sale, 30)
    (exception,) = case.receive({"sku": sale.sku, "quantity": 35})
    assert client.merchant.desk.exception(exception)["quantity"] == 5
    path, body = f"/exceptions/{exception}/resolve", {"resolution": "line", "reason": "they came"}

    proposed = client.post("support", path, body).expect(200)
    assert proposed["state"] == "open"
    refused(client.post("support", path, body), 409, "same_person")
    assert client.post("reviewer", path, body).expect(200)["state"] == "resolved"
    case.restock_and_settle()

    case.must_be(status="COMPLETED", received=35, paid="30.00 EUR")


@sentence("outbound-never-posted")
def test_nothing_comes_back_of_an_order_that_was_never_delivered(client: Client) -> None:
    sale = Sale(name="case-unsent", units=1)
    body = sale.body(client.merchant.run, client.merchant.desk.now)
    order_no = sale.order_no(client.merchant.run)
    before = client.shelves(sale.sku)
    sent = {**body, "deliveries": []}
    client.merchant.send("machine", "PUT", f"/orders/{order_no}", sent).expect(201)

    refused(client.asks(order_no, line(1)), 422, "not_shipped")

    assert client.shelves(sale.sku) == before


@sentence("restock-elsewhere")
def test_what_comes_back_to_another_warehouse_is_for_sale_there(client: Client) -> None:
    sale = Sale(name="case-elsewhere", units=1)
    case = client.merchant.approved(sale, 1)
    before = client.shelves(sale.sku)

    case.receive({"sku": sale.sku, "quantity": 1}, warehouse=ELSEWHERE)
    case.restock_and_settle()

    assert client.shelves(sale.sku, ELSEWHERE)["available"] == 1
    assert client.shelves(sale.sku)["available"] == before["available"]


@sentence("replay")
def test_a_batch_of_scans_that_is_uploaded_twice_counts_once(client: Client) -> None:
    sale = Sale(name="case-replay", units=3)
    case = client.merchant.approved(sale, 3)
    scans = [
        client.merchant.scan("replay", seq, return_number=case.number, sku=sale.sku)
        for seq in range(3)
    ]

    for _ in range(2):
        client.post("warehouse", "/scans", {"scans": scans}).expect(202)
        for scan in scans:
            client.merchant.outcome_of(scan["scan_id"])

    eventually(lambda: case.now()["status"], lambda status: status == "RECEIVED")
    case.must_be(received=3)
    assert case.now()["open_exceptions"] == 0
    assert client.events(case).count("return.received") == 3
