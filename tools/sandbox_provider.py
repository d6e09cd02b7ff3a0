"""A payment provider to try refunds with: no money, but all the trouble a real one makes.

    python -m tools.sandbox_provider --port 0 --state build/sandbox.sqlite

The first line printed is JSON: {"url": "http://127.0.0.1:41234", "port": 41234, "pid": 4711}.
It listens on 127.0.0.1 only, keeps what it did in the state file, and may be killed at any time.

    POST /v1/refunds       header Idempotency-Key; {"payment", "amount", "currency"} and optionally
                           "reference", "captured"; amounts are ints of minor units
                           201 succeeded, 202 pending, 402 declined: the refund as JSON
                           200 or 402 with Idempotent-Replayed: true for a key seen before
                           409 key_reused for a key with another body; 400 for a bad request
    GET  /v1/refunds?key=  200 the refund, 404 not_found with the key, or 409 several_refunds
    GET  /v1/refunds       {"items": [...], "next_cursor"}; ?payment= ?since= ?until= (made then,
                           RFC 3339 in UTC) ?limit=1..500 ?cursor=
    GET  /v1/disputes/ID   200 the dispute, or 404 not_found
    POST, GET /v1/payment-links   tools/sandbox/payment_links.py
    GET  /health           {"status": "ok"}

What only a provider's own people or its banks do is done by control calls:

    POST /_sandbox/reset     forgets everything but who is told
    POST /_sandbox/complete  {"key", "status": "succeeded"|"declined", "reason"}: a late verdict
    POST /_sandbox/refunds   {"payment", "amount", "currency"}: a refund made elsewhere, no key
    POST /_sandbox/captures  {"payment", "captured"}: so much was captured, maybe less than paid
    POST /_sandbox/disputes  {"payment", "amount", "currency", "status": "open"|"inquired"}, or
                             {"id", "status"} to decide one: inquired, closed, open, won, lost
    POST /_sandbox/listener  {"url", "secret", "telling"}: tell changes there, signed; {} nobody.
                             telling: told-once, told-twice, told-backwards, told-late, untold
    POST /_sandbox/pay       {"key", "status": "paid"|"expired"}: what becomes of a payment link
    GET  /_sandbox/tellings  {"items": [...]}: what was told and what is left to be told

What is told is {"id", "type", "created_at", "data": the refund or dispute}, with the header
X-Payment-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">.

What happens to a refund is asked for by a word in `payment` (tools/sandbox/behaviours.py):

    (none of these)    succeeds
    decline            402 for every key
    decline-once       402 for the first key, the next one succeeds
    timeout            refunds, but answers too late
    timeout-lost       hangs and never refunds
    timeout-lost-once  hangs once per key, then as usual
    error              500 once per key and no refund, then as usual
    error-after        refunds, but answers 500
    malformed          refunds, but answers half of the JSON
    wrong-amount       refunds one minor unit less than asked
    pending            202 until completed
    fails-later        succeeds, and is declined a while later
    forgets-keys       a key sent again after a second is a second refund
    captured-6000      declines what would take the payment's refunds above 6000 minor units
    told-twice, ...    besides: how its changes are told, whatever the listener asked for
"""

import argparse
import json
import os
import sys
import threading
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tools.sandbox.books import Books
from tools.sandbox.disputes import Disputes
from tools.sandbox.handling import Handling
from tools.sandbox.ledger import Ledger
from tools.sandbox.payment_links import Links
from tools.sandbox.tellings import Tellings

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A running server; `stop` ends it, but not the answers that hang on purpose."""

    url: str
    port: int
    ledger: Ledger
    disputes: Disputes
    tellings: Tellings
    links: Links
    _server: ThreadingHTTPServer
    _books: Books

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self.tellings.stop()
        self.links.close()
        self._books.close()


def start(
    state: Path, *, port: int = 0, hang_s: float = 10.0, fails_after_s: float = 2.0
) -> Provider:
    """Serve from a thread of this process; `hang_s` is how late a late answer is."""
    books = Books(state)
    ledger, disputes = Ledger(books, fails_after_s=fails_after_s), Disputes(books)
    tellings = Tellings(books, ledger.ripen)

    class Handler(Handling):
        pass

    Handler.ledger = ledger
    Handler.disputes = disputes
    Handler.tellings = tellings
    Handler.hang_s = hang_s
    server = _Server((HOST, port), Handler)
    bound = server.server_address[1]
    url = f"http://{HOST}:{bound}"
    links = Links(state, url)
    Handler.links = links
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    tellings.start()
    return Provider(
        url=url,
        port=bound,
        ledger=ledger,
        disputes=disputes,
        tellings=tellings,
        links=links,
        _server=server,
        _books=books,
    )


def main(arguments: list[str] | None = None) -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.sandbox_provider", description="A pretended payment provider."
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--state", type=Path, default=Path("build/sandbox.sqlite"))
    parser.add_argument("--hang-s", type=float, default=10.0, help="how late a late answer is")
    parser.add_argument(
        "--fails-after-s", type=float, default=2.0, help="how late a late failure is"
    )
    options = parser.parse_args(arguments)
    provider = start(
        options.state,
        port=options.port,
        hang_s=options.hang_s,
        fails_after_s=options.fails_after_s,
    )
    about = {"url": provider.url, "port": provider.port, "pid": os.getpid()}
    print(json.dumps(about), flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        provider.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    # A restarted provider takes its port again at once.
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is what half of the behaviours are for; anything else is shown."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


if __name__ == "__main__":
    main()
