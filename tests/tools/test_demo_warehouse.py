"""What the scenes of the warehouse send is what the API takes, and scenes do not meet."""

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.api.schemas.checklists import ChecklistBody
from chalicelib.api.schemas.suppliers import SupplierBody
from chalicelib.gateways.images import clean_image
from chalicelib.uploads.hints import Hint, hints_of
from tests.tools.test_demo import Door, a_desk, a_return
from tools.demo import goods, warehouse
from tools.demo.desk import Case, Unexpected
from tools.demo.floor import picture
from tools.demo.play import _ALL
from tools.replay.caller import Caller


def test_no_two_scenes_have_a_title_or_goods_in_common() -> None:
    titles = Counter(scene.title for scene in _ALL)
    skus = Counter(sku for scene in _ALL for sku in (scene.sale.sku, *scene.sale.also))

    assert max(titles.values()) == max(skus.values()) == 1


@pytest.mark.parametrize(
    ("content", "hints"),
    [(picture("x"), ()), (warehouse.blur("x"), (Hint.BLURRED,))],
    ids=["sharp", "blurred"],
)
def test_the_blurred_picture_is_seen_as_one(content: bytes, hints: tuple[Hint, ...]) -> None:
    assert hints_of(clean_image(content).look) == hints


def test_the_checklist_and_the_supplier_are_valid() -> None:
    listed = ChecklistBody.model_validate_json(_json(warehouse._list_of("demo-d1")))
    stated = SupplierBody.model_validate_json(_json(goods._SUPPLIER))

    assert listed.applies_to == ("demo-d1",)
    assert stated.to_domain().terms.credit_share == "0.80"


def test_whoever_does_not_care_which_version_says_so() -> None:
    sent: list[Any] = []

    class Noting(Door):
        def request(self, method: str, path: str, json: Any = None, headers: Any = None) -> Any:
            sent.append(headers.get("If-Match"))
            return super().request(method, path, json, headers)

    caller = Caller(Noting({"/x": {}}))
    for version in ("*", 3, None):
        caller.post("admin", "/x", {}, key="k", version=version)

    assert sent == ["*", '"v3"', None]


def test_scrap_is_agreed_to_by_the_proposal_that_the_timeline_names_last() -> None:
    events = [{"data": {"proposal_id": "scr_1"}}, {"data": {"proposal_id": "scr_2"}}, {"data": {}}]
    agreed = {"/scrap-proposals/scr_2": {"version": 1}, "/scrap-proposals/scr_2/approve": {"n": 2}}
    desk = a_desk(a_return("r1"))
    documents: dict[str, Any] = {"/returns/r1/timeline": {"items": events}, **agreed}
    case = Case(desk=replace(desk, caller=Caller(Door(documents))), id="r1", number="R1")

    assert case.agree_to_scrap("finance") == {"n": 2}
    documents["/returns/r1/timeline"] = {"items": events[2:]}
    with pytest.raises(Unexpected, match="names no proposal"):
        case.agree_to_scrap("finance")


def _json(content: Any) -> str:
    return json.dumps(content)
