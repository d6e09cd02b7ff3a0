"""The pretended carrier keeps its word: each test talks to the real server over HTTP."""

import base64
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import urllib3

from chalicelib.core.clock import utc_now
from chalicelib.core.signatures import signers
from tools.sandbox_carrier import CARRIER, RunningCarrier, start
from tools.sandbox_carrier.papers import PDF, ZPL, paper

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

ROOT = Path(__file__).resolve().parents[2]
LABEL = {"reference": "R26ABCD2345X", "units": 1, "expires_at": "2026-12-19T09:00:00Z"}
SECRET = "a secret of the sandbox carrier"


@pytest.fixture
def carrier() -> Iterator[RunningCarrier]:
    running = start(hang_s=0.2)
    yield running
    running.stop()


def ask(
    carrier: RunningCarrier, method: str, path: str, body: object = None, key: str | None = None
) -> tuple[int, Any]:
    answer = urllib3.request(
        method,
        carrier.url + path,
        body=None if body is None else json.dumps(body).encode(),
        headers={"Idempotency-Key": key} if key else {},
        retries=False,
        timeout=5,
    )
    return answer.status, json.loads(answer.data)


def test_a_label_is_made_once_a_key(carrier: RunningCarrier) -> None:
    status, made = ask(carrier, "POST", "/v1/labels", LABEL, "k")
    again, told = ask(carrier, "POST", "/v1/labels", LABEL, "k")

    assert (status, again) == (201, 200)
    assert told == made
    assert ask(carrier, "POST", "/v1/labels", {**LABEL, "units": 2}, "k")[0] == 409


def test_numbers_follow_from_keys_even_after_it_was_started_anew(carrier: RunningCarrier) -> None:
    _, made = ask(carrier, "POST", "/v1/labels", LABEL, "k")
    ask(carrier, "POST", "/_sandbox/reset", {})

    _, anew = ask(carrier, "POST", "/v1/labels", LABEL, "k")

    assert anew["tracking_no"] == made["tracking_no"]


def test_a_pdf_says_where_its_objects_are() -> None:
    content = paper(PDF, ["Return R1 (a)"], "SBX1")

    table = int(content.rpartition(b"startxref\n")[2].split()[0])
    assert content[table:].startswith(b"xref\n0 6\n")
    entries = content[table:].splitlines()[3:8]
    for name, entry in enumerate(entries, start=1):
        assert content[int(entry[:10]) :].startswith(b"%d 0 obj" % name)
    assert rb"(Return R1 \(a\))" in content


def test_zpl_is_plain_text_with_a_barcode(carrier: RunningCarrier) -> None:
    _, made = ask(carrier, "POST", "/v1/labels", {**LABEL, "media_type": ZPL}, "k")

    text = base64.b64decode(made["content"]).decode("ascii")
    assert text.startswith("^XA")
    assert text.rstrip().endswith("^XZ")
    assert f"^FD{made['tracking_no']}^FS" in text


@pytest.mark.parametrize(
    ("method", "path", "body", "key", "status"),
    [
        ("POST", "/v1/labels", LABEL, None, 400),
        ("POST", "/v1/labels", {**LABEL, "colour": "red"}, "k", 400),
        ("POST", "/v1/labels", {**LABEL, "media_type": "text/html"}, "k", 400),
        ("POST", "/v1/labels", [], "k", 400),
        ("POST", "/v1/pickups", {**LABEL, "slot_id": "x"}, "k", 400),
        ("GET", "/v1/pickup-slots?from=soon", None, None, 400),
        ("POST", "/_sandbox/script", {"on": "label", "do": ["explode"]}, None, 400),
        ("POST", "/_sandbox/script", {"on": "weather", "do": []}, None, 400),
        ("GET", "/v1/labels", None, None, 404),
    ],
)
def test_what_is_not_understood_is_refused(
    carrier: RunningCarrier, method: str, path: str, body: object, key: str | None, status: int
) -> None:
    assert ask(carrier, method, path, body, key)[0] == status


def test_a_script_is_followed_step_by_step_for_whom_it_is_meant(carrier: RunningCarrier) -> None:
    script = {"on": "label", "do": ["error", "refuse"], "reference": LABEL["reference"]}
    ask(carrier, "POST", "/_sandbox/script", script)

    other = ask(carrier, "POST", "/v1/labels", {**LABEL, "reference": "R2"}, "k2")[0]
    mine = [ask(carrier, "POST", "/v1/labels", LABEL, "k")[0] for _ in range(3)]

    assert other == 201
    assert mine == [500, 422, 201]


class _Api(BaseHTTPRequestHandler):
    """Stands for the API: keeps what it was sent."""

    seen: list[tuple[str, bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append((self.headers["X-Carrier-Signature"], body))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def api() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    class Handler(_Api):
        pass

    Handler.seen = []
    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1/carrier-events", Handler.seen
    server.shutdown()
    server.server_close()


def test_events_are_sent_signed_twice_late_and_out_of_order(
    carrier: RunningCarrier, api: tuple[str, list[tuple[str, bytes]]]
) -> None:
    url, seen = api
    _, made = ask(carrier, "POST", "/v1/labels", LABEL, "k")
    number = made["tracking_no"]
    events = [
        {"tracking_no": number, "status": "picked_up", "event_id": "1"},
        {"tracking_no": number, "status": "delivered", "event_id": "2"},
    ]
    sent = {"url": url, "secret": SECRET, "events": events, "times": 2, "order": "reversed"}

    status, told = ask(carrier, "POST", "/_sandbox/send", sent)

    assert status == 200
    assert [one["status"] for one in told["answers"]] == [200] * 4
    bodies = [json.loads(body) for _, body in seen]
    assert [one["event_id"] for one in bodies] == ["2", "2", "1", "1"]
    assert {one["carrier"] for one in bodies} == {CARRIER}
    secrets = {CARRIER: [SECRET.encode()]}
    assert all(signers(header, body, secrets, utc_now()) == {CARRIER} for header, body in seen)
    assert ask(carrier, "POST", "/v1/void", {"key": "k"})[0] == 422, "it was picked up"


def test_events_may_come_together_and_with_an_old_signature(
    carrier: RunningCarrier, api: tuple[str, list[tuple[str, bytes]]]
) -> None:
    url, seen = api
    events = [{"tracking_no": "SBX1", "status": "in_transit"}] * 3
    sent = {"url": url, "secret": SECRET, "events": events, "together": True, "age_s": 3600}

    ask(carrier, "POST", "/_sandbox/send", sent)

    ((header, body),) = seen
    assert len(json.loads(body)["events"]) == 3
    assert signers(header, body, {CARRIER: [SECRET.encode()]}, utc_now()) == frozenset()


def test_the_command_says_where_it_listens() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.sandbox_carrier", "--port", "0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        about = json.loads(process.stdout.readline())
        answer = urllib3.request("GET", f"{about['url']}/health", retries=False, timeout=5)
        assert (answer.status, about["pid"]) == (200, process.pid)
    finally:
        process.kill()
        process.communicate()
