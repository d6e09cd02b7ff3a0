"""Telling a partner: signed, to public places only, and nothing raises for what it answers."""

import base64
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
import urllib3
from botocore.exceptions import ClientError

from chalicelib.core.signatures import webhook_headers
from chalicelib.gateways.outbound import Unbelievable
from chalicelib.gateways.partners import HttpPartners
from chalicelib.notices.partners import Partner
from chalicelib.notices.sending import PartnerAnswer

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SECRET = "a-secret-of-thirty-two-letters-1"
PUBLIC = "https://wms.example.com/notices"


class Secrets:
    """A parameter store with one secret."""

    def __init__(self, value: str | None = SECRET, code: str = "ParameterNotFound") -> None:
        self.value = value
        self.code = code

    def get_parameter(self, **asked: Any) -> dict[str, Any]:
        if self.value is None:
            raise ClientError({"Error": {"Code": self.code}}, "GetParameter")
        assert asked["Name"] == "/partners/wms"
        return {"Parameter": {"Value": self.value}}


@dataclass
class Inbox:
    """What a partner's server got, and what it answers."""

    status: int = 204
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, str]]:
    box = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            box.got.append((self.path, headers, body))
            self.send_response(box.status)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield box, f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def partner(endpoint: str = PUBLIC) -> Partner:
    return Partner(warehouse="A", endpoint=endpoint, secret="wms")


def line(places: list[str] | None = None, **more: Any) -> HttpPartners:
    def resolve(host: str, port: int) -> list[str]:
        if places is None:
            raise Unbelievable("name_unknown")
        return places

    return HttpPartners(more.pop("client", Secrets()), path="/partners", resolve=resolve, **more)


def test_what_is_told_is_signed_over_its_id_time_and_bytes(inbox: tuple[Inbox, str]) -> None:
    box, url = inbox

    told = line(sandbox=url).tell(partner(f"{url}hook"), "asn_1.2", {"type": "x"}, now=NOW)

    ((path, headers, body),) = box.got
    assert (told.answer, path, json.loads(body)) == (PartnerAnswer.TAKEN, "/hook", {"type": "x"})
    signed = b"asn_1.2." + str(int(NOW.timestamp())).encode() + b"." + body
    mac = base64.b64encode(hmac.digest(SECRET.encode(), signed, "sha256")).decode()
    assert headers["webhook-signature"] == f"v1,{mac}"
    assert (headers["webhook-id"], headers["content-type"]) == ("asn_1.2", "application/json")


def test_a_secret_of_standard_webhooks_is_read_as_base64() -> None:
    key = b"k" * 24
    text = b"whsec_" + base64.b64encode(key)

    assert webhook_headers(text, "m", b"{}", NOW) == webhook_headers(key, "m", b"{}", NOW)


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, PartnerAnswer.TAKEN),
        (302, PartnerAnswer.UNKNOWN),
        (400, PartnerAnswer.REFUSED),
        (429, PartnerAnswer.UNKNOWN),
        (503, PartnerAnswer.UNKNOWN),
    ],
)
def test_what_an_answer_means(inbox: tuple[Inbox, str], status: int, answer: PartnerAnswer) -> None:
    box, url = inbox
    box.status = status

    told = line(sandbox=url).tell(partner(url), "m", {}, now=NOW)

    assert (told.answer, len(box.got)) == (answer, 1)


@pytest.mark.parametrize(
    "place",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "fe80::1",
        "fd00:ec2::254",
        "::ffff:169.254.169.254",
        "2002:7f00:1::",
    ],
)
def test_a_name_that_leads_to_a_private_place_is_not_called(place: str) -> None:
    told = line(["93.184.216.34", place]).tell(partner(), "m", {}, now=NOW)

    assert (told.answer, told.fault) == (PartnerAnswer.REFUSED, "private_endpoint")


def test_the_connection_goes_to_the_place_that_was_looked_at_and_expects_the_name() -> None:
    asked: list[tuple[str, Any]] = []

    class Pool:
        def request(self, method: str, url: str, **more: Any) -> Any:
            asked.append((url, more["headers"]["Host"]))
            raise urllib3.exceptions.NewConnectionError(None, "no network here")  # type: ignore[arg-type]  # only raised

    def pool(host: str) -> Any:
        asked.append((host, None))
        return Pool()

    told = line(["93.184.216.34"], pool=pool).tell(partner(f"{PUBLIC}?a=1"), "m", {}, now=NOW)

    assert asked == [
        ("wms.example.com", None),
        ("https://93.184.216.34:443/notices?a=1", "wms.example.com"),
    ]
    assert (told.answer, told.fault) == (PartnerAnswer.UNKNOWN, "unreachable")


@pytest.mark.parametrize(
    ("client", "fault"),
    [
        (Secrets(None), "secret_missing"),
        (Secrets(None, "ThrottlingException"), "secret_unavailable"),
        (Secrets("short"), "secret_too_short"),
    ],
)
def test_without_a_secret_nothing_is_sent(client: Secrets, fault: str) -> None:
    told = line(["93.184.216.34"], client=client).tell(partner(), "m", {}, now=NOW)

    assert (told.answer, told.fault) == (PartnerAnswer.UNKNOWN, fault)


def test_a_name_that_leads_nowhere_is_asked_again_later() -> None:
    unknown: list[list[str] | None] = [None, []]
    for places in unknown:
        told = line(places).tell(partner(), "m", {}, now=NOW)
        assert (told.answer, told.fault) == (PartnerAnswer.UNKNOWN, "name_unknown")


def test_an_address_that_was_let_in_by_another_stage_is_not_called() -> None:
    told = line(["93.184.216.34"]).tell(partner("http://127.0.0.1:9/"), "m", {}, now=NOW)

    assert (told.answer, told.fault) == (PartnerAnswer.REFUSED, "bad_endpoint")
