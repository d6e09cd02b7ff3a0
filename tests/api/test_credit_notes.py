"""Credit notes through the API: of a return, by number, on paper; and red-letter invoices."""

from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.auth.principal import Role
from chalicelib.core.clock import utc_now
from chalicelib.core.commands import Changes, Decided
from chalicelib.core.events import Actor, Context
from chalicelib.invoicing.model import NumberedNote
from chalicelib.workers.notes import number_notes
from tests.api.door import Door, Reply
from tests.api.test_lifecycle import COUNT, DELIVERY, LINE, ORDER
from tests.builders import NOW, eur
from tests.stage import Stage

VAT = {"name": "VAT", "rate": "0.13", "amount": {"amount": "34.51", "currency": "CNY"}}
BILLED: dict[str, Any] = {
    **LINE,
    "unit_price": {"amount": "100.00", "currency": "CNY"},
    "unit_cost": {"amount": "40.00", "currency": "CNY"},
    "invoice_no": "26112000000000000001",
    "invoice_date": "2026-11-02",
    "taxes": [VAT],
}
SOLD: dict[str, Any] = {
    **ORDER,
    "currency": "CNY",
    "discount": {"amount": "0.00", "currency": "CNY"},
    "lines": [BILLED],
    "payments": [
        {
            "payment_id": "p-1",
            "method": "transfer",
            "provider": "manual",
            "captured": {"amount": "300.00", "currency": "CNY"},
        }
    ],
    "deliveries": [DELIVERY],
    "contact": {"name": "王小明", "address": "深圳市南山区\n科技园1号"},
}
SELLER: dict[str, Any] = {
    "name": {"en": "Acme Ltd", "zh-CN": "艾克米有限公司"},
    "address": {"zh-CN": ["上海市世纪大道100号"]},
    "tax_id": "91310000MA1FL0XX0X",
    "series": [{"series": "GZ", "time_zone": "Asia/Shanghai"}],
}


def settled(door: Door, **changes: Any) -> dict[str, Any]:
    """One of three units was sent back and paid back by hand."""
    door.ask("warehouse", "POST", "/v1/stock/counts", COUNT, Idempotency_Key="c-1").expect(201)
    door.ask("machine", "PUT", "/v1/orders/SO-1", {**SOLD, **changes}).expect(201)
    lines = [{"order_line_no": "1", "quantity": 1, "reason": "CHANGED_MIND"}]
    asked = {"order_no": "SO-1", "lines": lines}
    ret = door.ask("customer", "POST", "/v1/returns", asked).expect(201)
    received = {"warehouse": "WH1", "items": [{"sku": "85123A", "quantity": 1}]}
    passed = {"groups": [{"line_no": "1", "quantity": 1, "grade": "A", "result": "passed"}]}
    path = f"/v1/returns/{ret['id']}"
    for who, name, body in (
        ("reviewer", "approve", {}),
        ("warehouse", "receipts", received),
        ("inspector", "inspections", passed),
        ("finance", "settlements", {"mode": "execute"}),
    ):
        sent = {"Idempotency_Key": name, "If_Match": "*"}
        reply = door.ask(who, "POST", f"{path}/{name}", body, **sent)
        assert reply.status in (200, 201), reply.raw
        done = reply.body
    confirmed = f"/v1/settlements/{done['settlement_id']}/confirm"
    proof = {"payment_id": "p-1", "proof": "SEPA 1"}
    return dict(
        door.ask(
            "finance", "POST", confirmed, proof, Idempotency_Key="confirm", If_Match="*"
        ).expect(200),
        return_id=ret["id"],
    )


def numbered(settlement: dict[str, Any]) -> None:
    """The worker has heard of the settlement."""
    context = Context(
        actor=Actor(id="deliver_messages", role="system"),
        now=utc_now(),
        command_id="cmd-number",
        correlation_id="c",
    )
    assert number_notes(wiring.commands(), settlement["settlement_id"], context) == 1


def notes(door: Door, settlement: dict[str, Any], who: str = "finance") -> list[dict[str, Any]]:
    path = f"/v1/returns/{settlement['return_id']}/credit-notes"
    return list(door.ask(who, "GET", path).expect(200)["items"])


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def test_a_settlement_shows_its_draft_and_later_its_number(door: Door) -> None:
    settlement = settled(door)
    (draft,) = notes(door, settlement)
    numbered(settlement)
    (issued,) = notes(door, settlement, "customer")

    year = utc_now().year
    assert (draft["state"], draft["number"], draft["seller"]) == ("DRAFT", None, None)
    assert (issued["state"], issued["number"]) == ("ISSUED", f"CN-{year}-000001")
    assert issued["id"] == draft["id"]
    assert issued["issued_on"] == utc_now().date().isoformat()
    assert (issued["invoice_no"], issued["invoiced_on"]) == (BILLED["invoice_no"], "2026-11-02")
    assert (issued["net"], issued["tax"], issued["total"]) == (
        cny("88.50"),
        cny("11.50"),
        cny("100.00"),
    )
    (line,) = issued["lines"]
    assert (line["quantity"], line["unit"], line["name"]) == (1, "each", "T-light holder")
    assert [row["taxes"][0]["rate"] for row in issued["tax_summary"]] == ["0.13"]


def test_a_note_is_read_by_itself(door: Door) -> None:
    settlement = settled(door)
    (draft,) = notes(door, settlement)

    reply = door.ask("customer", "GET", f"/v1/credit-notes/{draft['id']}")

    assert reply.expect(200) == draft
    assert reply.headers["ETag"] == f'"v{draft["version"]}"'


@pytest.mark.parametrize("path", ["/v1/credit-notes/{}", "/v1/credit-notes/{}/document"])
def test_notes_of_others_do_not_exist_for_a_customer(door: Door, path: str) -> None:
    settlement = settled(door)
    (draft,) = notes(door, settlement)
    door.sign_in("stranger", Role.CUSTOMER, customer_id="cus-9")

    for name in (draft["id"], "cno_nobody"):
        reply = door.ask("stranger", "GET", path.format(name))
        assert (reply.status, reply.body["code"]) == (404, "credit_note_not_found")
    of_return = f"/v1/returns/{settlement['return_id']}/credit-notes"
    assert door.ask("stranger", "GET", of_return).body["code"] == "return_not_found"


def test_finance_lists_notes_by_their_numbers(door: Door) -> None:
    settlement = settled(door)
    numbered(settlement)
    year = utc_now().year

    listed = door.ask("auditor", "GET", f"/v1/credit-notes?year={year}").expect(200)
    later = door.ask("finance", "GET", "/v1/credit-notes?from=2").expect(200)
    other = door.ask("finance", "GET", f"/v1/credit-notes?series=GZ&year={year}").expect(200)

    (only,) = listed["items"]
    assert (only["number"], only["ordinal"]) == (f"CN-{year}-000001", 1)
    assert (only["total"], only["order_no"]) == (cny("100.00"), "SO-1")
    assert (later["items"], other["items"]) == ([], [])
    assert (listed["series"], other["series"]) == ("CN", "GZ")


def test_the_list_goes_on_where_a_page_ends(door: Door) -> None:
    given = [
        NumberedNote(
            series="CN",
            year=2026,
            ordinal=ordinal,
            number=f"CN-2026-{ordinal:06d}",
            note_id=f"cno_{ordinal}",
            invoice_no="I",
            order_no="O",
            return_id="ret_1",
            settlement_id="stl_1_a",
            issued_on=NOW.date(),
            net=eur(100),
            tax=eur(0),
        )
        for ordinal in range(1, 6)
    ]
    context = Context(
        actor=Actor(id="t", role="admin"), now=NOW, command_id="c", correlation_id="c"
    )
    wiring.commands().run(
        lambda _: Decided(result=None, changes=Changes(records=tuple(given))), context=context
    )

    first = door.ask("finance", "GET", "/v1/credit-notes?year=2026&from=2&limit=2").expect(200)
    rest = door.ask(
        "finance",
        "GET",
        f"/v1/credit-notes?year=2026&from=2&limit=2&cursor={first['next_cursor']}",
    ).expect(200)

    assert [one["ordinal"] for one in first["items"]] == [2, 3]
    assert [one["ordinal"] for one in rest["items"]] == [4, 5]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize("query", ["series=cn", "year=1999", "year=x", "from=0", "from=-1"])
def test_a_query_that_means_nothing_is_refused(door: Door, query: str) -> None:
    assert door.ask("finance", "GET", f"/v1/credit-notes?{query}").status == 400


def test_customers_do_not_see_the_list(door: Door) -> None:
    assert door.ask("customer", "GET", "/v1/credit-notes").status == 403


def test_the_paper_lies_in_the_bucket_under_what_it_says(door: Door, stage: Stage) -> None:
    settlement = settled(door)
    (draft,) = notes(door, settlement)
    path = f"/v1/credit-notes/{draft['id']}/document"

    english = door.ask("customer", "GET", f"{path}?language=en")
    again = door.ask("finance", "GET", f"{path}?language=en")
    chinese = door.ask("finance", "GET", path, Accept_Language="zh")

    shown = english.expect(303)
    assert english.headers["Location"] == shown["url"]
    assert again.status == 303
    assert (english.headers["Content-Language"], chinese.headers["Content-Language"]) == (
        "en",
        "zh-CN",
    )
    papers = stage.objects(f"credit-notes/{draft['id']}/")
    assert sorted(key.split(".", 1)[1] for key in papers) == ["en.pdf", "zh-CN.pdf"]
    assert all(content.startswith(b"%PDF-") for content in papers.values())


def test_a_buyer_who_is_forgotten_is_on_no_paper_any_more(door: Door, stage: Stage) -> None:
    settlement = settled(door)
    (draft,) = notes(door, settlement)
    path = f"/v1/credit-notes/{draft['id']}/document?language=en"
    door.ask("finance", "GET", path).expect(303)
    contact = wiring.reads().order("SO-1")
    assert contact is not None
    assert contact.contact_ref is not None
    place = {"pk": {"S": f"CONTACT#{contact.contact_ref}"}, "sk": {"S": "CONTACT"}}
    assert stage.dynamodb.get_item(TableName="core", Key=place)["Item"]

    stage.dynamodb.delete_item(TableName="core", Key=place)
    door.ask("finance", "GET", path).expect(303)

    assert len(stage.objects(f"credit-notes/{draft['id']}/")) == 2, "another text, another paper"
    (stored,) = wiring.reads().notes_of_order("SO-1")
    assert "王小明" not in repr(stored)


def test_a_language_that_is_not_written_here_is_refused(door: Door) -> None:
    assert door.ask("finance", "GET", "/v1/credit-notes/cno_1/document?language=fr").status == 400


def seller(door: Door, body: Any = None, **headers: str) -> Reply:
    sent = {"If_Match": "*", **headers}
    return door.ask("finance", "PUT", "/v1/finance/seller", body or SELLER, **sent)


def test_finance_states_who_issues_notes_and_in_which_series(door: Door) -> None:
    before = door.ask("auditor", "GET", "/v1/finance/seller")
    stated = seller(door).expect(200)
    settlement = settled(door)
    numbered(settlement)
    (note,) = notes(door, settlement)

    assert (before.expect(200)["seller"], "ETag" in before.headers) == (None, False)
    assert (stated["version"], stated["seller"]["tax_id"]) == (1, SELLER["tax_id"])
    assert note["number"].startswith("GZ-")
    assert note["time_zone"] == "Asia/Shanghai"
    assert note["seller"]["name"] == SELLER["name"]


def test_a_seller_is_stated_over_the_version_that_was_looked_at(door: Door) -> None:
    seller(door).expect(200)

    assert seller(door).status == 200, "as it is already: no change"
    other = {**SELLER, "tax_id": "X1"}
    assert seller(door, other, If_Match='"v7"').body["code"] == "stale_version"
    assert seller(door, other, If_Match="").status == 428
    assert seller(door, other, If_Match='"v1"').expect(200)["version"] == 2
    assert door.ask("customer", "GET", "/v1/finance/seller").status == 403
    assert door.ask("support", "PUT", "/v1/finance/seller", SELLER).status == 403


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"name": {}}, 400),
        ({"name": {"fr": "Acme"}}, 400),
        ({"tax_id": "A\nB"}, 400),
        ({"series": [{"series": "cn"}]}, 400),
        ({"series": [{"series": "CN", "time_zone": "Mars/Base"}]}, 422),
    ],
)
def test_what_is_no_seller_is_refused(door: Door, changes: dict[str, Any], status: int) -> None:
    assert seller(door, {**SELLER, **changes}).status == status


def red_letter(door: Door, note: dict[str, Any], **body: Any) -> Reply:
    return door.ask(
        "finance", "POST", f"/v1/credit-notes/{note['id']}/red-letter", body, If_Match="*"
    )


def step(door: Door, red: dict[str, Any], who: str = "machine", **body: Any) -> Reply:
    return door.ask(who, "POST", f"/v1/red-letters/{red['id']}/steps", body)


def test_an_invoice_that_was_used_is_taken_back_by_a_form(door: Door) -> None:
    seller(door).expect(200)
    settlement = settled(door)
    numbered(settlement)
    (note,) = notes(door, settlement)

    begun = red_letter(door, note, reason="sales_return", blue_use="used").expect(201)
    asked = step(door, begun, step="ask", reference="31000026112000000001").expect(200)
    confirmed = step(door, asked, step="confirm").expect(200)
    handed = step(door, confirmed, step="hand_over").expect(200)
    issued = step(door, handed, step="issue", reference="26112000000000000009").expect(200)

    assert (begun["allowed"], begun["total"]) == (["ask", "cancel"], cny("-100.00"))
    assert asked["confirm_by"] is not None
    assert (issued["state"], issued["red_invoice_no"]) == ("ISSUED", "26112000000000000009")
    shown = door.ask("auditor", "GET", f"/v1/red-letters/{begun['id']}").expect(200)
    assert shown == issued
    (again,) = [door.ask("finance", "GET", f"/v1/credit-notes/{note['id']}").expect(200)]
    assert again["red_letter"] == {"id": begun["id"], "state": "ISSUED"}
    of_customer = door.ask("customer", "GET", f"/v1/credit-notes/{note['id']}").expect(200)
    assert of_customer["red_letter"] is None
    types = [e.type for e in wiring.reads().events(f"redletter/{begun['id']}")]
    assert types == [
        f"red_letter.{done}" for done in ("needed", "asked", "confirmed", "handed_over", "issued")
    ]


def test_the_tax_system_is_handed_everything_that_the_form_says(door: Door) -> None:
    seller(door).expect(200)
    settlement = settled(door)
    numbered(settlement)
    (note,) = notes(door, settlement)
    red = red_letter(door, note, blue_use="used").expect(201)

    told = door.ask("machine", "GET", f"/v1/red-letters/{red['id']}/handover").expect(200)

    assert (told["reason_code"], told["reason"], told["needs_form"]) == ("02", "销货退回", True)
    assert told["blue_invoice_no"] == BILLED["invoice_no"]
    assert told["blue_invoice_date"] == "2026-11-02"
    assert told["buyer"] == {"name": "王小明", "address": "深圳市南山区\n科技园1号"}
    assert told["seller"]["tax_id"] == SELLER["tax_id"]
    (line,) = told["lines"]
    assert (line["quantity"], line["net"], line["tax"], line["rate"]) == (
        -1,
        cny("-88.50"),
        cny("-11.50"),
        "0.13",
    )
    assert told["total"] == cny("-100.00")
    assert door.ask("auditor", "GET", f"/v1/red-letters/{red['id']}/handover").status == 403


def test_a_red_letter_is_only_for_numbered_notes_of_chinese_invoices(door: Door) -> None:
    settlement = settled(door)
    (draft,) = notes(door, settlement)

    assert red_letter(door, draft).body["code"] == "credit_note_not_issued"
    assert red_letter(door, {"id": "cno_nobody"}).body["code"] == "credit_note_not_found"


@pytest.mark.parametrize("body", [{}, {"step": "ask", "blue_use": "used"}, {"step": "jump"}])
def test_a_step_is_one_thing(door: Door, body: dict[str, str]) -> None:
    assert step(door, {"id": "red_1"}, **body).status == 400


def test_what_nobody_knows_is_not_found(door: Door) -> None:
    assert step(door, {"id": "red_1"}, step="start").body["code"] == "red_letter_not_found"
    for path in ("/v1/red-letters/red_1", "/v1/red-letters/red_1/handover"):
        assert door.ask("finance", "GET", path).body["code"] == "red_letter_not_found"
