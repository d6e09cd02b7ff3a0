"""Verifying: nothing is found where all is right, and each cut or planted fault where it is."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from chalicelib import wiring
from chalicelib.core.commands import Record
from chalicelib.credits.model import CreditOf
from chalicelib.inventory.transfer_commands import SendStock, SentItem
from chalicelib.inventory.transferring import send
from chalicelib.invoicing.model import NoteOfOrder
from chalicelib.orders.payment_lookup import PaymentOf
from chalicelib.receivings.model import Kind, Mode, Receiving, ReceivingOf
from chalicelib.returns.model import Return
from chalicelib.returns.parcels import Parcel
from chalicelib.returns.scanning import Scan
from chalicelib.store.actions import item_of
from chalicelib.store.execution import Commands
from chalicelib.store.key import Key
from chalicelib.suppliers.documents import RtvDocument, RtvNumber
from tests.builders import NOW, Shop, failed, item, line, order, passed, restock, wish
from tests.fakes import FakeProvider, FakeStore
from tests.inventory.stock import Stock
from tests.stage import Stage
from tools.cli.references import Stored, cut_within, references_of
from tools.cli.references import stored as as_stored
from tools.cli.scanning import WatchedTable
from tools.cli.telling import position_of
from tools.cli.truth import Verified, Verifier
from tools.stack.errors import StackError


@dataclass(slots=True)
class Books:
    """What is stored after some history, and hands that change it behind its back."""

    stage: Stage
    ret: Return

    @property
    def pk(self) -> str:
        return f"RETURN#{self.ret.return_id}"

    def verified(self, subject: str | None = None) -> Verified:
        table = wiring.core_table()
        core = WatchedTable(table.name, table._link, boto3.client("dynamodb"))
        verifier = Verifier(core=core, sleep=lambda _: None)
        return verifier.one(subject) if subject else verifier.everything()

    def kinds(self, subject: str | None = None) -> set[str]:
        return {finding.kind for finding in self.verified(subject).findings}

    def items(self, prefix: str, pk: str = "") -> list[Any]:
        return [
            found
            for found in self.stage._all("core")
            if found["sk"]["S"].startswith(prefix) and found["pk"]["S"].startswith(pk)
        ]

    def remove(self, *items: Any) -> None:
        for gone in items:
            self.stage.dynamodb.delete_item(
                TableName="core", Key={"pk": gone["pk"], "sk": gone["sk"]}
            )

    def edit(self, stored: Any, edit: Callable[[Any], None]) -> None:
        body = json.loads(stored["body"]["S"])
        edit(body)
        self.put({**stored, "body": {"S": json.dumps(body)}})

    def put(self, stored: Any) -> None:
        self.stage.dynamodb.put_item(TableName="core", Item=stored)


@pytest.fixture
def books(stage: Stage, provider: FakeProvider) -> Books:
    """A return received with a surplus, inspected, disposed of and paid; one asked for; a parcel
    that nobody expected."""
    shop = Shop(Commands(table=wiring.core_table()), providers={provider.name: provider})
    shop.sells(order(line(quantity=5), line("2", quantity=3)))
    ret = shop.asks("O-1", wish(3), wish(2, "2"))
    shop.approves(ret, line_1=2, line_2=2)
    shop.receives(ret, item(quantity=3), item("SKU-2", 2), item("SKU-9", 1))
    shop.inspects(ret, passed(2), failed(1, "2", accept_credit=True), passed(1, "2"))
    shop.disposes(ret, restock(2), restock(1, "2"))
    shop.settles(ret)
    shop.asks("O-1", wish(1))
    scan = Scan(
        scan_id="s1", device_id="d1", seq=1, captured_at=shop.now, warehouse="A", quantity=1,
        sku="SKU-7",
    )  # fmt: skip
    shop.scans(scan)
    return Books(stage, shop.now_is(ret))


def test_nothing_is_found_where_all_is_right(books: Books) -> None:
    verified = books.verified()

    assert verified.findings == []
    assert verified.unsettled == []
    assert verified.items == len(books.stage._all("core"))
    assert verified.checked["returns"] == 2
    for subject in (books.ret.subject, "order/O-1"):
        assert books.verified(subject).findings == []


@pytest.mark.parametrize(
    ("prefix", "kind"),
    [
        ("MOVEMENT#", "movement_missing"),
        ("RECEIPT#", "receipt_missing"),
        ("INSPECTION#", "inspection_missing"),
        ("DISPOSITION#", "disposition_missing"),
    ],
)
def test_what_is_named_and_missing_is_found_with_who_names_it(
    books: Books, prefix: str, kind: str
) -> None:
    books.remove(books.items(prefix, books.pk)[0])

    found = [finding for finding in books.verified().findings if finding.kind == kind]

    assert found
    assert {finding.subject for finding in found} & {books.ret.subject}
    assert all((position_of(finding) or "").partition("#")[0].isupper() for finding in found)
    assert kind in books.kinds(books.ret.subject)


@pytest.mark.parametrize(
    ("named_by", "kind"),
    [
        (("RECEIPT#", "EVENT#"), "movement_unnamed"),
        (("EVENT#",), "receipt_unnamed"),
        (("EVENT#",), "inspection_unnamed"),
        (("EVENT#",), "disposition_unnamed"),
    ],
)
def test_what_is_there_and_named_by_nothing_is_found(
    books: Books, named_by: tuple[str, ...], kind: str
) -> None:
    for prefix in named_by:
        books.remove(*books.items(prefix, books.pk))

    assert kind in books.kinds()
    assert kind in books.kinds(books.ret.subject)


@pytest.mark.parametrize(
    ("prefix", "kind"),
    [("EXCEPTION", "exception_missing"), ("NUMBER", "number_missing"), ("ORDER", "order_missing")],
)
def test_what_another_document_names_and_lacks_is_found(
    books: Books, prefix: str, kind: str
) -> None:
    books.remove(*books.items(prefix))

    assert kind in books.kinds()


def test_a_missing_event_is_found_at_its_number(books: Books) -> None:
    books.remove(books.items("EVENT#00000003", books.pk)[0])

    (gap,) = [f for f in books.verified().findings if f.kind == "event_gap"]
    assert (gap.subject, position_of(gap)) == (books.ret.subject, "event 3")


def test_a_changed_event_is_found_at_its_number(books: Books) -> None:
    books.edit(books.items("EVENT#00000002", books.pk)[0], lambda body: body.update(type="other"))

    (changed,) = books.verified(books.ret.subject).findings
    assert (changed.kind, position_of(changed)) == ("event_hash", "event 2")


def test_a_balance_that_no_movement_explains_is_found(books: Books) -> None:
    balance = books.items("BALANCE#available", "STOCK#")[0]
    books.put({**balance, "quantity": {"N": str(int(balance["quantity"]["N"]) + 1)}})

    assert books.kinds() == {"balance_quantity"}


def test_a_part_of_a_movement_that_is_missing_is_found(books: Books) -> None:
    books.edit(books.items("MOVEMENT#", books.pk)[0], lambda body: body.update(parts=2))

    found = [f for f in books.verified(books.ret.subject).findings if "part 2" in str(f.expected)]
    assert [finding.kind for finding in found] == ["movement_missing"]


def test_a_lock_whose_plan_is_gone_is_found_and_stops_nothing_else(books: Books) -> None:
    (locked,) = books.items("ORDER", "ORDER#")
    books.put({**locked, "part_of": {"S": "cmd_gone"}})
    balance = books.items("BALANCE#available", "STOCK#")[0]
    books.put({**balance, "quantity": {"N": "77"}})

    assert {"lock_without_plan", "balance_quantity"} <= books.kinds()
    assert books.kinds("order/O-1") == {"lock_without_plan"}


def test_a_record_that_cannot_be_read_is_found_and_hides_nothing(books: Books) -> None:
    (broken,) = books.items("RETURN", books.pk)
    books.put({**broken, "body": {"S": "{}"}})
    balance = books.items("BALANCE#available", "STOCK#")[0]
    books.put({**balance, "quantity": {"N": "77"}})

    assert {"unreadable_record", "balance_quantity"} <= books.kinds()


def test_what_looks_cut_only_for_a_moment_is_no_finding(books: Books) -> None:
    """A page of a scan may show half of a transaction that a look a moment later shows whole."""
    movement = books.items("MOVEMENT#", books.pk)[0]
    books.remove(movement)
    table = wiring.core_table()
    core = WatchedTable(table.name, table._link, boto3.client("dynamodb"))
    verifier = Verifier(core=core, sleep=lambda _: books.put(movement))

    assert "movement_missing" not in {finding.kind for finding in verifier.everything().findings}


def test_nothing_is_changed(books: Books) -> None:
    before = books.stage._all("core")
    books.verified()

    assert books.stage._all("core") == before


@pytest.mark.parametrize("subject", ["return/nobody", "return", "balance/x", "return/"])
def test_what_is_no_subject_is_refused(books: Books, subject: str) -> None:
    with pytest.raises(StackError):
        books.verified(subject)


def test_items_without_a_body_are_read_leniently() -> None:
    odd = {"pk": {"S": "RETURN#r"}, "sk": {"S": "MOVEMENT#m#0001"}, "type": {"S": "MOVEMENT"}}
    shapes: list[Any] = [odd, {**odd, "body": {"S": "[]"}}, {**odd, "body": {"S": "not json"}}]

    read = [as_stored(shape) for shape in shapes]

    assert [found.body for found in read] == [{}, {}, {}]
    assert [finding.kind for finding in cut_within(read[:1])] == ["movement_unnamed"]
    assert not any(list(references_of(found)) for found in read)
    assert isinstance(read[0], Stored)


@pytest.mark.parametrize(
    ("record", "named"),
    [
        (
            CreditOf(customer_id="c", currency="EUR", account_id="cra_1"),
            ["credit cra_1"],
        ),
        (
            NoteOfOrder(order_no="O-1", return_id="ret_1", settlement_id="s", note_id="crn_1"),
            ["note crn_1"],
        ),
        (
            PaymentOf(provider="stripe", provider_ref="pi_1", order_no="O-1", payment_id="card"),
            ["order O-1"],
        ),
        (
            PaymentOf(provider="stripe", provider_ref="pi_1", order_no=None, payment_id="card"),
            [],
        ),
    ],
    ids=["credit", "note", "payment", "a payment of nobody"],
)
def test_what_leads_to_documents_about_money_is_followed(record: Record, named: list[str]) -> None:
    assert [one.what for one in references_of(as_stored(item_of(record)))] == named


@pytest.mark.parametrize(
    ("record", "named"),
    [
        (
            Parcel(
                parcel_no="BOX-1",
                return_ids=("ret_1", "ret_2"),
                registered_at=NOW,
                registered_by="w",
            ),
            ["return ret_1", "return ret_2"],
        ),
        (
            Receiving(
                receiving_id="rcv_1",
                mode=Mode.BLIND,
                kind=Kind.PARCEL,
                name="BOX-1",
                warehouse="BER",
                opened_by="w",
                opened_at=NOW,
                return_ids=("ret_1",),
                exception_ids=("exc_1",),
            ),
            ["return ret_1", "exception exc_1"],
        ),
        (
            RtvDocument(
                rtv_id="rtv_1",
                number="V-1",
                supplier_id="acme",
                warehouse="BER",
                currency="EUR",
                lines=(),
                drafted_at=NOW,
                drafted_by="w",
                claim_id="vcl_1",
            ),
            ["supplier acme", "claim vcl_1"],
        ),
        (RtvNumber(number="V-1", rtv_id="rtv_1"), ["document rtv_1"]),
        (ReceivingOf(place="BOX-1", receiving_id="rcv_1"), ["receiving rcv_1"]),
        (ReceivingOf(place="BOX-1", receiving_id=None), []),
    ],
    ids=["box", "count at the door", "to the vendor", "its number", "what goes on", "nothing"],
)
def test_what_documents_of_a_warehouse_name_is_followed(record: Record, named: list[str]) -> None:
    assert [one.what for one in references_of(as_stored(item_of(record)))] == named


def test_goods_that_travel_are_told_of_by_the_event_of_their_transfer() -> None:
    store = FakeStore(clock=lambda: NOW)
    stock = Stock(store)
    stock.has("S", 3)
    before = set(store.records)
    command = SendStock(origin="A", target="B", items=(SentItem(sku="S", quantity=2),))
    stock.run(lambda reads, context: send(reads, command, context))
    now: dict[Key, Any] = {key: one for key, one in store.records.items() if key not in before}
    written = [as_stored(item_of(one)) for one in now.values()]

    assert [one.type for one in written].count("MOVEMENT") == 1
    assert list(cut_within(written)) == []
    untold = [one for one in written if one.type != "EVENT"]
    assert [finding.kind for finding in cut_within(untold)] == ["movement_unnamed"]
