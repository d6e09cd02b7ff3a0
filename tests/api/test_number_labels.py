"""The label with a return's number: who gets it, in which form, and for which returns."""

from io import BytesIO

import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp

from chalicelib.auth.principal import Role
from tests.api.door import Door, Reply
from tests.api.shop import opened
from tests.stage import Stage


def asked(door: Door, return_id: str, query: str = "", who: str = "customer") -> Reply:
    return door.ask(who, "GET", f"/v1/returns/{return_id}/number-label{query}")


def printed(stage: Stage) -> bytes:
    (content,) = stage.objects("files/labels/").values()
    return content


def read_back(pdf: bytes) -> set[str]:
    document = pypdfium2.PdfDocument(BytesIO(pdf))
    texts = set()
    for page in document:
        image = page.render(scale=203 / 72).to_pil()
        texts |= {code.text for code in zxingcpp.read_barcodes(image)}
    document.close()
    return texts


def test_a_customer_prints_the_number_of_their_return(door: Door, stage: Stage) -> None:
    return_id = opened(door)
    number = door.ask("customer", "GET", f"/v1/returns/{return_id}").expect(200)["number"]

    reply = asked(door, return_id, "?size=4x6&parcels=2&language=zh-CN")

    told = reply.expect(303)
    assert reply.headers["Location"] == told["url"]
    assert reply.headers["Content-Language"] == "zh-CN"
    assert "response-content-disposition=inline" in told["url"]
    assert "response-content-type=application%2Fpdf" in told["url"]
    assert read_back(printed(stage)) == {number}


def test_the_same_label_is_drawn_once(door: Door, stage: Stage) -> None:
    return_id = opened(door)

    for _ in range(2):
        asked(door, return_id).expect(303)

    assert len(stage.objects("files/labels/")) == 1


def test_a_foreign_return_has_no_label(door: Door) -> None:
    return_id = opened(door)
    door.sign_in("stranger", Role.CUSTOMER, customer_id="cus-2")

    assert asked(door, return_id, who="stranger").status == 404
    assert asked(door, return_id, who="warehouse").status == 303
    assert asked(door, "ret_nobody", who="support").status == 404


@pytest.mark.parametrize("query", ["?size=a5", "?parcels=0", "?parcels=21", "?language=de"])
def test_labels_that_are_not_printed_are_refused(door: Door, query: str) -> None:
    assert asked(door, opened(door), query).status == 400


def test_a_cancelled_return_has_nothing_to_label(door: Door) -> None:
    return_id = opened(door)
    path = f"/v1/returns/{return_id}/cancel"
    door.ask("customer", "POST", path, {"reason": "KEEPS_IT"}, If_Match="*").expect(200)

    assert asked(door, return_id).body["code"] == "nothing_to_label"
