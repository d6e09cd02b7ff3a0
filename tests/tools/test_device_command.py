"""`python -m tools.device` over real HTTP: enrolled, offline, sent, asked about."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import door
from tests.api.devices import Gateway, open_enrolment, worked_off
from tests.api.door import Door
from tests.stage import Stage
from tools.device import NoAnswer, Profile, over_http
from tools.device import __main__ as command
from tools.device.client import Device

__all__ = ["door"]


@pytest.fixture
def url(door: Door) -> Iterator[str]:
    """The application behind a door of its own, on this machine."""
    gateway = Gateway(door)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answered(None)

        def do_POST(self) -> None:
            self._answered(self.rfile.read(int(self.headers["Content-Length"])))

        def _answered(self, body: bytes | None) -> None:
            answer = gateway(self.command, self.path, dict(self.headers.items()), body)
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: Any) -> None:
            """Nothing is told of it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Exit code and what was printed."""
    with pytest.raises(SystemExit) as ended:
        command.main(list(arguments))
    code = ended.value.code
    return int(code or 0), capsys.readouterr().out


def test_a_device_on_the_command_line(
    door: Door, stage: Stage, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ("--folder", str(tmp_path))
    capsys.readouterr()
    code = open_enrolment(door)

    assert run(capsys, "enrol", "--url", url, "--code", code, *folder)[0] == 0
    scanned, printed = run(capsys, "scan", "--sku", "85123A", *folder)
    assert (scanned, printed.startswith("scn-")) == (0, True)
    flushed, printed = run(capsys, "flush", *folder)
    assert (flushed, printed.splitlines()[-1]) == (0, "1 accepted, 0 refused, 0 waiting.")
    worked_off(stage)
    capsys.readouterr()
    _, printed = run(capsys, "status", *folder)
    told = json.loads(printed[printed.index("{\n") :])
    assert (told["next_seq"], told["waiting"], told["known"]["sequence"]["highest"]) == (2, 0, 1)


def test_without_a_network_scans_are_kept_and_the_exit_code_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Profile(
        base_url="http://127.0.0.1:9",
        device_id="dev_1",
        credential=1,
        secret="s" * 64,
        warehouse="WH1",
    ).save(tmp_path)
    folder = ("--folder", str(tmp_path))

    assert run(capsys, "scan", "--sku", "A", *folder)[0] == 0
    assert run(capsys, "flush", *folder)[0] == 3
    code, printed = run(capsys, "status", *folder)

    assert code == 0
    assert (json.loads(printed)["waiting"], json.loads(printed)["known"]) == (1, "no network")


def test_a_folder_without_a_device_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "flush", "--folder", str(tmp_path))[0] == 1


def test_an_answer_is_read_whatever_its_status(url: str) -> None:
    answer = over_http("POST", f"{url}/v1/devices/enrol", {}, b"{}")

    assert answer.status == 400
    assert "content-length" in answer.headers


def test_nobody_there_is_no_answer() -> None:
    with pytest.raises(NoAnswer):
        over_http("GET", "http://127.0.0.1:9/v1/health", {}, None)


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 202 Accepted\r\nContent-Length: 9\r\n\r\n{",
        b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 9\r\n\r\n{",
        b"busy\r\n",
        b"",
    ],
)
def test_half_an_answer_is_none(said: bytes) -> None:
    """The network went away while it was read: whether the request was taken, nobody knows."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(said)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with pytest.raises(NoAnswer):
            over_http("GET", f"http://127.0.0.1:{server.getsockname()[1]}/v1/health", {}, None)
    finally:
        thread.join()
        server.close()


def test_a_box_may_be_scanned_by_itself(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    Profile(
        base_url="http://127.0.0.1:9", device_id="d", credential=1, secret="s" * 64, warehouse="W"
    ).save(tmp_path)

    assert run(capsys, "scan", "--parcel", "BOX-1", "--folder", str(tmp_path))[0] == 0


def test_a_scan_names_the_count_at_the_door_that_it_is_for(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    Profile(
        base_url="http://127.0.0.1:9", device_id="d", credential=1, secret="s" * 64, warehouse="W"
    ).save(tmp_path)

    run(capsys, "scan", "--sku", "MUG-1", "--receiving", "rcv_1", "--folder", str(tmp_path))

    with Device.load(tmp_path) as device:
        (kept,) = device.journal.waiting()
    assert kept["receiving"] == "rcv_1"


def test_a_scan_of_nothing_is_not_kept(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _ = run(capsys, "scan", "--return-number", "R26", "--folder", str(tmp_path))

    assert code == 2
    assert list(tmp_path.iterdir()) == []
