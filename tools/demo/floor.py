"""Scenes of the warehouse floor: scanners over HTTP and straight to the queue, photos to S3."""

import io
import json
from typing import Any

from PIL import Image, ImageDraw

from tools.demo.desk import Case, Desk, Unexpected
from tools.demo.sale import WAREHOUSE, Sale
from tools.demo.scenes import Scene
from tools.generator import rfc3339

DEVICE = "scanner-demo-1"
_DLQ = "scans-dlq"


def scan(desk: Desk, name: str, seq: int, **fields: Any) -> dict[str, Any]:
    """What a device sends: its own id of the scan, its own counter."""
    return {
        "scan_id": f"{desk.run}-{name}-{seq}",
        "device_id": DEVICE,
        "seq": seq,
        "captured_at": rfc3339(desk.now),
        "warehouse": WAREHOUSE,
        "quantity": 1,
        "step": "receiving",
        **fields,
    }


def posted(desk: Desk, *scans: dict[str, Any]) -> list[dict[str, Any]]:
    body = {"scans": list(scans)}
    answer = desk.caller.post("warehouse", "/scans", body, key=desk.key("scans"))
    return list(answer["results"])


def _queue(desk: Desk, body: str) -> None:
    """As a device with its own narrow right to the queue does."""
    desk.stack.boto("sqs").send_message(QueueUrl=desk.stack.state.queues["scans"], MessageBody=body)


def outcome_of(desk: Desk, scan_id: str) -> dict[str, Any]:
    """What became of a scan, once a worker saw it."""
    answer = desk.until(
        lambda: desk.caller.get("warehouse", f"/scans/{scan_id}"),
        lambda now: now["state"] in ("done", "malformed"),
        f"the outcome of scan {scan_id}",
    )
    return dict(answer["outcome"])


def _approved(desk: Desk, sale: Sale, units: int) -> Case:
    case = desk.ask(sale, units)
    case.approve()
    return case


def _scanned_over_http(desk: Desk, sale: Sale) -> str:
    case = _approved(desk, sale, 2)
    scans = [scan(desk, sale.name, seq, return_number=case.number, sku=sale.sku) for seq in (1, 2)]
    results = posted(desk, *scans, scans[0])
    if not all(result["accepted"] for result in results):
        raise Unexpected(f"a scan was not accepted: {results}")
    for one in scans:
        outcome_of(desk, one["scan_id"])
    case.restock_and_settle()
    told = case.must_be(status="COMPLETED", received=2, restock=2, paid="50.00 EUR")
    return f"{told}; one scan came twice and counted once"


def _scanned_over_queue(desk: Desk, sale: Sale) -> str:
    case = _approved(desk, sale, 1)
    one = scan(desk, sale.name, 1, return_number=case.number, sku=sale.sku)
    for _ in range(2):
        _queue(desk, json.dumps(one))
    if outcome_of(desk, one["scan_id"])["return_id"] != case.id:
        raise Unexpected("the scan was booked elsewhere")
    case.restock_and_settle()
    return "sent twice; " + case.must_be(status="COMPLETED", received=1, paid="25.00 EUR")


def _malformed(desk: Desk, sale: Sale) -> str:
    """Over HTTP it is refused at once; in the queue it goes to the dead letters, with a reason."""
    bad = scan(desk, sale.name, 1, sku=sale.sku, quantity=-1)
    (refused,) = posted(desk, bad)
    if refused["accepted"]:
        raise Unexpected("the API accepted a scan of -1 units")
    bad["scan_id"] = f"{desk.run}-{sale.name}-2"
    _queue(desk, json.dumps(bad))
    reason = desk.until(
        lambda: _dead_letter(desk, bad["scan_id"]), bool, "the malformed scan in the dead letters"
    )
    return f"dead letter, reason: {reason}"


def _dead_letter(desk: Desk, scan_id: str) -> str | None:
    """The reason of our message, which is then taken out; the others stay."""
    sqs, url = desk.stack.boto("sqs"), desk.stack.state.queues[_DLQ]
    answer = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=1
    )
    for message in answer.get("Messages", ()):
        if scan_id in message["Body"]:
            reason = message.get("MessageAttributes", {}).get("reason", {}).get("StringValue")
            if not reason:
                raise Unexpected("the dead letter names no reason")
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return str(reason)
    return None


def _unknown_parcel(desk: Desk, sale: Sale) -> str:
    one = scan(desk, sale.name, 1, sku=sale.sku, parcel="PARCEL-NOBODY-SENT")
    posted(desk, one)
    outcome = outcome_of(desk, one["scan_id"])
    kinds = [desk.exception(name)["kind"] for name in outcome["exception_ids"]]
    if kinds != ["UNKNOWN"]:
        raise Unexpected(f"one exception UNKNOWN expected, not {kinds}")
    return "exception UNKNOWN, the unit lies in quarantine"


def _photo(desk: Desk, sale: Sale) -> str:
    case = desk.ask(sale, 1, role="customer", reason="QUALITY_DEFECT")
    photo = uploaded(desk, case, picture(sale.name))
    if photo["state"] != "clean":
        raise Unexpected(f"the photo is {photo['state']} ({photo['reason']}), not clean")
    case.approve()
    case.receive()
    case.restock_and_settle()
    return "photo clean; " + case.must_be(status="COMPLETED", paid="100.00 EUR")


def _text_as_photo(desk: Desk, sale: Sale) -> str:
    case = desk.ask(sale, 1, role="customer", reason="QUALITY_DEFECT")
    photo = uploaded(desk, case, b"This is a letter, not a photo.\n" * 40)
    if photo["state"] != "rejected":
        raise Unexpected(f"the text is {photo['state']}, not rejected")
    case.reject("OTHER", note="The photo is not one.")
    return f"photo rejected ({photo['reason']}); " + case.must_be(status="REJECTED")


def uploaded(desk: Desk, case: Case, content: bytes) -> dict[str, Any]:
    """A photo that the customer uploads by a presigned form, once it is decided."""
    asked = {"content_type": "image/jpeg", "size": len(content), "line_no": "1"}
    path = f"/returns/{case.id}/photos"
    form = desk.caller.post("customer", path, asked, key=desk.key("photo"))
    sent = desk.stack.upload(form["url"], form["fields"], content)
    if sent.status not in (200, 201, 204):
        raise Unexpected(f"the upload was refused: {sent.status} {sent.body}")
    photo = desk.until(
        lambda: desk.caller.get("customer", f"{path}/{form['photo_id']}"),
        lambda now: now["state"] in ("clean", "rejected"),
        "the check of the photo",
    )
    return dict(photo)


def picture(text: str) -> bytes:
    """A photo nobody had to take: colours that run, and a text."""
    image = Image.linear_gradient("L").resize((1280, 960)).convert("RGB")
    ImageDraw.Draw(image).text((40, 40), f"tuiku demo: {text}", fill=(200, 40, 40))
    encoded = io.BytesIO()
    image.save(encoded, "JPEG", quality=80)
    return encoded.getvalue()


FLOOR = (
    Scene(title="Scanner over HTTP", play=_scanned_over_http,
          sale=Sale(name="scan", units=2, price="25.00")),
    Scene(title="Scanner straight to the queue", play=_scanned_over_queue,
          sale=Sale(name="scanqueue", price="25.00")),
    Scene(title="Malformed scan", play=_malformed, sale=Sale(name="malformed")),
    Scene(title="Parcel nobody announced", play=_unknown_parcel, sale=Sale(name="parcel")),
    Scene(title="Photo by the customer", play=_photo, sale=Sale(name="photo")),
    Scene(title="Text file as a photo", play=_text_as_photo, sale=Sale(name="textphoto")),
)  # fmt: skip
