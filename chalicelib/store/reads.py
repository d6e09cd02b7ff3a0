"""Consistent reads of the truth for one command, in as few calls as the keys allow.

The first read also fetches the remembered answer of the request, where it has an idempotency key:
a repeated request is answered before anything is decided. Links that never change (a return's
order, a printed number's return) are remembered in the process, so both sides come in one call.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from chalicelib.campaigns.model import Campaign
from chalicelib.claims.model import Claim, ClaimOfOrder
from chalicelib.claims.opening import FIRST_REVIEW
from chalicelib.core.clock import Clock, utc_now
from chalicelib.core.commands import Answer, IdempotencyKey
from chalicelib.core.errors import Conflict, Invalid, TransientError
from chalicelib.core.events import Event
from chalicelib.exchanges.model import Exchange
from chalicelib.exchanges.promising import return_id_of
from chalicelib.inventory.model import Movement
from chalicelib.jobs.model import Job
from chalicelib.liability.model import LiabilityClaim
from chalicelib.orders.model import Contact, Order
from chalicelib.policy.shelves import KnownPolicies
from chalicelib.reasons.amendments import KnownReasons
from chalicelib.returns.blind import blind_exception_id
from chalicelib.returns.conversation import Conversation, Message
from chalicelib.returns.exceptions import ReturnException
from chalicelib.returns.model import Return
from chalicelib.returns.numbers import NumberClaim
from chalicelib.store import keys, parts
from chalicelib.store.actions import idempotency_place
from chalicelib.store.areas import Areas
from chalicelib.store.codec import body_of, decode
from chalicelib.store.key import Key
from chalicelib.store.links import Links
from chalicelib.store.table import Item, Table
from chalicelib.tasks.model import Task, TaskKind, task_id_for
from chalicelib.uploads.model import Photo
from chalicelib.withdrawals.model import Declarant, Withdrawal, contact_id_for

T = TypeVar("T")
LOCK_ROUNDS_MAX = 5
SNAPSHOT_MAX = 99
"""Items of one moment that are read at once, with room for a remembered answer."""


class Replay(Exception):
    """This request was answered before; `answer` is what it was told."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("replayed")
        self.answer = answer


class Reads(Areas):
    """Reads for one attempt of one command, or for one query."""

    def __init__(
        self,
        table: Table,
        links: Links,
        *,
        clock: Clock = utc_now,
        idempotency: IdempotencyKey | None = None,
        views: Callable[[], Table] | None = None,
    ) -> None:
        self._table = table
        self._views = views
        self._links = links
        self._clock = clock
        self._idempotency = idempotency

    @property
    def _policies(self) -> KnownPolicies:
        return self._links.policies

    @property
    def _reasons(self) -> KnownReasons:
        return self._links.reasons

    @property
    def _now(self) -> Clock:
        return self._clock

    @property
    def _core(self) -> Table:
        return self._table

    @property
    def _lists(self) -> Callable[[], Table] | None:
        return self._views

    def order(self, order_no: str) -> Order | None:
        (item,) = self._items(keys.order(order_no))
        return _record(item, Order)

    def order_and_contact(
        self, order_no: str, contact_id: str
    ) -> tuple[Order | None, Contact | None]:
        order, contact = self._items(keys.order(order_no), keys.contact(contact_id))
        return _record(order, Order), _record(contact, Contact)

    def return_(self, return_id: str) -> Return | None:
        (item,) = self._items(keys.return_(return_id))
        return self._known(_record(item, Return))

    def return_and_order(self, return_id: str) -> tuple[Return | None, Order | None]:
        ret, order, _ = self._with_order(return_id, ())
        return ret, order

    def review_of(self, return_id: str) -> tuple[Return | None, Order | None, Task | None]:
        first = task_id_for(TaskKind.REVIEW, f"return/{return_id}", "1")
        ret, order, (item,) = self._with_order(return_id, (keys.task(first),))
        if ret is not None and ret.submissions > 1:
            latest = task_id_for(TaskKind.REVIEW, ret.subject, str(ret.submissions))
            (item,) = self._items(keys.task(latest))
        return ret, order, _record(item, Task)

    def appeal_of(
        self, return_id: str, appeal_id: str
    ) -> tuple[Return | None, Order | None, Task | None]:
        """A return with its order, and the task of one of its appeals."""
        opened = task_id_for(TaskKind.APPEAL, f"return/{return_id}", appeal_id)
        ret, order, (item,) = self._with_order(return_id, (keys.task(opened),))
        return ret, order, _record(item, Task)

    def return_by_number(self, number: str) -> Return | None:
        return_id = self._id_of_number(number)
        return None if return_id is None else self.return_(return_id)

    def _id_of_number(self, number: str) -> str | None:
        return_id = self._links.return_of.get(number)
        if return_id is None:
            (item,) = self._items(keys.number(number))
            claim = _record(item, NumberClaim)
            return_id = claim.return_id if claim is not None else None
        return return_id

    def _as_return(self, item: Item | None) -> Return | None:
        return self._known(_record(item, Return))

    def returns_of(self, return_ids: Sequence[str]) -> list[Return]:
        """Those of these returns that are there; of very many, the first are looked at."""
        wanted = [keys.return_(one) for one in return_ids[:SNAPSHOT_MAX]]
        return [ret for item in self._some(wanted) if (ret := self._as_return(item)) is not None]

    def withdrawal(self, withdrawal_id: str) -> tuple[Withdrawal | None, Declarant | None]:
        """A withdrawal and who declared it; the second is None once it was erased."""
        item, personal = self._items(
            keys.withdrawal(withdrawal_id), keys.declarant(contact_id_for(withdrawal_id))
        )
        return _record(item, Withdrawal), _record(personal, Declarant)

    def blind_exceptions(self, ret: Return) -> dict[str, ReturnException]:
        """What asked for the sale of a blind return, by line."""
        (first,) = self.events(ret.subject, limit=1)
        found: dict[str, ReturnException] = {}
        for start in range(0, len(ret.lines), SNAPSHOT_MAX):
            lines = ret.lines[start : start + SNAPSHOT_MAX]
            ids = [blind_exception_id(first.command_id, line.line_no) for line in lines]
            for line, item in zip(lines, self._items(*map(keys.exception, ids)), strict=True):
                exception = _record(item, ReturnException)
                if exception is not None:
                    found[line.line_no] = exception
        return found

    def exception(self, exception_id: str) -> ReturnException | None:
        (item,) = self._items(keys.exception(exception_id))
        return _record(item, ReturnException)

    def exception_and_task(self, exception_id: str) -> tuple[ReturnException | None, Task | None]:
        """An exception with the task that it opened."""
        opened = task_id_for(TaskKind.EXCEPTION, f"exception/{exception_id}", "opened")
        exception, task = self._items(keys.exception(exception_id), keys.task(opened))
        return _record(exception, ReturnException), _record(task, Task)

    def liability_claim(self, claim_id: str) -> LiabilityClaim | None:
        (item,) = self._items(keys.liability_claim(claim_id))
        return _record(item, LiabilityClaim)

    def task(self, task_id: str) -> Task | None:
        (item,) = self._items(keys.task(task_id))
        return _record(item, Task)

    def job(self, job_id: str) -> Job | None:
        (item,) = self._items(keys.job(job_id))
        return _record(item, Job)

    def campaign(self, campaign_id: str) -> Campaign | None:
        (item,) = self._items(keys.campaign(campaign_id))
        return _record(item, Campaign)

    def exchange(self, exchange_id: str) -> Exchange | None:
        (item,) = self._items(keys.exchange(exchange_id))
        return _record(item, Exchange)

    def exchange_and_return(self, exchange_id: str) -> tuple[Exchange | None, Return | None]:
        return_id = return_id_of(exchange_id)
        if return_id is None:
            return None, None
        exchange, ret = self._items(keys.exchange(exchange_id), keys.return_(return_id))
        return _record(exchange, Exchange), self._known(_record(ret, Return))

    def claim_of(self, claim_id: str) -> tuple[Claim | None, Order | None, Task | None]:
        """A claim, its order and its review; who writes them finds out if they changed since."""
        task_id = task_id_for(TaskKind.REVIEW, f"claim/{claim_id}", FIRST_REVIEW)
        found, task = self._items(keys.claim(claim_id), keys.task(task_id))
        claim = _record(found, Claim)
        order = self.order(claim.order_no) if claim is not None else None
        return claim, order, _record(task, Task)

    def claims_of(self, order_no: str) -> list[Claim]:
        """Every claim on an order, the oldest first."""
        links = _records(self._table.query(f"ORDER#{order_no}", prefix="CLAIM#"), ClaimOfOrder)
        items = self._table.get([keys.claim(link.claim_id) for link in links])
        claims = [claim for item in items if (claim := _record(item, Claim)) is not None]
        return sorted(claims, key=lambda claim: (claim.opened_at, claim.claim_id))

    def photo(self, return_id: str, photo_id: str) -> Photo | None:
        (item,) = self._items(keys.photo(return_id, photo_id))
        return _record(item, Photo)

    def photos(self, return_id: str) -> list[Photo]:
        items = self._table.query(f"RETURN#{return_id}", prefix="PHOTO#")
        return _records(items, Photo)

    def conversation(self, return_id: str) -> Conversation:
        (item,) = self._items(keys.conversation(return_id))
        return _record(item, Conversation) or Conversation(return_id=return_id)

    def message_and_return(
        self, return_id: str, message_id: str
    ) -> tuple[Message | None, Return | None, Conversation]:
        """One message, if it is there, the return it is about and the head of all messages."""
        message, ret, head = self._items(
            keys.message(return_id, message_id),
            keys.return_(return_id),
            keys.conversation(return_id),
        )
        talk = _record(head, Conversation) or Conversation(return_id=return_id)
        return _record(message, Message), self._known(_record(ret, Return)), talk

    def messages(self, return_id: str, message_ids: Sequence[str]) -> list[Message]:
        """Those of these messages that are there still: what was erased is left out."""
        items = self._table.get([keys.message(return_id, one) for one in message_ids])
        return _records([item for item in items if item is not None], Message)

    def events(self, subject: str, *, after: int = 0, limit: int | None = None) -> list[Event]:
        """The events of an aggregate in order, those after number `after`."""
        items = self._table.query(
            keys.partition(subject),
            prefix="EVENT#",
            after=f"EVENT#{after:08d}" if after else None,
            limit=limit,
        )
        return _records(items, Event)

    def latest_events(self, subject: str, limit: int) -> list[Event]:
        """The last events of an aggregate, in order."""
        items = self._table.query(
            keys.partition(subject), prefix="EVENT#", limit=limit, newest_first=True
        )
        return _records(items[::-1], Event)

    def movements_of(self, subject: str) -> list[Movement]:
        """The movements that a document caused, in order of their ids."""
        items = self._table.query(keys.partition(subject), prefix="MOVEMENT#")
        return _records(items, Movement)

    def answer_to(self, key: IdempotencyKey) -> Answer | None:
        """What this request was told before; raises Invalid where its key named another one."""
        (item,) = self._table.get([idempotency_place(key)])
        return remembered(item, key, self._clock())

    def ask_if_answered(self) -> None:
        """Raises Replay for a request made before, where the decision on it has read nothing."""
        if self._idempotency is None:
            return
        answer = self.answer_to(self._idempotency)
        self._idempotency = None
        if answer is not None:
            raise Replay(answer)

    def _with_order(
        self, return_id: str, more: Sequence[Key]
    ) -> tuple[Return | None, Order | None, list[Item | None]]:
        order_no = self._links.order_of.get(return_id)
        linked = [keys.order(order_no)] if order_no is not None else []
        found = self._items(keys.return_(return_id), *more, *linked)
        ret = self._known(_record(found[0], Return))
        if ret is None or ret.order_no is None:
            return ret, None, found[1 : 1 + len(more)]
        if not linked:  # Now the link is known: both sides again, as they stand at one moment.
            return self._with_order(return_id, more)
        return ret, _record(found[-1], Order), found[1 : 1 + len(more)]

    def _known(self, ret: Return | None) -> Return | None:
        if ret is not None:
            self._links.remember(ret)
        return ret

    def _items(self, *wanted: Key) -> list[Item | None]:
        """The items; large commands that hold one of them are finished first.

        Raises TransientError where a document stays locked: its plan is lost (`verify` names such
        locks), or ever new commands hold it.
        """
        for _ in range(LOCK_ROUNDS_MAX):
            items, held = self._unlocked(wanted)
            if not held:
                self._idempotency = None
                return items
            # Finished, it may turn out to be this very request: its answer is asked again.
            for command_id in held:
                finish_for_others(self._table, command_id)
        raise TransientError("command_unfinished", "A large command still holds this document.")

    def _unlocked(self, wanted: Sequence[Key]) -> tuple[list[Item | None], list[str]]:
        """The items now, and the large commands that hold one of them."""
        asked = self._idempotency
        places = [*wanted] if asked is None else [*wanted, idempotency_place(asked)]
        items = self._table.get(places) if len(places) == 1 else self._table.snapshot(places)
        if asked is not None:
            answer = remembered(items.pop(), asked, self._clock())
            if answer is not None:
                raise Replay(answer)
        return items, sorted({item["part_of"]["S"] for item in items if item and "part_of" in item})


def finish_for_others(table: Table, command_id: str) -> None:
    """Finish another's large command; that it was refused is for its own caller to hear."""
    try:
        parts.finish(table, command_id)
    except (Conflict, parts.LostRace):
        return


def _record(item: Item | None, kind: type[T]) -> T | None:
    """The record of an item. A placeholder of an unfinished command is nothing yet."""
    body = None if item is None else body_of(item)
    return None if body is None else decode(body, kind)


def _records(items: Sequence[Item], kind: type[T]) -> list[T]:
    found = [_record(item, kind) for item in items]
    return [record for record in found if record is not None]


def remembered(item: Item | None, key: IdempotencyKey, now: datetime) -> Answer | None:
    """What this request was told before, if it was and is not forgotten; raises Invalid."""
    if item is None or int(item["expires_at"]["N"]) <= now.timestamp():
        return None
    if item["fingerprint"]["S"] != key.fingerprint:
        raise Invalid(
            "idempotency_key_reused", "This Idempotency-Key was used for another request."
        )
    return Answer(
        status=int(item["status"]["N"]),
        body=(body_of(item) or "").encode(),
        headers={name: value["S"] for name, value in item["headers"]["M"].items()},
        replayed=True,
    )
