"""The label of a box with its SSCC, for whoever may read the box; others have no label."""

import pytest

from tests.api.door import Door, Reply
from tests.api.test_number_labels import printed, read_back
from tests.api.test_parcels import put, returns
from tests.contracts.test_barcodes import SSCC
from tests.stage import Stage

__all__ = ["returns"]


def asked(door: Door, name: str = SSCC, query: str = "", who: str = "warehouse") -> Reply:
    return door.ask(who, "GET", f"/v1/parcels/{name}/label{query}")


def boxed(door: Door, told: tuple[dict[str, str], ...], name: str = SSCC) -> None:
    body = {"returns": [one["number"] for one in told]}
    door.ask("support", "PUT", f"/v1/parcels/{name}", body).expect(200)


def test_a_box_that_is_called_by_its_sscc_has_a_label(
    door: Door, stage: Stage, returns: tuple[dict[str, str], ...]
) -> None:
    boxed(door, returns)

    reply = asked(door, query="?size=4x6&copies=2&language=zh-CN")

    told = reply.expect(303)
    assert reply.headers["Location"] == told["url"]
    assert reply.headers["Content-Language"] == "zh-CN"
    assert read_back(printed(stage)) == {f"(00){SSCC}"}
    assert asked(door, query="?size=4x6&copies=2&language=zh-CN").status == 303
    assert len(stage.objects("files/labels/")) == 1


def test_a_box_that_is_called_otherwise_has_none(
    door: Door, returns: tuple[dict[str, str], ...]
) -> None:
    put(door, returns[0]["number"])

    assert asked(door, "BOX-1").body["code"] == "no_sscc"
    assert asked(door).body["code"] == "parcel_not_found"
    assert asked(door, who="customer").status == 403


@pytest.mark.parametrize("query", ["?size=a5", "?copies=0", "?copies=9", "?language=de"])
def test_labels_that_are_not_printed_are_refused(door: Door, query: str) -> None:
    assert asked(door, query=query).status == 400
