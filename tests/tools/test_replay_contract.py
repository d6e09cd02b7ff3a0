"""The bodies that the replay and the demo send are what the API's schemas take."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel

from chalicelib.api.schemas.goods import DispositionBody, InspectionBody, ReceiptBody
from chalicelib.api.schemas.orders import OrderBody
from chalicelib.api.schemas.returns import ApproveBody, ReturnBody
from chalicelib.api.schemas.settlements import SettlementBody
from chalicelib.orders.validation import order_faults
from chalicelib.orders.value import order_total
from tools.demo.floor import FLOOR
from tools.demo.scenes import SCENES, Scene
from tools.demo.terms import TERMS
from tools.replay.lifecycle import next_step
from tools.replay.matching import PlannedLine, PlannedReturn, Share
from tools.replay.returns import create_body, shares_in

NOW = datetime(2010, 1, 5, 9, 30, tzinfo=UTC)
LINE = PlannedLine(line_no="3", sku="22065", shares=(Share(row=9, units=2), Share(row=11, units=1)))


@pytest.mark.parametrize("order_no", ["489449", None], ids=["of an order", "blind"])
def test_a_planned_return_is_a_request_that_names_its_rows(order_no: str | None) -> None:
    line_no = "3" if order_no else None
    line = PlannedLine(line_no=line_no, sku=LINE.sku, shares=LINE.shares)
    planned = PlannedReturn(
        invoice="C489450", order_no=order_no, customer="12682", requested_at=NOW, lines=(line,)
    )

    body = ReturnBody.model_validate_json(json.dumps(create_body(planned, "LDN")))

    assert body.requested_at == NOW
    assert body.lines[0].quantity == 3
    assert shares_in(body.lines[0].note or "") == {9: 2, 11: 1}


@pytest.mark.parametrize(
    ("bucket", "schema"),
    [
        ("pending", ApproveBody),
        ("awaiting", ReceiptBody),
        ("uninspected", InspectionBody),
        ("passed", DispositionBody),
        ("restock", SettlementBody),
    ],
)
def test_each_step_is_a_command_that_the_api_takes(bucket: str, schema: type[BaseModel]) -> None:
    quantities = {"requested": 3, "received": 3, bucket: 3}
    answer: dict[str, Any] = {
        "id": "ret_1", "number": "R1", "status": "APPROVED", "settlements": [],
        "lines": [{"line_no": "1", "sku": "22065", "quantities": quantities}],
    }  # fmt: skip

    step = next_step(answer, "LDN")

    assert step is not None
    schema.model_validate_json(json.dumps(step.body))


@pytest.mark.parametrize("scene", [*SCENES, *TERMS, *FLOOR], ids=lambda scene: scene.sale.name)
def test_the_sale_of_a_scene_is_an_order_without_fault(scene: Scene) -> None:
    content = json.dumps(scene.sale.body("D1", NOW))

    told = OrderBody.model_validate_json(content).to_domain(scene.sale.order_no("D1"), NOW).order

    assert order_faults(told) == []
    assert sum(payment.captured.minor for payment in told.payments) == order_total(told).minor


def test_scenes_sell_different_goods_so_that_their_stock_is_their_own() -> None:
    skus = [scene.sale.sku for scene in (*SCENES, *TERMS, *FLOOR)]

    assert len(skus) == len(set(skus))
