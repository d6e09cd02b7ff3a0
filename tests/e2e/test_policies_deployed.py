"""A merchant's own policy on the deployed application, from the draft to what it decides and pays.

The document is examples/policy.json under names of the run's own. Tests that tell a sentence of the
cases bear it.
"""

import copy
import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from tests.cases.sentences import sentence
from tests.e2e.merchant import ANY, Json, Merchant, eventually, faults, refused
from tests.e2e.test_cases import Client, goes, line
from tools.demo.desk import Case, kept_money
from tools.demo.sale import WAREHOUSE, Sale, policy_of
from tools.demo.terms import OWN, document
from tools.generator import rfc3339
from tools.stack.client import Answer

WHY = "The parcel lay at the post office for weeks."


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What the merchant was told while they wrote their policy, and the reason that they added."""

    form: Json
    drafted: Json
    published: Json
    reason: str

    @property
    def version_id(self) -> str:
        return str(self.form["version"])


@pytest.fixture(scope="module")
def own(merchant: Merchant) -> Own:
    """The policy is in force, and the reason on its way to every process."""
    reason = f"SWOLLEN_{merchant.run}"
    assert _put_reason(merchant, reason).status == 201
    form = document(merchant.run, merchant.desk.now)
    path = f"/policies/{form['version']}"
    drafted = merchant.send("reviewer", "PUT", path, form).expect(201)
    seen = {"If-Match": f'"v{drafted["version"]}"'}
    published = merchant.send("admin", "POST", f"{path}/publish", {}, headers=seen).expect(200)
    return Own(form=form, drafted=drafted, published=published, reason=reason)


@pytest.fixture(scope="module")
def client(merchant: Merchant, own: Own) -> Client:
    assert own.published["state"] == "published"
    return Client(merchant)


def _put_reason(merchant: Merchant, code: str) -> Answer:
    body = {
        "group": "PRODUCT",
        "fault": "maker",
        "words": {"en": "Battery swollen", "zh-CN": "电池鼓包"},
        "outcomes": ["refund"],
        "like": "QUALITY_DEFECT",
    }
    return merchant.send("admin", "PUT", f"/reasons/{code}", body, headers=ANY)


def sold(client: Client, name: str, **more: Any) -> Sale:
    """A sale under the policy, with enough on the shelf; `more` are fields of Sale, as is."""
    sale = Sale(name=f"own-{name}", own_policy=OWN, **more)
    client.merchant.sold(sale)
    return sale


def wish(client: Client, sale: Sale, units: int = 1, **more: Any) -> Json:
    """A request for units of the sale; `more` are fields of its line. Any: JSON."""
    order_no = sale.order_no(client.merchant.run)
    return {"order_no": order_no, "warehouse": WAREHOUSE, "lines": [line(units, **more)]}


def opened(client: Client, body: Mapping[str, Any], role: str = "customer") -> Case:
    made = client.post(role, "/returns", body).expect(201)
    return Case(desk=client.merchant.desk, id=made["id"], number=made["number"])


def decision(client: Client, case: Case, role: str, language: str = "en") -> Json:
    """Why the return was decided as it was, as this role reads it."""
    path, spoken = f"/returns/{case.id}/decision", {"Accept-Language": language}
    told: Json = client.merchant.send(role, "GET", path, headers=spoken).expect(200)
    return told


def kept(settlement: Json) -> list[tuple[str, str]]:
    return [(fee["kind"], fee["amount"]["amount"]) for fee in settlement["fees"]]


def test_a_document_with_faults_is_kept_but_told_where_each_is_and_not_published(
    merchant: Merchant, own: Own
) -> None:
    bad = copy.deepcopy(own.form) | {"version": f"{own.version_id}-bad"}
    bad["rules"][0]["when"]["all"][0]["fact"] = "finale_sale"
    bad["rules"][4]["then"]["fees"]["restocking_percent"] = "120"
    wrong = {
        "/rules/0/when/all/0/fact": "unknown_fact",
        "/rules/4/then/fees/restocking_percent": "fee_above_refund",
    }
    path = f"/policies/{bad['version']}"

    checked = merchant.send("reviewer", "POST", "/policies/check", bad).expect(200)
    drafted = merchant.send("reviewer", "PUT", path, bad).expect(201)
    told = merchant.send("admin", "POST", f"{path}/publish", {}, headers=ANY)

    found = {fault["pointer"]: fault["code"] for fault in checked["faults"]}
    assert not checked["publishable"]
    assert wrong.items() <= found.items()
    assert drafted["check"]["faults"] == checked["faults"]
    assert wrong.items() <= faults(refused(told, 422, "policy_faults")).items()


def test_a_new_policy_begins_at_once_and_is_never_edited(merchant: Merchant, own: Own) -> None:
    path, others = f"/policies/{own.version_id}", f"/policies?policy={own.form['policy']}"

    changed = merchant.send("reviewer", "PUT", path, own.form | {"transit_days": 9}, headers=ANY)

    assert own.drafted["check"]["faults"] == []
    assert (own.drafted["state"], own.published["state"]) == ("draft", "published")
    assert own.published["document"] == own.drafted["document"]
    assert own.published["document"]["rules"] == own.form["rules"]
    assert own.published["begins"] == own.published["document"]["effective_from"]
    refused(changed, 409, "policy_published")
    # The list lags a little.
    in_force = eventually(
        lambda: [
            row["version_id"]
            for row in merchant.send("auditor", "GET", others).expect(200)["items"]
            if row["in_force"]
        ]
    )
    assert in_force == [own.version_id]


def test_an_order_that_names_the_policy_records_the_version_in_force(
    client: Client, own: Own
) -> None:
    sale = sold(client, "named")

    path = f"/orders/{sale.order_no(client.merchant.run)}"
    order = client.merchant.send("auditor", "GET", path).expect(200)

    assert order["policy_version"] == own.version_id


@sentence("rule-12", "rule-37")
def test_three_partial_refunds_of_33_33_keep_15_percent_and_the_flat_fee_once_as_quoted(
    client: Client,
) -> None:
    sale = sold(client, "fees", units=3, price="33.33")
    quote = client.post("customer", "/returns/quote", wish(client, sale, 3)).expect(200)
    case = opened(client, wish(client, sale, 3))
    preview = client.post("reviewer", f"/returns/{case.id}/approve/preview", {}).expect(200)
    case.approve()
    for _ in range(3):
        case.receive({"sku": sale.sku, "quantity": 1})
        case.restock_and_settle()

    settlements = case.now()["settlements"]
    assert kept(quote) == kept(preview) == [("restocking", "15.00"), ("flat", "5.00")]
    assert [fee["tax"]["amount"] for fee in quote["fees"]] == ["2.39", "0.80"]
    assert [kept(one) for one in settlements] == [
        [("restocking", "5.00"), ("flat", "5.00")],
        [("restocking", "5.00")],
        [("restocking", "5.00")],
    ]
    assert quote["total"]["amount"] == "99.99"
    assert quote["refund"] == preview["refund"] == {"amount": "79.99", "currency": "EUR"}
    case.must_be(status="COMPLETED", paid="79.99 EUR")
    paid = client.merchant.refunds_of(f"{sale.order_no(client.merchant.run)}-card")
    assert sorted(refund["amount"] for refund in paid) == [2333, 2833, 2833]


def test_above_3000_two_persons_say_yes_and_one_of_them_is_not_enough(client: Client) -> None:
    case = opened(client, wish(client, sold(client, "laptop", price="3200.00")))
    path = f"/returns/{case.id}/approve"

    first = client.post("reviewer", path, {}).expect(200)
    again = client.post("reviewer", path, {})
    second = client.post("senior_reviewer", path, {}).expect(200)

    assert first["decision"]["review"] == "two_persons"
    assert "amount_above:3000.00 EUR" in case.now()["decision"]["reasons"]
    assert (first["status"], first["approvals_missing"]) == ("UNDER_REVIEW", 1)
    refused(again, 409, "same_person")
    assert (second["status"], second["approvals_missing"]) == ("APPROVED", 0)
    yes = case.now()["approvals"]
    assert len({one["by"] for one in yes}) == len(yes) == 2


@sentence("rule-21")
def test_a_senior_overrides_the_window_with_a_reason_and_somebody_else_approves(
    client: Client,
) -> None:
    late = wish(client, sold(client, "late", days_ago=45))
    exception = late | {"override": {"reason": WHY}}

    refused(client.post("support", "/returns", late), 422, "outside_window")
    refused(client.post("support", "/returns", exception), 403, "override_not_yours")
    case = opened(client, exception, "senior_reviewer")
    own_yes = client.post("senior_reviewer", f"/returns/{case.id}/approve", {})
    case.approve()

    refused(own_yes, 409, "same_person")
    now = case.now()
    senior = client.merchant.stack.claims("senior_reviewer")["sub"]
    override = now["override"]
    assert (override["by"], override["codes"]) == (senior, ["outside_window"])
    assert override["reason"] == WHY
    assert "override" in now["decision"]["reasons"]
    assert now["status"] == "APPROVED"
    assert senior not in [one["by"] for one in now["approvals"]]


def test_what_costs_less_than_10_is_kept_and_refunded_without_goods(client: Client) -> None:
    sale = sold(client, "kept", price="9.99")
    shelves = client.shelves(sale.sku)
    quote = client.post("customer", "/returns/quote", wish(client, sale)).expect(200)
    case = opened(client, wish(client, sale))
    case.settle()

    assert (quote["lines"][0]["keep_item"], quote["review"]) == (True, "automatic")
    assert quote["refund"]["amount"] == "9.99"
    case.must_be(status="COMPLETED", paid="9.99 EUR", kept=1, received=0)
    assert case.now()["lines"][0]["keep_item"]
    assert client.shelves(sale.sku) == shelves


def test_a_refund_that_is_due_at_receipt_is_paid_before_anybody_inspects(client: Client) -> None:
    merchant, sale = client.merchant, Sale(name="own-gold", own_policy=OWN)
    merchant.counted(sale.sku)
    order_no, body = sale.order_no(merchant.run), sale.body(merchant.run, merchant.desk.now)
    gold = {**body, "customer_class": "gold"}
    merchant.send("machine", "PUT", f"/orders/{order_no}", gold).expect(201)
    case = opened(client, wish(client, sale))
    case.approve()
    early = client.post("finance", f"/returns/{case.id}/settlements", {})

    case.receive()
    case.settle()

    refused(early, 409, "nothing_to_settle")
    case.must_be(received=1, uninspected=1, paid="100.00 EUR")
    assert case.now()["decision"]["lines"][0]["refund_due"] == "receipt"
    case.inspect()
    client.disposes(case, goes(1, "RESTOCK"))
    case.must_be(status="COMPLETED", paid="100.00 EUR")
    assert str(kept_money(case.now())) == "0.00 EUR"


@sentence("rule-22")
def test_a_final_sale_comes_back_only_if_it_is_not_as_it_should_be(client: Client) -> None:
    sale = sold(client, "final", final_sale=True)

    told = client.post("customer", "/returns", wish(client, sale))
    wrong = client.post(
        "customer", "/returns/quote", wish(client, sale, reason="WRONG_ITEM")
    ).expect(200)

    refused(told, 422, "final_sale")
    assert (wrong["eligible"], wrong["fees"]) == (True, [])
    assert wrong["refund"]["amount"] == "100.00"


def test_the_decision_is_explained_rule_by_rule_and_replays(client: Client, own: Own) -> None:
    case = opened(client, wish(client, sold(client, "why")))

    told, chinese = (
        decision(client, case, role, language)
        for role, language in (("reviewer", "en"), ("customer", "zh-CN"))
    )

    (explained,), (read_by_customer,) = told["lines"], chinese["lines"]
    rules = {rule["rule"]: rule for rule in explained["rules"]}
    assert list(rules) == [rule["id"] for rule in own.form["rules"]]
    assert [rule for rule, one in rules.items() if one["held"]] == ["all-else"]
    (asked,) = rules["small-things"]["facts"]
    assert (asked["fact"], asked["value"]["amount"]) == ("line_value", "100.00")
    assert rules["all-else"]["decides"] == ["window", "fees", "review", "giving"]
    assert explained["window"]["days"] == 30
    assert explained["fees"]["restocking_percent"] == "15"
    assert explained["policy_version"] == own.version_id
    assert (told["replays"], explained["replays"]) == (True, True)
    titles = {rule["id"]: rule["title"]["zh-CN"] for rule in own.form["rules"]}
    assert {rule["rule"]: rule["title"] for rule in read_by_customer["rules"]} == titles


def test_a_customer_is_not_told_of_the_risk_that_staff_see(client: Client) -> None:
    sale = sold(client, "used")
    case = opened(client, wish(client, sale, answers={"condition": "used"}))
    path = f"/returns/{case.id}"

    staff, customer = (
        client.merchant.send(role, "GET", path).expect(200)["decision"]
        for role in ("reviewer", "customer")
    )
    explained, told = (decision(client, case, role) for role in ("reviewer", "customer"))

    assert {"id": "used", "weight": 40} in staff["risk"]["signals"]
    assert "used" in {signal["signal"] for signal in explained["signals"]}
    assert explained["risk_score"] == staff["risk"]["score"] >= 40
    assert (customer["risk"], customer["reasons"]) == (None, None)
    assert (told["risk_score"], told["signals"], told["reasons"]) == (None, [], [])


def test_a_stricter_draft_is_tried_on_the_returns_of_the_run(client: Client, own: Own) -> None:
    merchant = client.merchant
    plain = opened(client, wish(client, sold(client, "tried")))
    ours = opened(client, wish(client, sold(client, "ours"), reason="LATE_DELIVERY"))
    for case in (plain, ours):
        _listed(client, case)
    strict = copy.deepcopy(own.form) | {"version": f"{policy_of(merchant.run, OWN)}-2"}
    strict["effective_from"] = rfc3339(merchant.desk.now + timedelta(days=30))
    strict["rules"][4]["then"]["window"] = {"days": 1}
    path = f"/policies/{strict['version']}"
    merchant.send("finance", "PUT", path, strict).expect(201)

    since = {"from": rfc3339(merchant.desk.now - timedelta(minutes=1))}
    began = client.post("finance", f"{path}/simulations", since)
    job = merchant.finished(began.expect(202)["id"])

    assert job["state"] == "succeeded", job["error"]
    place = began.headers["location"].removeprefix("/v1")
    files = merchant.send("auditor", "GET", place).expect(200)["files"]
    report = json.loads(merchant.download(files["report"]))
    lines = b"".join(merchant.download(url) for url in files["jsonl"]).splitlines()
    rows = {row["return_id"]: row for row in map(json.loads, lines)}
    assert report["different"] == len(rows)
    assert rows[plain.id]["changes"][0] == "refused_now"
    assert rows[plain.id]["codes_after"] == ["outside_window"]
    assert (rows[plain.id]["refund_before"], rows[plain.id]["refund_after"]) == ("80.00", "0.00")
    assert ours.id not in rows
    assert plain.id in {row["return_id"] for url in files["csv"] for row in _table(merchant, url)}
    assert plain.now()["decision"]["policy_version"] == own.version_id


def _listed(client: Client, case: Case) -> None:
    """Waits until the list of returns, which lags a little, has it."""
    order_no = case.now()["order_no"]
    path = f"/returns?order_no={order_no}"
    eventually(lambda: client.merchant.send("auditor", "GET", path).expect(200)["items"])


def _table(merchant: Merchant, url: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(merchant.download(url).decode("utf-8-sig"))))


def test_anybody_reads_the_terms_as_a_page_in_chinese_and_on_paper(
    merchant: Merchant, own: Own
) -> None:
    path = f"/policies/{own.version_id}/terms"

    page = merchant.send(None, "GET", f"{path}.html?lang=zh-CN")
    paper = merchant.send(None, "GET", f"{path}.pdf?lang=zh-CN")

    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    text = page.content.decode()
    assert '<html lang="zh-CN"' in text
    for rule in own.form["rules"]:
        assert rule["title"]["zh-CN"] in text
    assert all(signal["title"]["zh-CN"] not in text for signal in own.form["signals"])
    paper.expect(303)
    assert merchant.download(paper.headers["location"]).startswith(b"%PDF-")


def test_a_reason_of_the_merchants_own_is_used_and_refused_once_it_has_ended(
    client: Client, own: Own
) -> None:
    merchant, sale = client.merchant, sold(client, "reason", units=2)
    asked = wish(client, sale, reason=own.reason)

    def quote() -> Answer:
        return client.post("customer", "/returns/quote", asked)

    quoted = eventually(quote, lambda answer: answer.status == 200).expect(200)
    case = opened(client, asked)
    ended = merchant.send("admin", "DELETE", f"/reasons/{own.reason}", headers=ANY).expect(200)
    told = eventually(quote, lambda answer: answer.status != 200)

    assert (quoted["fees"], quoted["refund"]["amount"]) == ([], "100.00")
    assert case.now()["lines"][0]["reason"] == own.reason
    assert not ended["active"]
    assert faults(refused(told, 422, "invalid_request")) == {"/lines/0/reason": "unknown_reason"}
    assert decision(client, case, "reviewer")["replays"]
