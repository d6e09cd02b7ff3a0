"""Scenes about money: clawed back, a second person, paid otherwise, credit, exchanges, a paper.

Sold under a policy of the run's own (`document`), which takes back what a promotion gave away and
wants two persons for large refunds.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.core.money import Money
from tools.demo.desk import READER, Case, Desk, Unexpected, refused_with
from tools.demo.sale import Pay, Sale, policy_of
from tools.demo.scenes import Scene
from tools.demo.terms import SINCE, request
from tools.generator import rfc3339

_NAME = "money"
_LANGUAGES = ("en", "zh-CN")
_SELLER = {
    "name": {"en": "Nordlicht Ltd", "zh-CN": "Nordlicht 有限公司"},
    "address": {"en": ["1 Quai de la Monnaie", "75006 Paris"]},
    "tax_id": "FR00123456789",
    "series": [{"series": "CN", "time_zone": "Europe/Paris"}],
}


def document(run: str, now: datetime) -> dict[str, Any]:
    """The policy document of the run. Any: JSON."""
    policy = policy_of(run, _NAME)
    return {
        "policy": policy,
        "version": f"{policy}-1",
        "title": {"en": "Money back", "zh-CN": "退款规则"},
        "time_zone": "Europe/Paris",
        "effective_from": rfc3339(now - SINCE),
        "rules": [
            {
                "id": "all",
                "title": {"en": "30 days", "zh-CN": "30天"},
                "then": {
                    "window": {"days": 30},
                    "review": "person",
                    "giving": {"promotions": "claw_back", "shipping": "share"},
                    "second_refunder_above": _eur("500.00"),
                },
            }
        ],
    }


def _clawed_back(desk: Desk, sale: Sale) -> str:
    """Four of five, then the fifth: each is quoted part by part, paid so, and all is all."""
    desk.sell(sale)
    told = []
    for units in (4, 1):
        asked = request(desk, sale, units)
        quote = desk.caller.post("customer", "/returns/quote", asked, key=desk.key("quote"))
        case = desk.open("customer", asked)
        case.approve()
        case.receive()
        case.restock_and_settle()
        case.must_be(status="COMPLETED", paid=_text(quote["refund"]))
        (settled,) = case.now()["settlements"]
        parts = desk.caller.get(READER, f"/settlements/{settled['settlement_id']}")["components"]
        if parts != quote["components"]:
            raise Unexpected(f"{parts} was paid, and quoted was {quote['components']}")
        told.append(_parts(parts))
    wanted = [
        "goods 12.00 - withheld 2.00 + shipping 4.80 = 14.80",
        "goods 3.00 + released 2.00 + shipping 1.20 = 6.20",
    ]
    if told != wanted:
        raise Unexpected(f"{told}, not {wanted}")
    return f"as quoted: 4 of 5: {told[0]}; the fifth: {told[1]}; 21.00 EUR in all, as was paid"


def _parts(parts: Mapping[str, Any]) -> str:
    """`goods 12.00 - withheld 2.00 = 10.00`: only what is not nothing."""
    told = ""
    for sign, name, amounts in (
        (" + ", "goods", [line["paid"]["total"] for line in parts["lines"]]),
        (" - ", "withheld", [part["amount"] for part in parts["withheld"]]),
        (" + ", "released", [part["amount"] for part in parts["released"]]),
        (" + ", "shipping", [parts["shipping"]["total"]]),
    ):
        total = Money.total((_money(amount) for amount in amounts), "EUR")
        if total:
            told += f"{sign if told else ''}{name} {total.amount}"
    return f"{told} = {parts['total']['amount']}"


def _second_person(desk: Desk, sale: Sale) -> str:
    case = _back(desk, sale)
    settled = case.settle()
    if settled["state"] != "QUOTED" or settled["legs"][0]["state"] != "HELD":
        raise Unexpected(f"the settlement of 800.00 EUR is not held: {settled}")
    limit = _text(settled["second_person_above"])
    case.must_be(paid="0.00 EUR")
    again = refused_with("same_person", lambda: case.agree("finance"))
    case.agree("admin")
    told = case.must_be(status="COMPLETED", paid="800.00 EUR")
    return f"held above {limit}; who started it is {again}; another agrees, {told}"


def _paid_otherwise(desk: Desk, sale: Sale) -> str:
    case = _back(desk, sale)
    first = case.settle()
    (leg,) = first["legs"]
    if first["state"] != "FAILED":
        raise Unexpected(f"the settlement is {first['state']}, not FAILED")
    by_hand = case.pay_otherwise(leg["payment_id"])
    (waiting,) = by_hand["legs"]
    if (waiting["state"], waiting["provider"]) != ("MANUAL", "manual"):
        raise Unexpected(f"nobody is asked to pay by hand: {waiting}")
    done = case.confirm(waiting["payment_id"])
    proof = done["legs"][0]["reference"]
    told = case.must_be(status="COMPLETED", paid="100.00 EUR")
    return f"declined ({leg['reason']}); by bank transfer with proof {proof}, {told}"


def _credit(desk: Desk, sale: Sale) -> str:
    """Given for what came back, spent on the next order, and nobody spends more than is there."""
    case = _back(desk, sale, resolution="store_credit")
    settled = case.settle()
    case.must_be(status="COMPLETED")
    path = f"/customers/{sale.customer(desk.run)}/credit"
    given = _balance(desk, path)
    customer = {"customer_id": sale.customer(desk.run)}
    bought = Sale(name="creditspent", price="25.00", more=customer)
    entry = _spend(desk, path, bought, "25.00")
    used = {
        "payment_id": "credit", "method": "store credit", "provider": "store_credit",
        "provider_ref": entry["id"], "captured": _eur("25.00"),
    }  # fmt: skip
    desk.sell(replace(bought, more={**customer, "payments": [used]}))
    left = _balance(desk, path)
    over = refused_with("credit_too_low", lambda: _spend(desk, path, bought, "15.01"))
    if (given, left, bool(settled["credit_id"])) != ("40.00 EUR", "15.00 EUR", True):
        raise Unexpected(f"credit was {given}, then {left}, of {settled['credit_id']}")
    return f"{given} given, 25.00 pay for the next order, {left} left; 15.01 is {over}"


def _spend(desk: Desk, path: str, sale: Sale, amount: str) -> Mapping[str, Any]:
    body = {"amount": _eur(amount), "order_no": sale.order_no(desk.run)}
    entry: Mapping[str, Any] = desk.caller.post(
        "machine", f"{path}/spend", body, key=desk.key("spend")
    )
    return entry


def _balance(desk: Desk, path: str) -> str:
    (account,) = desk.caller.get(READER, path)["accounts"]
    return _text(account["balance"])


def _exchanged(desk: Desk, sale: Sale) -> str:
    """One unit for a dearer article, paid on top by a link; one for a cheaper one."""
    dearer, cheaper = sale.also
    first = desk.ask(sale, 1, resolution="exchange", exchange_for=dearer)
    first.approve(replacement_prices={"1": _eur("42.00")})
    exchange = _exchange_of(first)
    if exchange["state"] != "AWAITING_PAYMENT":
        raise Unexpected(f"the dearer article is {exchange['state']} before it is paid")
    more = _text(exchange["to_pay"])
    _step(desk, "support", exchange, "payment-link")
    _pay_link(desk, exchange)
    # Asked again, the provider says that it was paid: that is booked.
    _step(desk, "support", _exchange_of(first), "payment-link")
    _sent(desk, first)
    first.must_be(status="COMPLETED", paid="0.00 EUR")
    second = desk.ask(sale, 1, resolution="exchange", exchange_for=cheaper)
    second.approve(replacement_prices={"1": _eur("22.00")})
    _sent(desk, second)
    second.settle()
    told = second.must_be(status="COMPLETED", paid="8.00 EUR")
    return f"dearer: {more} by payment link, then sent; cheaper: sent, {told}"


def _exchange_of(case: Case) -> Mapping[str, Any]:
    (exchange,) = case.desk.caller.get(READER, f"/returns/{case.id}/exchanges")["items"]
    found: Mapping[str, Any] = exchange
    return found


def _step(desk: Desk, role: str, exchange: Mapping[str, Any], command: str) -> None:
    path, key = f"/exchanges/{exchange['id']}/{command}", desk.key(command)
    desk.caller.post(role, path, {}, key=key, version=exchange["version"])


def _pay_link(desk: Desk, exchange: Mapping[str, Any]) -> None:
    """What the customer does on the provider's page. The first link's key ends in 1."""
    body = json.dumps({"key": f"{exchange['id']}:1", "status": "paid"}).encode()
    paid = desk.stack.http("POST", f"{desk.stack.state.provider_url}/_sandbox/pay", body=body)
    if paid.status != 200:
        raise Unexpected(f"the link cannot be paid: {paid.status} {paid.body}")


def _sent(desk: Desk, case: Case) -> None:
    """The replacement leaves, then the goods come and go back on the shelf."""
    _step(desk, "warehouse", _exchange_of(case), "ship")
    _step(desk, "warehouse", _exchange_of(case), "fulfil")
    case.receive()
    case.inspect()
    case.dispose("RESTOCK")


def _credit_note(desk: Desk, sale: Sale) -> str:
    """Of the invoice, at its tax, numbered by a worker, on paper in both languages."""
    _state_seller(desk)
    case = _back(desk, sale)
    case.settle()
    path = f"/returns/{case.id}/credit-notes"
    (note,) = desk.until(
        lambda: desk.caller.get(READER, path)["items"],
        lambda notes: bool(notes) and all(note["number"] for note in notes),
        "the number of the credit note",
    )
    amounts = [note[name]["amount"] for name in ("net", "tax", "total")]
    if (note["invoice_no"], amounts) != (sale.line["invoice_no"], ["50.00", "10.00", "60.00"]):
        raise Unexpected(f"the credit note is of {note['invoice_no']} over {amounts}")
    case.must_be(status="COMPLETED", paid="60.00 EUR")
    papers = ", ".join(f"{language} {_paper(desk, note, language)}" for language in _LANGUAGES)
    return (
        f"{note['number']} of invoice {note['invoice_no']}: net {amounts[0]}, "
        f"tax {amounts[1]}, total {amounts[2]} EUR; PDF: {papers}"
    )


def _state_seller(desk: Desk) -> None:
    """Notes name who issues them; what was stated before stays."""
    if desk.caller.get("finance", "/finance/seller")["seller"] is None:
        headers = {"If-Match": "*", "Idempotency-Key": desk.key("seller")}
        told = desk.stack.api("finance").put("/v1/finance/seller", _SELLER, headers)
        if told.status != 200:
            raise Unexpected(f"the seller is not stated: {told.status} {told.body}")


def _paper(desk: Desk, note: Mapping[str, Any], language: str) -> str:
    """The size of the PDF, which the address that is answered leads to."""
    path = f"/v1/credit-notes/{note['id']}/document?language={language}"
    found = desk.stack.api("finance").get(path)
    if found.status != 303:
        raise Unexpected(f"there is no paper: {found.status} {found.body}")
    paper = desk.stack.http("GET", found.headers["location"]).content
    if not paper.startswith(b"%PDF-"):
        raise Unexpected(f"the paper is no PDF: {paper[:40]!r}")
    return f"{len(paper) // 1024} kB"


def _back(desk: Desk, sale: Sale, **wish: Any) -> Case:
    """One unit is asked for, approved, here and back on the shelf; nothing is paid yet."""
    case = desk.ask(sale, 1, **wish)
    case.approve()
    case.receive()
    case.inspect()
    case.dispose("RESTOCK")
    return case


def _eur(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


def _money(amount: Mapping[str, str]) -> Money:
    return Money.parse(amount["amount"], amount["currency"])


def _text(amount: Mapping[str, str]) -> str:
    return f"{amount['amount']} {amount['currency']}"


_FIVE = {
    "promotion_id": "FIVE", "kind": "bulk", "line_nos": ["1"],
    "bulk": [{"from_quantity": 1, "unit_price": _eur("5.00")},
             {"from_quantity": 5, "unit_price": _eur("3.00")}],
}  # fmt: skip


_BUYER = {"name": "Amélie Durand", "address": "12 Rue de la Paix, 75002 Paris"}


def _sale(name: str, **more: Any) -> Sale:
    """A sale under the policy of these scenes; `more` are fields of Sale, as is."""
    return Sale(name=name, own_policy=_NAME, **more)


MONEY = (
    Scene(title="Bulk price: 4 of 5 back, clawed back", play=_clawed_back,
          sale=_sale("bulk", units=5, price="3.00", pays=(Pay(amount="21.00"),),
                     more={"promotions": [_FIVE], "shipping": _eur("6.00")})),
    Scene(title="Exchanged for dearer and for cheaper", play=_exchanged,
          sale=_sale("exchange", units=2, price="30.00",
                     also=("DEMO-EXCHANGE-PLUS", "DEMO-EXCHANGE-BASIC"))),
    Scene(title="Large refund: a second person agrees", play=_second_person,
          sale=_sale("large", price="800.00")),
    Scene(title="Card declines for good, bank transfer pays", play=_paid_otherwise,
          sale=_sale("otherwise", pays=(Pay(amount="100.00", ref="decline"),))),
    Scene(title="Store credit: given and spent", play=_credit,
          sale=_sale("credit", price="40.00", own_customer=True, also=("DEMO-CREDITSPENT",))),
    Scene(title="Credit note: numbered, in two languages", play=_credit_note,
          sale=_sale("note", units=2, price="60.00", more={"contact": _BUYER},
                     line={"invoice_no": "INV-2026-0815", "invoice_date": "2026-11-18",
                           "taxes": [{"name": "VAT", "rate": "0.20", "amount": _eur("20.00")}]})),
)  # fmt: skip
