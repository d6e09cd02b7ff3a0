"""Where queues end: one record at a time, and whether to retry or to give up is decided only here.

A record that can never succeed goes straight to the dead-letter queue with its reason; one that may
is reported as failed, so that SQS sends it again and others of its batch are not. No app middleware
runs for workers (Chalice skips it), so everything they need is here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import wraps
from typing import Any, Generic, Protocol, TypeVar

from chalice.app import SQSEvent
from pydantic import BaseModel, ValidationError

from chalicelib import telemetry
from chalicelib.core.clock import utc_now
from chalicelib.core.errors import DomainError, Invalid, NotAllowed, PolicyRefused

TIME_RESERVE_S = 3.0
REASON_MAX = 400
# What no retry can mend. A thing not found may still come, a conflict may pass.
_FOR_GOOD = (Invalid, NotAllowed, PolicyRefused)
Message = TypeVar("Message", bound=BaseModel)
Failures = dict[str, list[dict[str, str]]]
log = telemetry.logger(__name__)


class DeadLetters(Protocol):
    """Takes what is given up on."""

    def send_dead(
        self, queue_url: str, body: str, *, reason: str, source: str, failed_at: datetime
    ) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One delivery of one message. `received` counts deliveries, this one included."""

    message_id: str
    correlation_id: str
    received: int
    started_at: datetime
    remaining_s: Callable[[], float]


class _Malformed(Exception):
    """The record does not fit its schema and never will."""


def batch(
    message: type[Message],
    *,
    dead_letter: Callable[[], str],
    dead_letters: Callable[[], DeadLetters] | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> Callable[[Callable[[Message, Attempt], None]], Callable[[SQSEvent], Failures]]:
    """Wraps a handler of one message under `@bp.on_sqs_message`; answers Lambda with the failures.

    `dead_letter` gives the address of the queue for what is given up on, when it is needed.
    """

    def wrap(handle: Callable[[Message, Attempt], None]) -> Callable[[SQSEvent], Failures]:
        worker = _Worker(
            message=message,
            handle=handle,
            source=handle.__name__,
            dead_letter=dead_letter,
            dead_letters=dead_letters or _wired,
            clock=clock,
        )

        @wraps(handle)
        def guarded(event: SQSEvent) -> Failures:
            return worker.run(event)

        return guarded

    return wrap


@dataclass(frozen=True, slots=True, kw_only=True)
class _Worker(Generic[Message]):
    message: type[Message]
    handle: Callable[[Message, Attempt], None]
    source: str
    dead_letter: Callable[[], str]
    dead_letters: Callable[[], DeadLetters]
    clock: Callable[[], datetime]

    def run(self, event: SQSEvent) -> Failures:
        telemetry.configure()
        failed = []
        for record in event.to_dict()["Records"]:
            attempt = _attempt(record, event.context, self.clock())
            with telemetry.bound(
                correlation_id=attempt.correlation_id,
                function=self.source,
                message_id=attempt.message_id,
            ):
                if not self._settled(record["body"], attempt):
                    failed.append({"itemIdentifier": attempt.message_id})
        return {"batchItemFailures": failed}

    def _settled(self, body: str, attempt: Attempt) -> bool:
        """Whether SQS may forget the record."""
        if attempt.remaining_s() < TIME_RESERVE_S:
            log.warning("left for later", extra={"reason": "time is running out"})
            return False
        try:
            self._handle(body, attempt)
        except (_Malformed, *_FOR_GOOD) as error:
            return self._given_up(body, str(error))
        except DomainError as error:
            log.warning("will be tried again", extra={"code": error.code})
            return False
        except Exception:  # one record must not spoil its batch
            log.exception("unexpected error")
            return False
        return True

    def _handle(self, body: str, attempt: Attempt) -> None:
        message = _read(body, self.message)
        followed = getattr(message, "correlation_id", None) or attempt.correlation_id
        with telemetry.bound(correlation_id=followed):
            self.handle(message, replace(attempt, correlation_id=followed))

    def _given_up(self, body: str, reason: str) -> bool:
        reason = telemetry.mask_text(reason)[:REASON_MAX]
        try:
            self.dead_letters().send_dead(
                self.dead_letter(),
                body,
                reason=reason,
                source=self.source,
                failed_at=self.clock(),
            )
        except Exception:  # then SQS itself moves the record, after its retries
            log.exception("could not be given up on", extra={"reason": reason})
            return False
        log.error("given up on", extra={"reason": reason})
        telemetry.count("dead_letters", source=self.source)
        return True


def _read(body: str, message: type[Message]) -> Message:
    try:
        return message.model_validate_json(body)
    except ValidationError as error:
        # Where and what, never the content: a body may hold anything.
        faults = "; ".join(
            f"{'/'.join(str(step) for step in fault['loc'])}: {fault['type']}"
            for fault in error.errors(include_url=False, include_input=False)
        )
        raise _Malformed(f"malformed: {faults}") from error


def _attempt(
    record: Mapping[str, Any],  # Any: JSON of Lambda
    context: Any,  # Any: Lambda's own context object
    now: datetime,
) -> Attempt:
    message_id = str(record["messageId"])
    attributes = record.get("messageAttributes") or {}
    sent = attributes.get("correlation_id") or {}
    return Attempt(
        message_id=message_id,
        correlation_id=str(sent.get("stringValue") or message_id),
        received=int((record.get("attributes") or {}).get("ApproximateReceiveCount", 1)),
        started_at=now,
        remaining_s=lambda: context.get_remaining_time_in_millis() / 1000,
    )


def _wired() -> DeadLetters:
    from chalicelib import wiring  # noqa: PLC0415 - building use cases is not needed to import us

    return wiring.queues()
