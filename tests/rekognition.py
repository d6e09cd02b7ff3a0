"""A local server that speaks as much of Amazon Rekognition's JSON protocol as is asked of it."""

import base64
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(slots=True)
class Rekognition:
    """`asked` holds the operation and the request of each call."""

    host: str
    status: int = 200
    body: str = "{}"
    pause: threading.Event | None = None
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    _server: ThreadingHTTPServer | None = None

    def answers(self, body: Any) -> None:
        """Any: JSON."""
        self.status, self.body = 200, json.dumps(body)

    def says(self, text: str) -> None:
        """Whatever it may be."""
        self.status, self.body = 200, text

    def fails(self, status: int, code: str) -> None:
        self.status, self.body = status, json.dumps({"__type": code, "message": "not now"})

    @property
    def url(self) -> str:
        assert self._server is not None, "it runs"
        return f"http://{self.host}:{self._server.server_address[1]}"

    @property
    def images(self) -> list[bytes]:
        return [base64.b64decode(request["Image"]["Bytes"]) for _, request in self.asked]

    def __enter__(self) -> "Rekognition":
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["content-length"]))
                target = self.headers["x-amz-target"]
                service.asked.append((target.partition(".")[2], json.loads(raw)))
                if service.pause is not None:
                    service.pause.wait(30)
                self.send_response(service.status)
                self.send_header("content-type", "application/x-amz-json-1.1")
                self.end_headers()
                self.wfile.write(service.body.encode())

            def log_message(self, *_: object) -> None:
                """The tests say what was asked."""

        self._server = ThreadingHTTPServer((self.host, 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None, "it runs"
        if self.pause is not None:
            self.pause.set()
        self._server.shutdown()
        self._server.server_close()
