"""Promise 7: what can never be done ends in the dead-letter queue with its reason, and comes back.

On a whole local stack: SQS hands the messages to the deployed function, and the operator's own tool
(tools.redrive) takes them out, mends them and gives them back.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from prove import shop
from prove.batches import scan
from prove.results import Asked, Trial
from prove.workers import at_once
from tools import redrive
from tools.packaging.intrinsics import load_template
from tools.redrive import DeadLetter
from tools.stack.client import Api, Stack
from tools.stack.places import ROOT

RETURNS = 10
PATIENCE_S = 240.0


def attempt(stack: Stack, asked: Asked, trial: Trial) -> None:
    poison, good = asked.size(small=20, full=500), asked.size(small=10, full=100)
    prefix = f"poison-{asked.seed}-{time.time_ns() % 10**9}"
    rets = _returns(stack, prefix, (poison + good) // RETURNS)
    scans = [_scan(prefix, n, rets[n % RETURNS]) for n in range(poison + good)]
    mended = {one["scan_id"]: json.dumps(one) for one in scans[:poison]}
    bodies = [_spoilt(n, one) for n, one in enumerate(scans[:poison])]
    bodies += [json.dumps(one) for one in scans[poison:]]
    sqs = stack.boto("sqs")
    queue, dead = stack.state.queues["scans"], stack.state.queues["scans-dlq"]
    # Cold starts on a busy machine outlast the local queues' visibility timeout of 5 s.
    warm = asked.size(small=1, full=5)
    at_once(lambda _: stack.invoke("ingest_scans", {"Records": []}), range(warm), warm)
    began = time.monotonic()
    _send(sqs, queue, bodies)
    _until(
        lambda: (
            _depth(sqs, dead) >= poison and _booked(stack, rets) >= good and _is_quiet(sqs, queue)
        )
    )
    trial.figure(f"{poison} of {len(bodies)} messages bad, {time.monotonic() - began:.0f} s")
    found = _own(sqs, dead, prefix, limit=10 * poison)
    letters = list({_named(letter): letter for letter in found}.values())
    told = sum(letter.source == "ingest_scans" and bool(letter.reason) for letter in letters)
    trial.check(
        told == poison == len(letters) and {_named(letter) for letter in letters} == set(mended),
        f"{told} in the dead-letter queue with a reason",
    )
    doubled = [letter for letter in found if letter not in letters]
    redrive.drop(sqs, dead, doubled)
    trial.figure(f"{len(doubled)} of them more than once (SQS may deliver again)")
    trial.check(_booked(stack, rets) == good, f"{good} good ones done meanwhile")
    fixed = [letter.with_body(mended[_named(letter)]) for letter in letters]
    outcomes = redrive.give_back(sqs, dead, fixed, redrive.ToQueue(sqs=sqs, url=queue))
    sent = sum(outcome.problem is None for outcome in outcomes)
    trial.check(sent == poison, f"{sent} given back")
    _send(sqs, queue, [letter.body for letter in fixed[: poison // 10]])
    _until(lambda: _booked(stack, rets) >= poison + good and _is_quiet(sqs, queue))
    booked = _booked(stack, rets)
    trial.check(booked == poison + good, f"{booked}/{poison + good} booked once, though some twice")
    left = _own(sqs, dead, prefix, limit=10 * poison)
    trial.check(not left, f"{len(left)} dead letters left")
    _alarms(trial)


def _returns(stack: Stack, prefix: str, units: int) -> list[Any]:
    """Approved returns that wait for as many units each."""
    machine, reviewer = stack.api("machine"), stack.api("reviewer")
    skus = [f"{prefix}-{n}" for n in range(RETURNS)]
    items = [{"sku": sku, "quantity": units} for sku in skus]
    count = {"warehouse": shop.WAREHOUSE, "kind": "opening", "items": items}
    key = {"Idempotency-Key": prefix}
    machine.post("/v1/stock/counts", count, key).expect(201)
    return [_return(machine, reviewer, sku, units) for sku in skus]


def _return(machine: Api, reviewer: Api, sku: str, units: int) -> Any:
    sold = shop.order(0, f"pay-{sku}", units=units)
    sold["lines"][0]["sku"] = sku
    machine.put(f"/v1/orders/{sku}", sold).expect(201)
    ret = machine.post("/v1/returns", shop.wish(sku, units=units)).expect(201)
    looked_at = {"If-Match": f'"v{ret["version"]}"'}
    reviewer.post(f"/v1/returns/{ret['id']}/approve", {}, looked_at).expect(200)
    return {**ret, "sku": sku}


def _scan(prefix: str, number: int, ret: Any) -> dict[str, Any]:
    return {**scan(prefix, number, ret["number"], ret["sku"])}


def _spoilt(number: int, one: dict[str, Any]) -> str:
    """Three ways in which devices were seen to send nonsense; the id can still be made out."""
    match number % 3:
        case 0:
            return json.dumps({**one, "quantity": "two"})
        case 1:
            return json.dumps({name: value for name, value in one.items() if name != "warehouse"})
        case _:
            return json.dumps({**one, "captured_at": "yesterday"})


def _own(sqs: Any, dead: str, prefix: str, *, limit: int) -> list[DeadLetter]:
    """The dead letters of this trial; others', whose functions were slow to start, stay there."""
    found = redrive.collect(sqs, "scans", dead, limit=limit)
    own = [letter for letter in found if _named(letter).startswith(f"s-{prefix}-")]
    redrive.release(sqs, dead, [letter for letter in found if letter not in own])
    return own


def _named(letter: DeadLetter) -> str:
    """The scan that a letter names; nothing where it names none."""
    try:
        told = json.loads(letter.body)
    except ValueError:
        return ""
    return str(told.get("scan_id", "")) if isinstance(told, dict) else ""


def _send(sqs: Any, url: str, bodies: list[str]) -> None:
    for start in range(0, len(bodies), 10):
        entries = [
            {"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies[start : start + 10])
        ]
        failed = sqs.send_message_batch(QueueUrl=url, Entries=entries).get("Failed", [])
        assert not failed, f"SQS did not take {len(failed)} messages"


def _booked(stack: Stack, rets: list[Any]) -> int:
    """How many units the returns say have arrived: each scan is one."""
    api = stack.api("support")
    bodies = [api.get(f"/v1/returns/{ret['id']}").expect(200) for ret in rets]
    return sum(line["quantities"]["received"] for body in bodies for line in body["lines"])


def _depth(sqs: Any, url: str, *, hidden: bool = False) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(told[name]) for name in names[: 2 if hidden else 1])


def _is_quiet(sqs: Any, url: str) -> bool:
    return _depth(sqs, url, hidden=True) == 0


def _until(met: Callable[[], bool]) -> None:
    """Waits; what is not met after all shows in the figures."""
    ends = time.monotonic() + PATIENCE_S
    while not met() and time.monotonic() < ends:
        time.sleep(0.5)


def _alarms(trial: Trial) -> None:
    """Each dead-letter queue has an alarm on its depth, each queue one on its oldest message."""
    found: dict[str, int] = {}
    for file in ("data.yaml", "app.yaml"):
        template = load_template(ROOT / "infra" / file)
        for resource in template["Resources"].values():
            if resource.get("Type") == "AWS::CloudWatch::Alarm":
                metric = str(resource["Properties"].get("MetricName"))
                found[metric] = found.get(metric, 0) + 1
    depth = found.get("ApproximateNumberOfMessagesVisible", 0)
    age = found.get("ApproximateAgeOfOldestMessage", 0)
    queues = len(redrive.QUEUES)
    trial.check(depth >= queues and age >= queues - 1, f"alarms: {depth} on depth, {age} on age")
