"""What there is to say about stock through the API: levels, alerts, promises and value."""

from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.analytics.model import Interval, MetricRow
from chalicelib.core.clock import utc_now
from tests.api.door import Door
from tests.api.test_lifecycle import ORDER
from tests.api.test_stock import COUNT, act, listed, post, sent, watched
from tests.stage import Stage


@pytest.fixture
def shop(door: Door) -> Door:
    """Ten units in stock at 40.00 each."""
    door.ask("warehouse", "POST", "/v1/stock/counts", COUNT, Idempotency_Key="c-1").expect(201)
    return door


def test_low_stock_is_an_alert_that_ends_by_itself(shop: Door, stage: Stage) -> None:
    level = {"warehouse": "WH1", "sku": "85123A", "reorder_point": 10, "safety_stock": 2}
    shop.ask("warehouse", "PUT", "/v1/stock/levels", level, If_Match="*").expect(200)
    watched(stage)
    (alert,) = shop.ask("auditor", "GET", "/v1/stock/alerts?warehouse=WH1").expect(200)["items"]
    assert (alert["kind"], alert["quantity"], alert["limit"]) == ("low_stock", 10, 10)

    seen = act(shop, f"/v1/stock/alerts/{alert['alert_id']}", {}).expect(200)
    assert seen["state"] == "acknowledged"
    tag = shop.ask("auditor", "GET", "/v1/stock/levels?warehouse=WH1&sku=85123A").headers["ETag"]
    level["reorder_point"] = 1
    shop.ask("warehouse", "PUT", "/v1/stock/levels", level, If_Match=tag).expect(200)
    watched(stage)

    resolved = shop.ask("auditor", "GET", "/v1/stock/alerts?state=resolved").expect(200)
    assert [one["alert_id"] for one in resolved["items"]] == [alert["alert_id"]]


def test_dates_that_contradict_each_other_are_said_until_somebody_states_one(
    shop: Door, stage: Stage
) -> None:
    for target, date in (("WH2", "2027-06-30"), ("WH3", "2027-07-31")):
        body = {"origin": "WH1", "target": target, "items": [{"sku": "85123A", "quantity": 1}]}
        made = post(shop, "/v1/stock/transfers", body).expect(201)
        came = {"line_no": "1", "quantity": 1, "lot": "L1", "expires_on": date}
        path = f"/v1/stock/transfers/{made['transfer_id']}"
        act(shop, path, {"items": [came]}, key=target).expect(200)
        watched(stage)
    told = shop.ask("auditor", "GET", "/v1/stock/alerts").expect(200)["items"]
    assert sorted((one["kind"], one["warehouse"]) for one in told) == [
        ("lot_contradicted", "WH2"),
        ("lot_contradicted", "WH3"),
    ]

    body = {"sku": "85123A", "lot": "L1", "expires_on": "2027-06-30"}
    shop.ask("warehouse", "PUT", "/v1/stock/lots", body).expect(200)
    watched(stage)

    assert shop.ask("auditor", "GET", "/v1/stock/alerts").expect(200)["items"] == []


def test_a_purchase_is_told_and_ends(shop: Door) -> None:
    body = {"purchase_id": "PO-1", "warehouse": "WH1", "sku": "85123A", "quantity": 5}

    told = shop.ask("machine", "PUT", "/v1/stock/purchases", body).expect(200)
    assert [one["available_then"] for one in told["purchases"]] == [10]
    done = shop.ask("machine", "PUT", "/v1/stock/purchases", {**body, "quantity": 0}).expect(200)

    assert done["purchases"] == []


def test_what_can_be_promised_leaves_the_safety_stock_out(shop: Door, stage: Stage) -> None:
    level = {"warehouse": "WH1", "sku": "85123A", "reorder_point": None, "safety_stock": 2}
    shop.ask("warehouse", "PUT", "/v1/stock/levels", level, If_Match="*").expect(200)
    listed(stage)

    named = shop.ask("machine", "GET", "/v1/stock/atp?sku=85123A,NONE&warehouse=WH1")
    anywhere = shop.ask("machine", "GET", "/v1/stock/atp?sku=85123A&returns_share=0.5")

    assert [(one["sku"], one["atp"]) for one in named.expect(200)["items"]] == [
        ("85123A", 8),
        ("NONE", 0),
    ]
    (found,) = anywhere.expect(200)["items"]
    assert (found["warehouse"], found["available"], found["incoming_returns"]) == ("WH1", 10, 0)
    assert named.headers["Cache-Control"] == "private, max-age=5"


def test_goods_of_very_many_lots_are_promised_wherever_they_lie(shop: Door, stage: Stage) -> None:
    for place, lots in (("WH1", 101), ("WH2", 1)):
        items = [{"sku": "TEA", "lot": f"L{no}", "quantity": 1} for no in range(lots)]
        body = {"warehouse": place, "kind": "opening", "items": items}
        post(shop, "/v1/stock/counts", body, key=place).expect(201)
    listed(stage)

    found = shop.ask("machine", "GET", "/v1/stock/atp?sku=TEA").expect(200)["items"]

    assert [(one["warehouse"], one["atp"]) for one in found] == [("WH1", 101), ("WH2", 1)]


def test_goods_that_expired_on_the_shelf_are_not_promised(shop: Door) -> None:
    items = [{"sku": "TEA", "lot": lot, "quantity": 2} for lot in ("L1", "L2")]
    body = {"warehouse": "WH1", "kind": "opening", "items": items}
    post(shop, "/v1/stock/counts", body).expect(201)
    for lot, year in (("L1", utc_now().year - 1), ("L2", utc_now().year + 1)):
        stated = {"sku": "TEA", "lot": lot, "expires_on": f"{year}-06-30"}
        shop.ask("warehouse", "PUT", "/v1/stock/lots", stated).expect(200)

    query = "/v1/stock/atp?sku=TEA&warehouse=WH1"
    (found,) = shop.ask("machine", "GET", query).expect(200)["items"]

    assert (found["available"], found["expired"], found["atp"]) == (4, 2, 2)


def test_nothing_is_sent_while_nothing_has_changed(shop: Door) -> None:
    path = "/v1/stock/atp?sku=85123A&warehouse=WH1"
    tag = shop.ask("machine", "GET", path).headers["ETag"]

    assert shop.ask("machine", "GET", path, If_None_Match=tag).status == 304
    sent(shop)
    assert shop.ask("machine", "GET", path, If_None_Match=tag).status == 200


@pytest.mark.parametrize("query", ["sku=", "sku=A,%20B!", "", "sku=A&returns_share=2"])
def test_a_question_that_says_nothing_is_refused(shop: Door, query: str) -> None:
    assert shop.ask("machine", "GET", f"/v1/stock/atp?{query}").status == 400


def test_a_hundred_skus_are_the_most(shop: Door) -> None:
    many = ",".join(f"S{number}" for number in range(101))

    assert shop.ask("machine", "GET", f"/v1/stock/atp?sku={many}&warehouse=WH1").status == 400


def test_units_on_their_way_back_are_told_apart(shop: Door, stage: Stage) -> None:
    _approved(shop, 2)
    listed(stage)

    query = "/v1/stock/atp?sku=85123A&warehouse=WH1&returns_share=0.5"
    (found,) = shop.ask("machine", "GET", query).expect(200)["items"]

    assert (found["available"], found["incoming_returns"]) == (7, 2)
    assert (found["expected_returns"], found["atp"]) == (1, 8)


def test_what_comes_back_counts_by_the_share_that_was_sold_again_until_now(
    shop: Door, stage: Stage
) -> None:
    _approved(shop, 2)
    listed(stage)
    query = "/v1/stock/atp?sku=85123A&warehouse=WH1&returns_share=measured"
    (unknown,) = shop.ask("machine", "GET", query).expect(200)["items"]
    today = utc_now().replace(hour=0, minute=0, second=0, microsecond=0)
    counts = {"approved_units": 80, "restock_units": 60}
    row = MetricRow(
        start=today - timedelta(days=3), dimension="warehouse", group="WH1", counts=counts
    )
    wiring.metric_rows().save(Interval.DAY, [row], today)

    (known,) = shop.ask("machine", "GET", query).expect(200)["items"]

    assert (unknown["incoming_returns"], unknown["returns_share"], unknown["atp"]) == (2, None, 7)
    assert (known["returns_share"], known["expected_returns"], known["atp"]) == ("0.750", 1, 8)


def test_stock_is_worth_what_it_was_issued_at(shop: Door, stage: Stage) -> None:
    sent(shop)
    listed(stage)

    found = shop.ask("finance", "GET", "/v1/stock/valuation?warehouse=WH1").expect(200)

    value = {one["account"]: one["value"] for one in found["accounts"]}
    assert value["available"] == [{"amount": "240.00", "currency": "EUR"}]
    assert value["in_transit"] == [{"amount": "160.00", "currency": "EUR"}]
    assert found["next_cursor"] is None
    assert shop.ask("sales", "GET", "/v1/stock/valuation?warehouse=WH1").status == 403


def _approved(shop: Door, quantity: int) -> None:
    """An order of three, of which so many are approved to come back."""
    shop.ask("machine", "PUT", "/v1/orders/SO-1", ORDER).expect(201)
    wanted = {
        "order_no": "SO-1",
        "lines": [{"order_line_no": "1", "quantity": quantity, "reason": "CHANGED_MIND"}],
    }
    ret = shop.ask("sales", "POST", "/v1/returns", wanted).expect(201)
    path = f"/v1/returns/{ret['id']}"
    tag = shop.ask("auditor", "GET", path).headers["ETag"]
    shop.ask("reviewer", "POST", f"{path}/approve", {}, Idempotency_Key="ok", If_Match=tag).expect(
        200
    )
