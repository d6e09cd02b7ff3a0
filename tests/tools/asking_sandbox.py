"""The pretended provider as its clients, its control and its listeners see it."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import urllib3

from chalicelib.core.signatures import signers

SECRET = "what the provider signs with"


@dataclass(slots=True)
class Listener:
    """Takes what is told; the first of `statuses` are answered first, then 200."""

    statuses: list[int] = field(default_factory=list)
    heard: list[dict[str, Any]] = field(default_factory=list)
    believed: list[bool] = field(default_factory=list)

    def serve(self) -> tuple[ThreadingHTTPServer, str]:
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                header, now = self.headers["X-Payment-Signature"], datetime.now(tz=UTC)
                known = {"sandbox": [SECRET.encode()]}
                status = listener.statuses.pop(0) if listener.statuses else 200
                listener.believed.append(bool(signers(header, body, known, now)))
                listener.heard.append(json.loads(body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Tests read `heard`."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return server, f"http://127.0.0.1:{server.server_address[1]}/events"

    @property
    def said(self) -> list[tuple[str, str]]:
        return [(one["type"], one["data"]["status"]) for one in self.heard]


def ask(url: str, body: object = None, key: str | None = None) -> tuple[int, Any]:
    answer = urllib3.request(
        "GET" if body is None else "POST",
        url,
        body=None if body is None else json.dumps(body).encode(),
        headers={} if key is None else {"Idempotency-Key": key},
        retries=False,
        timeout=5,
    )
    return answer.status, json.loads(answer.data)


def control(url: str, name: str, body: object, status: int = 200) -> Any:
    told, answer = ask(f"{url}/_sandbox/{name}", body)
    assert told == status, answer
    return answer


def refund(url: str, payment: str, amount: int = 1000, key: str = "k1") -> tuple[int, Any]:
    return ask(
        f"{url}/v1/refunds", {"payment": payment, "amount": amount, "currency": "EUR"}, key=key
    )


def stands(url: str, key: str = "k1") -> str:
    return str(ask(f"{url}/v1/refunds?key={key}")[1]["status"])


def wait_for(is_so: Callable[[], bool], *, at_most_s: float = 10.0) -> None:
    ends = time.monotonic() + at_most_s
    while not is_so():
        assert time.monotonic() < ends, "it did not come about"
        time.sleep(0.01)


def process(state: Path) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "tools.sandbox_provider", "--state", str(state)]
    process = subprocess.Popen(
        [*command, "--fails-after-s", "1"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, str(json.loads(process.stdout.readline())["url"])
