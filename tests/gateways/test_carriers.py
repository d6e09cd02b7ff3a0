"""What the carrier clients make of a real carrier's answers: the sandbox server's, over HTTP."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import urllib3

from chalicelib.gateways.carriers import OwnCarrier, SandboxCarrier
from chalicelib.shipping.ports import Carrier, CarrierAnswer, LabelRequest, PickupRequest
from tests.builders import NOW
from tools.sandbox_carrier import RunningCarrier, start
from tools.sandbox_carrier.books import Fault

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

LATE_S = 0.4
QUICK_S = 0.2
FIRST = date(2026, 11, 23)
SLOT = "2026-11-24.am"


@pytest.fixture
def server() -> Iterator[RunningCarrier]:
    running = start(hang_s=LATE_S)
    yield running
    running.stop()


@pytest.fixture
def sandbox(server: RunningCarrier, http: urllib3.PoolManager) -> SandboxCarrier:
    return SandboxCarrier(server.url, http)


def label(key: str = "shp_1", units: int = 2, sender: str | None = None) -> LabelRequest:
    return LabelRequest(
        key=key,
        reference="R26ABCD2345X",
        units=units,
        expires_at=NOW + timedelta(days=28),
        warehouse="BER",
        sender=sender,
    )


def pickup(key: str = "pku_1", slot_id: str = SLOT) -> PickupRequest:
    return PickupRequest(key=key, slot_id=slot_id, reference="R26ABCD2345X", units=2)


def test_both_are_carriers(http: urllib3.PoolManager) -> None:
    carriers: list[Carrier] = [OwnCarrier(), SandboxCarrier("http://x", http)]

    assert [(one.name, one.makes_labels, one.fetches) for one in carriers] == [
        ("own", False, False),
        ("sandbox", True, True),
    ]


def test_an_address_of_another_kind_is_refused(http: urllib3.PoolManager) -> None:
    with pytest.raises(ValueError, match="https://"):
        SandboxCarrier("file:///etc/passwd", http)


def test_nobody_is_called_for_goods_that_a_customer_ships_alone() -> None:
    own = OwnCarrier()

    assert own.create_label(label(), timeout_s=1).answer is CarrierAnswer.REFUSED
    assert own.book_pickup(pickup(), timeout_s=1).answer is CarrierAnswer.REFUSED
    asked = own.pickup_slots(warehouse=None, postcode=None, first=FIRST, timeout_s=1)
    assert asked.answer is CarrierAnswer.REFUSED
    assert own.void("k", timeout_s=1).answer is CarrierAnswer.DONE


def test_a_label_is_a_paper_with_a_number_and_a_date(sandbox: SandboxCarrier) -> None:
    outcome = sandbox.create_label(label(), timeout_s=3)

    assert outcome.answer is CarrierAnswer.DONE
    made = outcome.label
    assert made is not None
    assert made.carrier == "sandbox"
    assert made.tracking_no.startswith("SBX")
    assert made.media_type == "application/pdf"
    assert made.content.startswith(b"%PDF-1.4")
    assert made.tracking_no.encode() in made.content
    assert made.expires_at == NOW + timedelta(days=28)


def test_the_same_key_again_is_the_same_label_even_from_another_address(
    sandbox: SandboxCarrier, server: RunningCarrier
) -> None:
    first = sandbox.create_label(label(sender="Old Street 1"), timeout_s=3)

    again = sandbox.create_label(label(sender="New Street 2"), timeout_s=3)

    assert again == first
    assert len(server.books.all()) == 1


@pytest.mark.parametrize(
    ("fault", "answer", "reason"),
    [
        (Fault.LATE, CarrierAnswer.UNKNOWN, "timeout"),
        (Fault.LOST, CarrierAnswer.UNKNOWN, "timeout"),
        (Fault.ERROR, CarrierAnswer.UNKNOWN, "http_500"),
        (Fault.ERROR_AFTER, CarrierAnswer.UNKNOWN, "http_500"),
        (Fault.MALFORMED, CarrierAnswer.UNKNOWN, "bad_answer"),
        (Fault.REFUSE, CarrierAnswer.REFUSED, "scripted"),
    ],
    ids=lambda value: value.value if isinstance(value, Fault) else "",
)
@pytest.mark.parametrize("operation", ["label", "pickup", "void"])
def test_each_trouble_has_its_outcome_and_the_same_key_resolves_it(
    sandbox: SandboxCarrier,
    server: RunningCarrier,
    operation: str,
    fault: Fault,
    answer: CarrierAnswer,
    reason: str,
) -> None:
    server.books.expect(operation, "", [fault])

    asks: dict[str, Callable[[], Any]] = {
        "label": lambda: sandbox.create_label(label(), timeout_s=QUICK_S),
        "pickup": lambda: sandbox.book_pickup(pickup(), timeout_s=QUICK_S),
        "void": lambda: sandbox.void("shp_1", timeout_s=QUICK_S),
    }

    def ask() -> tuple[CarrierAnswer, str | None]:
        outcome = asks[operation]()
        return outcome.answer, outcome.reason

    assert ask() == (answer, reason)
    assert ask() == (CarrierAnswer.DONE, None)
    assert len(server.books.all()) == 1


def test_a_key_used_for_another_parcel_stays_unknown(sandbox: SandboxCarrier) -> None:
    sandbox.create_label(label(units=2), timeout_s=3)

    outcome = sandbox.create_label(label(units=3), timeout_s=3)

    assert (outcome.answer, outcome.reason) == (CarrierAnswer.UNKNOWN, "key_reused")


def test_slots_are_free_times_and_a_full_one_is_refused(
    sandbox: SandboxCarrier, server: RunningCarrier
) -> None:
    def free() -> list[str]:
        asked = sandbox.pickup_slots(warehouse="BER", postcode="10115", first=FIRST, timeout_s=3)
        assert asked.answer is CarrierAnswer.DONE
        return [slot.slot_id for slot in asked.slots]

    assert SLOT in free()
    sandbox.book_pickup(pickup("pku_1"), timeout_s=3)
    sandbox.book_pickup(pickup("pku_2"), timeout_s=3)

    outcome = sandbox.book_pickup(pickup("pku_3"), timeout_s=3)

    assert (outcome.answer, outcome.reason) == (CarrierAnswer.REFUSED, "slot_taken")
    assert SLOT not in free()
    assert sandbox.void("pku_1", timeout_s=3).answer is CarrierAnswer.DONE
    assert SLOT in free()
    server.books.expect("slots", "", [Fault.ERROR])
    asked = sandbox.pickup_slots(warehouse=None, postcode=None, first=FIRST, timeout_s=3)
    assert (asked.answer, asked.reason) == (CarrierAnswer.UNKNOWN, "http_500")


def test_a_booking_says_when_and_under_which_names(sandbox: SandboxCarrier) -> None:
    outcome = sandbox.book_pickup(pickup(), timeout_s=3)

    booking = outcome.booking
    assert booking is not None
    assert (booking.slot.day, booking.slot.window) == (date(2026, 11, 24), "09:00-12:00")
    assert booking.reference.startswith("PU-")
    assert booking.tracking_no.startswith("SBX")


def test_a_void_key_makes_nothing_and_a_scanned_parcel_is_not_void(
    sandbox: SandboxCarrier, server: RunningCarrier
) -> None:
    assert sandbox.void("shp_9", timeout_s=3).answer is CarrierAnswer.DONE
    late = sandbox.create_label(label("shp_9"), timeout_s=3)
    assert (late.answer, late.reason) == (CarrierAnswer.REFUSED, "voided")

    made = sandbox.create_label(label("shp_1"), timeout_s=3).label
    assert made is not None
    server.books.scanned(made.tracking_no)
    outcome = sandbox.void("shp_1", timeout_s=3)
    assert (outcome.answer, outcome.reason) == (CarrierAnswer.REFUSED, "already_scanned")


def test_nobody_there_is_unknown(http: urllib3.PoolManager) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    outcome = SandboxCarrier(f"http://127.0.0.1:{port}", http).create_label(label(), timeout_s=1)

    assert (outcome.answer, outcome.reason) == (CarrierAnswer.UNKNOWN, "unreachable")


# --- answers of a carrier that lies --------------------------------------------------------------


class _Liar(BaseHTTPRequestHandler):
    status = 201
    body = b"{}"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def liar(http: urllib3.PoolManager) -> Iterator[tuple[SandboxCarrier, type[_Liar]]]:
    class Handler(_Liar):
        pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield SandboxCarrier(f"http://127.0.0.1:{server.server_address[1]}", http), Handler
    server.shutdown()
    server.server_close()


HONEST = {
    "key": "shp_1",
    "tracking_no": "SBX0000000001",
    "media_type": "application/zpl",
    "content": "XlhBXlha",
    "expires_at": "2026-12-19T09:00:00Z",
}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"key": "shp_2"}, "wrong_key"),
        ({"tracking_no": "../../etc"}, "bad_tracking_no"),
        ({"tracking_no": "SBX 1"}, "bad_tracking_no"),
        ({"tracking_no": "X" * 41}, "bad_tracking_no"),
        ({"media_type": "text/html"}, "bad_label"),
        ({"media_type": "application/pdf"}, "bad_label"),
        ({"content": "not base64"}, "bad_answer"),
        ({"content": "XlhB" * 200_000}, "label_too_large"),
        ({"content": "XlhB" * 400_000}, "answer_too_large"),
        ({"expires_at": "2026-12-19T09:00:00"}, "bad_answer"),
        ({"expires_at": 7}, "bad_answer"),
    ],
    ids=str,
)
def test_a_label_is_believed_only_as_a_whole(
    liar: tuple[SandboxCarrier, type[_Liar]], changes: dict[str, object], reason: str
) -> None:
    carrier, handler = liar
    handler.body = json.dumps({**HONEST, **changes}).encode()

    outcome = carrier.create_label(label(), timeout_s=3)

    assert (outcome.answer, outcome.reason, outcome.label) == (
        CarrierAnswer.UNKNOWN,
        reason,
        None,
    )


def test_an_honest_answer_is_believed(liar: tuple[SandboxCarrier, type[_Liar]]) -> None:
    carrier, handler = liar
    handler.body = json.dumps(HONEST).encode()

    outcome = carrier.create_label(label(), timeout_s=3)

    assert outcome.label is not None
    assert outcome.label.content == b"^XA^XZ"


@pytest.mark.parametrize(
    ("status", "body", "answer", "reason"),
    [
        (422, {"code": "refused", "key": "shp_1", "reason": "no_route"}, "refused", "no_route"),
        (422, {"code": "refused", "key": "shp_1", "reason": "Mr X is dead"}, "refused", "refused"),
        (422, {"code": "refused", "key": "shp_1"}, "refused", "refused"),
        (422, {"code": "refused", "key": "shp_2", "reason": "no_route"}, "unknown", "http_422"),
        (422, {"code": "teapot", "key": "shp_1"}, "unknown", "http_422"),
        (400, {"code": "refused", "key": "shp_1"}, "unknown", "http_400"),
        (404, {}, "unknown", "http_404"),
        (302, {}, "unknown", "http_302"),
    ],
)
def test_only_a_refusal_of_this_key_is_for_ever(
    liar: tuple[SandboxCarrier, type[_Liar]],
    status: int,
    body: dict[str, str],
    answer: str,
    reason: str,
) -> None:
    carrier, handler = liar
    handler.status, handler.body = status, json.dumps(body).encode()

    outcome = carrier.create_label(label(), timeout_s=3)

    assert (outcome.answer, outcome.reason) == (answer, reason)


def test_a_booking_of_another_slot_is_not_ours(
    liar: tuple[SandboxCarrier, type[_Liar]],
) -> None:
    carrier, handler = liar
    told = {
        "key": "pku_1",
        "slot_id": "2026-11-25.pm",
        "day": "2026-11-25",
        "window": "13:00-17:00",
        "reference": "PU-1",
        "tracking_no": "SBX1",
    }
    handler.body = json.dumps(told).encode()

    outcome = carrier.book_pickup(pickup(), timeout_s=3)

    assert (outcome.answer, outcome.reason) == (CarrierAnswer.UNKNOWN, "wrong_pickup")
