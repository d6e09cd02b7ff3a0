"""Scenes of a warehouse's door and bench: enrolled scanners, barcodes, counts, checklists, photos.

What becomes of the goods afterwards is in goods.py.
"""

import io
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
from PIL import Image, ImageFilter

from chalicelib.core.clock import from_rfc3339
from tools.demo.desk import READER, Case, Desk, Unexpected, refused_with
from tools.demo.floor import outcome_of, picture, posted, scan, uploaded
from tools.demo.sale import WAREHOUSE, Sale
from tools.demo.scenes import Scene
from tools.device import Answer, Device, NoAnswer, over_http
from tools.device.client import Refused as DeviceRefused

GTIN = "4006381333931"
_KEEPS = timedelta(days=400)
_BINDS = timedelta(seconds=35)
"""How long after its publication a checklist surely binds."""


def _offline(desk: Desk, sale: Sale) -> str:
    """Scanned in a dead spot, sent twice because an answer was lost, booked once; then revoked."""
    case = desk.ask(sale, 3)
    case.approve()
    asked = {"warehouse": WAREHOUSE, "name": f"Dock of {desk.run}"}
    code = desk.caller.post("warehouse", "/devices/enrolments", asked, key=desk.key("code"))["code"]
    url = desk.stack.state.api_url
    with (
        tempfile.TemporaryDirectory() as folder,
        Device.enrol(url, code, Path(folder)) as device,
    ):
        scans = [device.scan(return_number=case.number, sku=sale.sku) for _ in range(3)]
        waited = [_unsent(device, _no_network), _unsent(device, _answer_lost)]
        device.send = over_http
        sent = device.flush()
        if (waited, sent.accepted) != ([3, 3], 3):
            raise Unexpected(f"{waited} scans waited, then {sent.accepted} of 3 were accepted")
        for one in scans:
            _booked(desk, device, one)
        known = _sequence_of(desk, device)
        told = _revoked(desk, device, case)
    case.restock_and_settle()
    booked = case.must_be(status="COMPLETED", received=3, paid="60.00 EUR")
    missing = known["missing"]
    return (
        f"3 signed scans kept offline, sent twice, booked once: {booked}, {missing} missing; {told}"
    )


def _unsent(device: Device, send: Any) -> int:  # Any: a transport
    """How many scans still wait after a try that nobody answered."""
    device.send = send
    try:
        device.flush()
    except NoAnswer:
        return len(device.journal.waiting())
    raise Unexpected("the device was answered without a network")


def _no_network(*_: Any) -> Answer:
    raise NoAnswer("no network in the aisle")


def _answer_lost(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
    over_http(method, url, headers, body)
    raise NoAnswer("the answer is lost")


def _booked(desk: Desk, device: Device, scan_id: str) -> None:
    desk.until(
        lambda: device.outcome(scan_id),
        lambda now: now["state"] == "done",
        f"the outcome of scan {scan_id}, asked for by its device",
    )


def _sequence_of(desk: Desk, device: Device) -> Mapping[str, Any]:
    """The numbers are noted a moment after the scans are booked."""
    known: Mapping[str, Any] = desk.until(
        lambda: device.read()["sequence"],
        lambda now: now["highest"] == 3 and not now["missing"],
        "the numbers of the device's scans",
    )
    return known


def _revoked(desk: Desk, device: Device, case: Case) -> str:
    path = f"/devices/{device.profile.device_id}"
    version = desk.caller.get("warehouse", path)["version"]
    body, key = {"reason": "LOST"}, desk.key("revoke")
    desk.caller.post("warehouse", f"{path}/revoke", body, key=key, version=version)
    device.scan(return_number=case.number, sku="DEMO-STOLEN")
    try:
        device.flush()
    except DeviceRefused as refused:
        return f"revoked, its next scan is refused: {refused.status}"
    raise Unexpected("a revoked device could still send")


def _barcode(desk: Desk, sale: Sale) -> str:
    """A GS1 element string names GTIN, lot and expiry; a wrong check digit is found at once."""
    case = desk.ask(sale, 1)
    case.approve()
    lot, expires = f"L{desk.run}", (desk.now + _KEEPS).date()
    text = f"]C1010{GTIN}17{expires:%y%m%d}10{lot}"
    good = scan(desk, sale.name, 1, return_number=case.number, barcode=text)
    bad = scan(desk, sale.name, 2, return_number=case.number, barcode="4006381333932")
    taken, refused = posted(desk, good, bad)
    codes = [error["code"] for error in refused["errors"]]
    if not taken["accepted"] or codes != ["barcode_check_digit"]:
        raise Unexpected(f"the codes were answered with {taken} and {refused}")
    outcome_of(desk, good["scan_id"])
    kept = desk.caller.get(READER, f"/stock/lots?sku={sale.sku}&lot={lot}")
    if kept["expires_on"] != f"{expires:%Y-%m-%d}":
        raise Unexpected(f"lot {lot} is known as {kept}")
    case.restock_and_settle()
    told = case.must_be(status="COMPLETED", received=1, paid="12.00 EUR")
    return f"lot {lot}, expires {kept['expires_on']}; {told}; a wrong one: {codes[0]}"


def _blind_count(desk: Desk, sale: Sale) -> str:
    """Announced three, counted two without knowing: another person counts again, and is right."""
    case = desk.ask(sale, 3)
    case.approve()
    body = {"warehouse": WAREHOUSE, "mode": "blind", "return": case.number, "second_above": 0}
    opened = desk.caller.post("warehouse", "/receivings", body, key=desk.key("receiving"))
    if opened["expected"] is not None:
        raise Unexpected(f"who counts blind is told what is announced: {opened['expected']}")
    path = f"/receivings/{opened['id']}"
    first = _count(desk, "warehouse", path, sale.sku, 2)
    again = refused_with(
        "second_counter_needed", lambda: _count(desk, "warehouse", path, sale.sku, 3)
    )
    second = _count(desk, "admin", path, sale.sku, 3)
    (tally,) = second["tallies"]
    counted = [(one["announced"], one["counted"], one["short"]) for one in (tally,)]
    if (first["state"], second["state"], counted) != ("RECOUNT", "CLOSED", [(3, 3, 0)]):
        raise Unexpected(f"the counts ended {first['state']}, {second['state']}: {counted}")
    case.restock_and_settle()
    told = case.must_be(status="COMPLETED", received=3, paid="45.00 EUR")
    return f"2 counted blind of 3: RECOUNT, by the same person {again}; another counts 3; {told}"


def _count(desk: Desk, role: str, path: str, sku: str, units: int) -> dict[str, Any]:
    """Count so many and close."""
    body = {"items": [{"sku": sku, "quantity": units}]}
    told = desk.caller.post(role, f"{path}/items", body, key=desk.key("count"))
    closed = desk.caller.post(
        role, f"{path}/close", {}, key=desk.key("close"), version=told["version"]
    )
    return dict(closed)


def _checklist(desk: Desk, sale: Sale) -> str:
    """A list of one's own binds: no answer is refused, an answer caps the grade and proposes."""
    category = _category(desk)
    published = desk.caller.get(READER, f"/checklists/{category}")
    since = from_rfc3339(published["effective_from"])
    time.sleep(max(0.0, (since + _BINDS - datetime.now(UTC)).total_seconds()))
    kettle = Sale(name=sale.name, price=sale.price, line={"category": category})
    case = desk.ask(kettle, 1)
    case.approve()
    case.receive()
    wanted = refused_with("inspection_faults", lambda: _look(case, {}))
    better = refused_with("inspection_faults", lambda: _look(case, {"lid": "no"}, grade="A"))
    seen = _look(case, {"lid": "no"}, grade="C")
    (proposed,) = seen["proposals"]
    best = proposed["proposals"][0]
    size = quality_report(desk, case, seen["inspection_id"])
    case.dispose("HOLD")
    told = case.must_be(status="INSPECTING", hold=1)
    if (wanted, published["version"]) != (better, 1):
        raise Unexpected(f"{wanted} and {better}, by version {published['version']}")
    return (
        f"no answer is {wanted}, so is a better grade; proposed {best['disposition']}; "
        f"QC report {size}; {told}"
    )


def publish_list(desk: Desk) -> None:
    """The checklist of the run; functions that read the lists just before go by those a while."""
    category = _category(desk)
    path, key = f"/checklists/{category}", desk.key("list")
    desk.caller.post("admin", path, _list_of(category), key=key, version="*")


def _category(desk: Desk) -> str:
    return f"demo-{desk.run}".lower()


def _list_of(category: str) -> dict[str, Any]:
    return {
        "title": {"en": "Kettles", "zh-CN": "水壶"},
        "applies_to": [category],
        "items": [
            {
                "id": "lid",
                "section": "function",
                "words": {"en": "Does the lid close?", "zh-CN": "盖子能否盖紧？"},
                "caps": [{"when": {"answers": ["no"]}, "best": "C", "defect": "BROKEN"}],
            }
        ],
        "defects": [{"code": "BROKEN", "words": {"en": "Broken", "zh-CN": "破裂"}}],
    }


def _look(case: Case, answers: Mapping[str, str], *, grade: str = "C") -> dict[str, Any]:
    group = {
        "line_no": "1", "quantity": 1, "grade": grade, "result": "failed", "fault": "maker",
        "checklist": dict(answers),
    }  # fmt: skip
    return case.command("inspector", "inspections", {"groups": [group]})


def quality_report(desk: Desk, case: Case, inspection_id: str) -> str:
    path = f"/returns/{case.id}/inspections/{inspection_id}/report"
    return " and ".join(
        f"{language} {paper(desk, path, language, has=case.number)}" for language in ("en", "zh-CN")
    )


def paper(desk: Desk, path: str, language: str, *, has: str) -> str:
    """The size of the PDF that a route leads to; it has to be one, with this text on it."""
    found = desk.stack.api("warehouse").get(f"/v1{path}?language={language}")
    if found.status != 303:
        raise Unexpected(f"there is no paper at {path}: {found.status} {found.body}")
    content = desk.stack.http("GET", found.headers["location"]).content
    if not content.startswith(b"%PDF-"):
        raise Unexpected(f"the paper is no PDF: {content[:40]!r}")
    pages = pypdfium2.PdfDocument(io.BytesIO(content))
    if not any(has in page.get_textpage().get_text_bounded() for page in pages):
        raise Unexpected(f"{has} is not on the paper")
    return f"{len(content) // 1024} kB"


def _blurred(desk: Desk, sale: Sale) -> str:
    """A blurred photo is asked for again at once, and rejected for nothing."""
    case = desk.ask(sale, 1, role="customer", reason="QUALITY_DEFECT")
    blurred, sharp = uploaded(desk, case, blur(sale.name)), uploaded(desk, case, picture(sale.name))
    told = [(one["state"], one["hints"], one["retake"]) for one in (blurred, sharp)]
    if told != [("clean", ["blurred"], True), ("clean", [], False)]:
        raise Unexpected(f"the blurred photo and the sharp one are {told}")
    case.reject("OTHER", note="Shown well enough to see that nothing is broken.")
    return (
        f"clean, hint blurred: take it again; the next is sharp; {case.must_be(status='REJECTED')}"
    )


def blur(text: str) -> bytes:
    """The picture as a hand that shakes takes it."""
    image = Image.open(io.BytesIO(picture(text))).filter(ImageFilter.GaussianBlur(12))
    encoded = io.BytesIO()
    image.save(encoded, "JPEG", quality=80)
    return encoded.getvalue()


ARRIVALS = (
    Scene(title="Scanner: one-time code, offline, sent twice", play=_offline,
          sale=Sale(name="offline", units=3, price="20.00")),
    Scene(title="GS1 barcode: GTIN, lot, expiry", play=_barcode,
          sale=Sale(name="barcode", price="12.00", line={"gtin": GTIN})),
    Scene(title="Blind count differs, another person counts", play=_blind_count,
          sale=Sale(name="blindcount", units=3, price="15.00")),
    Scene(title="Checklist of one's own, quality report", play=_checklist,
          sale=Sale(name="checklist", price="70.00")),
    Scene(title="Blurred photo is asked for again", play=_blurred, sale=Sale(name="blurred")),
)  # fmt: skip
