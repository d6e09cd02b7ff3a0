"""Promise 26: a refund is paid exactly once, whatever becomes of answers, callbacks, processes."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any

from chalicelib.core.money import Money
from chalicelib.ledger.balances import faults_of, unposted
from chalicelib.ledger.model import Account
from chalicelib.settlement.model import LegState, Settlement, SettlementState
from prove import shop
from prove.bench import STAGE, Bench, Tables
from prove.books import Books, books_of
from prove.results import Asked, Trial
from prove.shop import Shop
from prove.worker import HttpCall, HttpReply
from prove.workers import WorkerDied, Workers, at_once

WORKERS = 6
TRIES_MAX = 40
SIGNED_WITH = "only-of-this-trial-and-no-other"
HEADER = "x-payment-signature"
AMOUNT = 5000
LOST = ("error-after", "malformed", "timeout-lost-once", "error")
"""Answers that get lost: before the money moved, or after."""
TELLINGS = ("told-once", "told-twice", "told-backwards", "told-late")


@dataclass(slots=True)
class Story:
    """What was asked for, and how it went. `calls` are by the status that they were answered."""

    words: list[str]
    kills: int
    random: Random
    calls: Counter[str] = field(default_factory=Counter)
    begun: int = 0
    killed: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, what: str) -> None:
        with self.lock:
            self.calls[what] += 1


def attempt(bench: Bench, asked: Asked, trial: Trial) -> None:
    tables = bench.tables()
    size = asked.size(small=20, full=1000)
    story = Story(
        words=words_of(size, Random(asked.seed)),
        kills=asked.size(small=4, full=60),
        random=Random(asked.seed + 1),
    )
    bench.boto("ssm").put_parameter(
        Name=f"/tuiku-{STAGE}-payments/sandbox-webhook",
        Value=SIGNED_WITH,
        Type="SecureString",
        Overwrite=True,
    )
    more = {"PAYMENT_PROVIDERS": "sandbox"}
    with (
        tables.workers(4, through_proxy=False, more=more) as direct,
        tables.workers(WORKERS, through_proxy=False, more=more) as shaken,
        _listening(bench, shaken, story),
    ):
        day = Shop(direct, "refunds")
        day.stocks()
        rets = at_once(lambda number: _settleable(day, story, number), range(size), 4)
        at_once(lambda ret: _paid(shaken, ret, story), rets, WORKERS)
        _until_told(bench)
    _judge(trial, bench, tables, story)
    tables.drop()


def words_of(size: int, random: Random) -> list[str]:
    """By return how its payment behaves: of 100, 20 lose an answer and 10 decline once."""
    words = [LOST[number % len(LOST)] for number in range(size * 20 // 100)]
    words += ["decline-once"] * (size * 10 // 100)
    words += [""] * (size - len(words))
    random.shuffle(words)
    return [f"{word}-{TELLINGS[number % len(TELLINGS)]}" for number, word in enumerate(words)]


def _settleable(day: Shop, story: Story, number: int) -> Any:
    sold = shop.order(number, _payment(story, number))
    path = f"/v1/orders/{day.order_no(number)}"
    shop.body(day.workers.http("machine", "PUT", path, sold), 201)
    return day.inspects(day.receives(day.approves(day.asks(number)), number))


def _payment(story: Story, number: int) -> str:
    return f"pay-refunds-{number}-{story.words[number]}"


def _paid(workers: Workers, ret: Any, story: Story) -> None:
    """Settle it, and retry as a person would, until all of it is paid."""
    _killed_when_due(workers, story)
    path, key = f"/v1/returns/{ret['id']}/settlements", f"pay-{ret['id']}"
    told = shop.body(
        _sent(workers, story, path, {"mode": "execute"}, key=key, version=ret["version"]), 200, 201
    )
    path = f"/v1/settlements/{told['settlement_id']}"
    for number in range(TRIES_MAX):
        if told["state"] == SettlementState.SETTLED:
            return
        reply = _sent(
            workers, story, f"{path}/retry", {}, key=f"{key}-{number}", version=told["version"]
        )
        if reply.status >= 300:
            # A callback was faster: look again.
            story.count(json.loads(reply.raw)["code"])
            reply = _read(workers, path)
        told = shop.body(reply)
    raise AssertionError(f"{path} is {told['state']} after {TRIES_MAX} tries")


def _read(workers: Workers, path: str) -> HttpReply:
    while True:
        try:
            return workers.http("finance", "GET", path)
        except WorkerDied:
            continue


def _sent(
    workers: Workers, story: Story, path: str, body: Any, *, key: str, version: int
) -> HttpReply:
    """The answer to a request that is sent again, under its key, until there is one."""
    for _ in range(TRIES_MAX):
        try:
            reply = workers.http("finance", "POST", path, body, key=key, version=version)
        except WorkerDied:
            story.count("died")
            continue
        story.count(str(reply.status))
        if reply.status != 503:
            return reply
    raise AssertionError(f"{path}: no answer in {TRIES_MAX} tries")


def _killed_when_due(workers: Workers, story: Story) -> None:
    """SIGKILL one that is at work, where so many refunds have begun that one is due."""
    with story.lock:
        story.begun += 1
        due = (story.killed + 1) * len(story.words) / (story.kills + 1)
        is_due = story.killed < story.kills and story.begun >= due
        story.killed += is_due
    # There is always one but for moments: the other callers go on meanwhile.
    while is_due and not workers.kill(story.random):
        pass


@contextmanager
def _listening(bench: Bench, workers: Workers, story: Story) -> Iterator[None]:
    """The provider's callbacks go to the API, through the same workers, byte by byte."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["content-length"])).decode()
            call = HttpCall(
                role="machine",
                method="POST",
                path="/v1/payment-events/sandbox",
                body=raw,
                headers={"X-Payment-Signature": self.headers[HEADER]},
            )
            try:
                reply = workers.ask(call)
                assert isinstance(reply, HttpReply), "an HTTP call has an HTTP reply"
                status = reply.status
            except WorkerDied:
                status = 502
            story.count(f"callback {status}")
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Said in the figures."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/"
    _control(bench, "reset", {})
    _control(bench, "listener", {"url": url, "secret": SIGNED_WITH, "telling": "told-once"})
    try:
        yield
    finally:
        _control(bench, "listener", {})
        server.shutdown()
        server.server_close()


def _control(bench: Bench, what: str, body: Any) -> None:
    url = f"{bench.provider_url}/_sandbox/{what}"
    answer = bench.http.request("POST", url, json=body, timeout=10)
    assert answer.status == 200, f"provider: {answer.status} {answer.data!r}"


def _until_told(bench: Bench) -> None:
    """Until nothing is left to be told: callbacks come late."""
    url = f"{bench.provider_url}/_sandbox/tellings"
    pause = threading.Event()
    for _ in range(600):
        items = json.loads(bench.http.request("GET", url, timeout=10).data)["items"]
        if not any(item["times_left"] for item in items):
            return
        pause.wait(0.1)
    raise AssertionError("the provider has not told everything within a minute")


def _judge(trial: Trial, bench: Bench, tables: Tables, story: Story) -> None:
    books = books_of(tables)
    size = len(story.words)
    settlements = [one for ret in books.returns.values() for one in ret.settlements]
    settled = sum(one.state is SettlementState.SETTLED for one in settlements)
    trial.check(settled == size == len(settlements), f"{settled}/{size} refunds settled")
    once = sum(_is_paid_once(bench, story, number) for number in range(size))
    trial.check(once == size, f"{once}/{size} paid exactly once, by the provider's list")
    agreed = sum(_agrees(bench, one) for one in settlements)
    trial.check(agreed == size, f"{agreed}/{size} name the refund that the provider lists")
    faults = [fault for ret in books.returns for fault in _ledger_faults(books, ret)]
    trial.check(not faults, f"{len(faults)} faults in the money ledger")
    trial.check(not books.faults(), f"{len(books.faults())} faults in the books")
    trial.check(story.killed >= story.kills, f"{story.killed} SIGKILLs")
    callbacks = {what: n for what, n in story.calls.items() if what.startswith("callback")}
    taken = callbacks.get("callback 200", 0)
    trial.check(taken > size, f"{taken} callbacks taken, {sum(callbacks.values()) - taken} again")
    lost = sum(word.startswith(LOST) for word in story.words)
    declined = sum(word.startswith("decline") for word in story.words)
    trial.figure(f"{lost} answers lost, {declined} declined once")


def _listed(bench: Bench, payment_id: str) -> list[dict[str, Any]]:
    found = bench.refunds_of(payment_id)
    return [refund for refund in found if refund["status"] == "succeeded"]


def _is_paid_once(bench: Bench, story: Story, number: int) -> bool:
    return [refund["amount"] for refund in _listed(bench, _payment(story, number))] == [AMOUNT]


def _agrees(bench: Bench, settlement: Settlement) -> bool:
    (leg,) = settlement.legs
    listed = [(refund["id"], refund["key"]) for refund in _listed(bench, leg.payment_id)]
    return leg.state is LegState.PAID and [(leg.reference, leg.key)] == listed


def _ledger_faults(books: Books, return_id: str) -> Iterator[str]:
    """What does not balance, or is in the events and not in the ledger; or says another sum."""
    ret = books.returns[return_id]
    postings = books.postings.get(ret.subject, [])
    yield from (str(fault) for fault in faults_of(ret.subject, postings))
    yield from (str(event) for event in unposted(books.events[ret.subject], postings))
    refunded = sum(
        entry.minor
        for posting in postings
        for entry in posting.entries
        if entry.account is Account.REFUNDED
    )
    if refunded != -AMOUNT:
        yield f"{ret.subject}: {Money(-refunded, 'EUR')} refunded"
