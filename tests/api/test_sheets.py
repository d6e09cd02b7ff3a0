"""Quality reports and packing lists as PDFs: who gets them, in which words, drawn once."""

from io import BytesIO
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest
from PIL import Image

from chalicelib import wiring
from chalicelib.api.sheets import pictures_of
from chalicelib.auth.principal import Role
from chalicelib.core.errors import TransientError
from chalicelib.papers.sheet import Picture, Section, Sheet
from tests.api.door import Door, Reply
from tests.api.shop import command
from tests.api.test_inspections import received, sampled
from tests.api.test_lifecycle import COUNT, DELIVERY, LINE, ORDER, RETURN
from tests.api.test_photos import accepted, asked
from tests.api.test_suppliers import draft, projected, put, returned, sent
from tests.stage import BUCKET, Stage

__all__ = ["draft", "received", "returned", "sent"]

GROUP = {"line_no": "1", "quantity": 2, "grade": "C", "result": "failed", "fault": "maker"}


def report(door: Door, return_id: str, inspection_id: str, who: str, query: str = "") -> Reply:
    path = f"/v1/returns/{return_id}/inspections/{inspection_id}/report{query}"
    return door.ask(who, "GET", path)


def packing(door: Door, rtv: dict[str, Any], who: str, query: str = "") -> Reply:
    return door.ask(who, "GET", f"/v1/returns-to-vendor/{rtv['id']}/packing-list/document{query}")


def words(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(BytesIO(pdf))
    text = "\n".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    return text


def pictures(pdf: bytes) -> int:
    document = pypdfium2.PdfDocument(BytesIO(pdf))
    kind = pypdfium2.raw.FPDF_PAGEOBJ_IMAGE
    count = sum(len(list(page.get_objects(filter=[kind]))) for page in document)
    document.close()
    return count


def inspected(door: Door, return_id: str, **more: Any) -> str:
    seen = {"groups": [{**GROUP, **more}]}
    done = command(door, "inspector", return_id, "inspections", seen, If_Match="*").expect(201)
    return str(done["inspection_id"])


def photographed(
    door: Door, stage: Stage, return_id: str, who: str = "customer"
) -> tuple[str, str]:
    """A clean photo with its file: its id and the key of the file."""
    path = asked(door, {"id": return_id}, who=who)
    accepted(path)
    photo_id = path.rpartition("/")[2]
    photo = wiring.reads().photo(return_id, photo_id)
    assert photo is not None
    assert photo.clean_key is not None
    jpeg = BytesIO()
    Image.new("RGB", (320, 200), "olive").save(jpeg, "JPEG")
    stage.s3.put_object(Bucket=BUCKET, Key=photo.clean_key, Body=jpeg.getvalue())
    return photo_id, photo.clean_key


def test_a_quality_report_is_drawn_once_and_served_by_a_short_address(
    door: Door, stage: Stage, received: str
) -> None:
    inspection_id = inspected(door, received)

    first = report(door, received, inspection_id, "support", "?language=en")
    again = report(door, received, inspection_id, "auditor", "?language=en")
    chinese = report(door, received, inspection_id, "support", "?language=zh-CN")

    shown = first.expect(303)
    assert (again.status, chinese.status) == (303, 303)
    assert first.headers["Location"] == shown["url"]
    assert "response-content-type=application%2Fpdf" in shown["url"]
    assert chinese.headers["Content-Language"] == "zh-CN"
    papers = stage.objects(f"qc-reports/{inspection_id}/")
    assert sorted(key.split(".", 1)[1] for key in papers) == ["en.pdf", "zh-CN.pdf"]
    (in_chinese,) = [pdf for key, pdf in papers.items() if "zh-CN" in key]
    assert "检验" in words(in_chinese)


def test_its_photos_are_in_it_and_one_that_is_gone_is_left_out(
    door: Door, stage: Stage, received: str
) -> None:
    photo_id, _ = photographed(door, stage, received)
    gone_id, gone_key = photographed(door, stage, received)
    stage.s3.delete_object(Bucket=BUCKET, Key=gone_key)
    inspection_id = inspected(door, received, photos=[photo_id, gone_id])

    report(door, received, inspection_id, "support", "?language=en").expect(303)

    (pdf,) = stage.objects(f"qc-reports/{inspection_id}/").values()
    assert pictures(pdf) == 1


def test_a_report_is_drawn_anew_without_a_photo_that_was_erased_since(
    door: Door, stage: Stage, received: str
) -> None:
    photo_id, _ = photographed(door, stage, received)
    erased_id, erased_key = photographed(door, stage, received)
    inspection_id = inspected(door, received, photos=[photo_id, erased_id])
    before = report(door, received, inspection_id, "support", "?language=en").expect(303)
    stage.s3.delete_object(Bucket=BUCKET, Key=erased_key)

    after = report(door, received, inspection_id, "support", "?language=en").expect(303)

    papers = stage.objects(f"qc-reports/{inspection_id}/")
    by_url = {
        asked["url"]: next(pdf for key, pdf in papers.items() if key in asked["url"])
        for asked in (before, after)
    }
    assert [pictures(pdf) for pdf in by_url.values()] == [2, 1]


def test_a_quality_report_is_for_staff_only(door: Door, received: str) -> None:
    inspection_id = inspected(door, received)
    door.sign_in("acme", Role.SUPPLIER, supplier_id="ACME")

    for who in ("customer", "acme"):
        assert report(door, received, inspection_id, who).status == 403


def test_a_second_inspector_is_not_given_the_report_of_the_first(
    door: Door, stage: Stage, received: str
) -> None:
    inspection_id = sampled(door, received)

    hidden = report(door, received, inspection_id, "other")

    assert (hidden.status, hidden.body["code"]) == (404, "inspection_not_found")
    assert stage.objects("qc-reports/") == {}
    report(door, received, inspection_id, "inspector").expect(303)


def test_an_earlier_report_says_nothing_of_what_is_to_be_looked_at_a_second_time(
    door: Door, stage: Stage, received: str
) -> None:
    rules = {"second_inspections": {"share_percent": "100"}}
    door.ask("admin", "PUT", "/v1/inspection-rules", rules, If_Match="*").expect(200)
    earlier = inspected(door, received)
    reason = {"reason": "WRONG_GRADE"}
    command(door, "reviewer", received, "reinspect", reason, If_Match="*").expect(200)
    seen = {"groups": [{**GROUP, "grade": "A", "result": "passed"}]}
    command(
        door, "inspector", received, "inspections", seen, If_Match="*", Idempotency_Key="again"
    ).expect(201)
    door.sign_in("other", Role.INSPECTOR)

    report(door, received, earlier, "other", "?language=en").expect(303)
    (blind,) = stage.objects(f"qc-reports/{earlier}/").values()
    report(door, received, earlier, "support", "?language=en").expect(303)
    told = stage.objects(f"qc-reports/{earlier}/").values()

    assert "Proposed" not in words(blind)
    assert any("Proposed" in words(pdf) for pdf in told)


def test_a_second_inspector_learns_nothing_from_what_the_supplier_is_shown(
    door: Door, stage: Stage
) -> None:
    put(door, "ACME")
    door.ask("warehouse", "POST", "/v1/stock/counts", COUNT, Idempotency_Key="c-1").expect(201)
    sold = {**ORDER, "lines": [{**LINE, "supplier_id": "ACME"}], "deliveries": [DELIVERY]}
    door.ask("machine", "PUT", "/v1/orders/SO-1", sold).expect(201)
    return_id = str(door.ask("customer", "POST", "/v1/returns", RETURN).expect(201)["id"])
    command(door, "reviewer", return_id, "approve", If_Match="*").expect(200)
    receipt = {"warehouse": "WH1", "items": [{"sku": "85123A", "quantity": 2}]}
    command(door, "warehouse", return_id, "receipts", receipt, If_Match="*").expect(201)
    sampled(door, return_id)
    projected(stage)

    def shown(who: str) -> set[tuple[str, str | None]]:
        listed = door.ask(who, "GET", "/v1/suppliers/ACME/returns").expect(200)["items"]
        return {(one["return_id"], one["grade"]) for one in listed}

    assert shown("support") == {(return_id, "B")}
    assert shown("other") == {(return_id, None)}


def test_what_is_not_there_has_no_report(door: Door, received: str) -> None:
    unknown = report(door, received, "ins_none", "support")
    nothing = report(door, "ret_none", "ins_none", "support")

    assert (unknown.status, unknown.body["code"]) == (404, "inspection_not_found")
    assert (nothing.status, nothing.body["code"]) == (404, "return_not_found")


def test_a_language_that_is_not_written_here_is_refused(
    door: Door, received: str, stage: Stage
) -> None:
    assert (
        report(door, received, inspected(door, received), "support", "?language=fr").status == 400
    )
    assert stage.objects("qc-reports/") == {}


def test_a_packing_list_is_drawn_once_in_each_language(
    door: Door, stage: Stage, sent: dict[str, Any]
) -> None:
    first = packing(door, sent, "warehouse", "?language=en")
    again = packing(door, sent, "acme", "?language=en")
    chinese = packing(door, sent, "warehouse", "?language=zh-CN")

    assert [reply.status for reply in (first, again, chinese)] == [303] * 3
    assert first.headers["Location"] == first.body["url"]
    papers = stage.objects(f"packing-lists/{sent['id']}/")
    assert sorted(key.split(".", 1)[1] for key in papers) == ["en.pdf", "zh-CN.pdf"]
    (in_chinese,) = [pdf for key, pdf in papers.items() if "zh-CN" in key]
    assert "装箱单" in words(in_chinese)
    assert sent["number"] in words(in_chinese)


def test_another_supplier_finds_no_packing_list(
    door: Door, stage: Stage, sent: dict[str, Any]
) -> None:
    refused = packing(door, sent, "other")

    assert (refused.status, refused.body["code"]) == (404, "rtv_not_found")
    assert packing(door, sent, "customer").status == 403
    assert stage.objects("packing-lists/") == {}


def test_a_supplier_finds_no_packing_list_of_a_draft(door: Door, draft: dict[str, Any]) -> None:
    assert packing(door, draft, "acme").status == 404
    packing(door, draft, "warehouse").expect(303)


def test_a_paper_is_not_kept_without_a_photo_that_could_only_not_be_had_now() -> None:
    """What lies there once is served for good; a store that is busy is asked again."""
    picture = Picture(key="files/a.jpg", caption="")
    section = Section(title="", pictures=(picture,))
    sheet = Sheet(language="en", title="", number="1", facts=(), sections=(section,), page_words="")

    def busy(key: str, *, size_max: int) -> bytes:
        raise TransientError("storage_busy", f"{key}, up to {size_max}, is not to be had now.")

    with pytest.raises(TransientError):
        pictures_of(sheet, busy)


def test_a_packing_list_is_drawn_anew_without_a_photo_that_was_erased_since(
    door: Door, stage: Stage, returned: str
) -> None:
    why = {"reason": "WRONG_GRADE"}
    command(door, "warehouse", returned, "reversals", why, If_Match="*").expect(200)
    command(door, "inspector", returned, "reinspect", why, If_Match="*").expect(200)
    photo_id, key = photographed(door, stage, returned, who="inspector")
    group = {"line_no": "1", "quantity": 2, "grade": "C", "result": "failed", "fault": "maker"}
    seen = {"groups": [{**group, "photos": [photo_id]}]}
    again = {"If_Match": "*", "Idempotency_Key": "again"}
    command(door, "inspector", returned, "inspections", seen, **again).expect(201)
    goes = {"items": [{"line_no": "1", "quantity": 2, "disposition": "RTV"}]}
    command(door, "warehouse", returned, "dispositions", goes, **again).expect(201)
    body = {"warehouse": "WH1", "items": [{"return_id": returned}]}
    path = "/v1/suppliers/ACME/returns-to-vendor"
    rtv = door.ask("warehouse", "POST", path, body, Idempotency_Key="d").expect(201)

    before = packing(door, rtv, "warehouse", "?language=en").expect(303)["url"]
    stage.s3.delete_object(Bucket=BUCKET, Key=key)
    after = packing(door, rtv, "warehouse", "?language=en").expect(303)["url"]

    papers = stage.objects(f"packing-lists/{rtv['id']}/")
    drawn = [next(pdf for key, pdf in papers.items() if key in url) for url in (before, after)]
    assert [pictures(pdf) for pdf in drawn] == [1, 0]
