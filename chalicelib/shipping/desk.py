"""Where returns meet carriers: store what is wanted, ask, store what was said.

A process that dies anywhere in between leaves the id of the shipment behind, under which the same
request asks again. An answer that is not understood is no answer: the caller is told to send the
same request once more, and nothing is made twice.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol, TypeVar

from chalicelib.core.clock import Clock, utc_now
from chalicelib.core.commands import Answer, Decided, IdempotencyKey
from chalicelib.core.errors import Conflict, NotFound, TransientError
from chalicelib.core.events import Context
from chalicelib.orders.model import Contact
from chalicelib.returns.model import Return, Shipment
from chalicelib.returns.shipments import shipment_of, size_of, unneeded
from chalicelib.returns.shipping import Shipped
from chalicelib.shipping.fetching import BookPickup, ask_pickup, find_pickups
from chalicelib.shipping.labelling import (
    Asked,
    AskLabel,
    LabelReader,
    ask_label,
    record_booking,
    record_label,
    record_refusal,
)
from chalicelib.shipping.ports import (
    BookingOutcome,
    Carrier,
    CarrierAnswer,
    Carriers,
    Label,
    LabelOutcome,
    LabelRequest,
    PickupRequest,
    Slot,
    first_that_fetches,
    named,
)
from chalicelib.shipping.tracking import Tracking
from chalicelib.shipping.voiding import record_voids

T = TypeVar("T")
CARRIER_TIMEOUT_S = 4.0
_SUFFIX = {"application/pdf": "pdf", "application/zpl": "zpl"}
Sees = Callable[[Return], bool]
"""Whether the caller may know of a return."""
Render = Callable[[Shipped], Answer]


class CommandRunner(Protocol):
    """Runs one decision as one transaction."""

    def reads(self) -> LabelReader: ...

    def run(self, decide: Callable[[LabelReader], Decided[T]], *, context: Context) -> T: ...

    def answer(
        self,
        decide: Callable[[LabelReader], Decided[T]],
        *,
        context: Context,
        render: Callable[[T], Answer],
        idempotency: IdempotencyKey | None,
    ) -> Answer: ...

    def run_unless_answered(
        self,
        decide: Callable[[LabelReader], Decided[T]],
        *,
        context: Context,
        idempotency: IdempotencyKey | None,
    ) -> T | Answer: ...


class LabelFiles(Protocol):
    """Where labels are kept."""

    def write(self, key: str, content: bytes, *, content_type: str) -> None: ...


def label_key(return_id: str, shipment_id: str, media_type: str) -> str:
    """Where a label is kept; the same label again replaces itself."""
    return f"files/labels/{return_id}/{shipment_id}.{_SUFFIX[media_type]}"


@dataclass(frozen=True, slots=True)
class _Seen:
    """Finds the returns that the caller may know of, and no others."""

    reads: LabelReader
    sees: Sees

    def return_(self, return_id: str) -> Return | None:
        ret = self.reads.return_(return_id)
        return ret if ret is not None and self.sees(ret) else None

    def tracking(self, carrier: str, tracking_no: str) -> Tracking | None:
        return self.reads.tracking(carrier, tracking_no)

    def contact(self, contact_id: str) -> Contact | None:
        return self.reads.contact(contact_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierDesk:
    """Labels and pickups through the carriers that are set up, by name."""

    commands: CommandRunner
    carriers: Carriers
    files: LabelFiles
    clock: Clock = utc_now

    def label(
        self,
        return_id: str,
        command: AskLabel,
        context: Context,
        *,
        sees: Sees,
        render: Render,
        idempotency: IdempotencyKey | None,
    ) -> Answer:
        """A label for what is to be sent. Raises TransientError while its answer is not known."""
        carrier = named(self.carriers, command.carrier)
        if not carrier.makes_labels:
            raise Conflict(
                "label_not_offered", f"{carrier.name} makes no labels.", carrier=carrier.name
            )
        asked = self.commands.run_unless_answered(
            lambda reads: ask_label(_Seen(reads, sees), return_id, command, context),
            context=context,
            idempotency=idempotency,
        )
        if isinstance(asked, Answer):
            return asked
        decide = self._label(carrier, asked) if asked.is_open else _as_it_is(asked)
        later = self._later(context)
        return self.commands.answer(
            lambda reads: decide(reads, later),
            context=later,
            render=render,
            idempotency=idempotency,
        )

    def slots(
        self, return_id: str, first: date, *, sees: Sees, postcode: str | None = None
    ) -> tuple[Carrier, tuple[Slot, ...]]:
        """When the goods of a return could be fetched, and by whom."""
        ret = _Seen(self.commands.reads(), sees).return_(return_id)
        if ret is None:
            raise NotFound("return_not_found", f"There is no return {return_id}.")
        carrier = first_that_fetches(self.carriers.values())
        outcome = carrier.pickup_slots(
            warehouse=ret.warehouse, postcode=postcode, first=first, timeout_s=CARRIER_TIMEOUT_S
        )
        if outcome.answer is CarrierAnswer.UNKNOWN:
            raise _silent(carrier, outcome.reason)
        return carrier, outcome.slots

    def book(
        self,
        return_id: str,
        slot_id: str,
        context: Context,
        *,
        sees: Sees,
        render: Render,
        idempotency: IdempotencyKey | None,
    ) -> Answer:
        """Book a slot, in place of one that was booked before."""
        carrier = first_that_fetches(self.carriers.values())
        command = BookPickup(carrier=carrier.name, slot_id=slot_id)
        asked = self.commands.run_unless_answered(
            lambda reads: ask_pickup(_Seen(reads, sees), return_id, command, context),
            context=context,
            idempotency=idempotency,
        )
        if isinstance(asked, Answer):
            return asked
        decide = self._booking(carrier, asked, slot_id) if asked.is_open else _as_it_is(asked)
        later = self._later(context)
        return self.commands.answer(
            lambda reads: decide(reads, later),
            context=later,
            render=render,
            idempotency=idempotency,
        )

    def cancel_pickup(
        self,
        return_id: str,
        context: Context,
        *,
        sees: Sees,
        render: Callable[[Return], Answer],
        idempotency: IdempotencyKey | None,
    ) -> Answer:
        """Give the booking back; raises Conflict `pickup_under_way` where it is too late."""
        live = self.commands.run_unless_answered(
            lambda reads: find_pickups(_Seen(reads, sees), return_id, context),
            context=context,
            idempotency=idempotency,
        )
        if isinstance(live, Answer):
            return live
        told = {shipment.shipment_id: self._void(shipment) for shipment in live}
        refusal = next((reason for reason in told.values() if reason is not None), None)
        if refusal is not None:
            message = "The carrier fetches the parcel already."
            raise Conflict("pickup_under_way", message, reason=refusal)
        later = self._later(context)
        return self.commands.answer(
            lambda reads: record_voids(reads, return_id, told, later),
            context=later,
            render=render,
            idempotency=idempotency,
        )

    def void_unneeded(self, return_id: str, context: Context) -> int:
        """Tell carriers of labels and pickups that are not needed; how many there were.

        Raises TransientError where one did not answer, once what others said is stored.
        """
        ret = self.commands.reads().return_(return_id)
        told: dict[str, str | None] = {}
        silent: TransientError | None = None
        for shipment in [] if ret is None else unneeded(ret):
            try:
                told[shipment.shipment_id] = self._void(shipment)
            except TransientError as error:
                silent = error
        if told:
            later = self._later(context)
            self.commands.run(
                lambda reads: record_voids(reads, return_id, told, later), context=later
            )
        if silent is not None:
            raise silent
        return len(told)

    def _label(self, carrier: Carrier, asked: Asked) -> "_Decide":
        outcome = self._made(carrier, asked)
        ids = asked.ret.return_id, asked.shipment.shipment_id
        if outcome.label is None:
            reason = outcome.reason or "refused"
            return lambda reads, later: record_refusal(reads, *ids, reason, "label.refused", later)
        label, key = outcome.label, self._kept(asked, outcome.label)
        return lambda reads, later: record_label(reads, *ids, label, key, later)

    def _made(self, carrier: Carrier, asked: Asked) -> LabelOutcome:
        """Asked twice where the first answer was lost: under the same key it is the same label."""
        assert asked.shipment.expires_at is not None, "a label is asked for until some day"
        request = LabelRequest(
            key=asked.shipment.shipment_id,
            reference=asked.ret.number,
            units=size_of(asked.shipment),
            expires_at=asked.shipment.expires_at,
            warehouse=asked.ret.warehouse,
            sender=asked.sender,
        )
        outcome = carrier.create_label(request, timeout_s=CARRIER_TIMEOUT_S)
        if outcome.answer is CarrierAnswer.UNKNOWN:
            outcome = carrier.create_label(request, timeout_s=CARRIER_TIMEOUT_S)
        if outcome.answer is CarrierAnswer.UNKNOWN:
            raise _silent(carrier, outcome.reason)
        return outcome

    def _kept(self, asked: Asked, label: Label) -> str:
        key = label_key(asked.ret.return_id, asked.shipment.shipment_id, label.media_type)
        self.files.write(key, label.content, content_type=label.media_type)
        return key

    def _booking(self, carrier: Carrier, asked: Asked, slot_id: str) -> "_Decide":
        outcome = self._booked(carrier, asked, slot_id)
        ids = asked.ret.return_id, asked.shipment.shipment_id
        if outcome.booking is None:
            reason = outcome.reason or "refused"
            return lambda reads, later: record_refusal(reads, *ids, reason, "pickup.refused", later)
        booking = outcome.booking
        return lambda reads, later: record_booking(reads, *ids, booking, later)

    def _booked(self, carrier: Carrier, asked: Asked, slot_id: str) -> BookingOutcome:
        request = PickupRequest(
            key=asked.shipment.shipment_id,
            slot_id=slot_id,
            reference=asked.ret.number,
            units=size_of(asked.shipment),
            warehouse=asked.ret.warehouse,
            sender=asked.sender,
        )
        outcome = carrier.book_pickup(request, timeout_s=CARRIER_TIMEOUT_S)
        if outcome.answer is CarrierAnswer.UNKNOWN:
            outcome = carrier.book_pickup(request, timeout_s=CARRIER_TIMEOUT_S)
        if outcome.answer is CarrierAnswer.UNKNOWN:
            raise _silent(carrier, outcome.reason)
        return outcome

    def _void(self, shipment: Shipment) -> str | None:
        """None: nothing will come of it any more; else why the carrier did not take it back."""
        carrier = self.carriers.get(shipment.carrier)
        if carrier is None:
            # Nobody is left who could be told; it is void here.
            return None
        outcome = carrier.void(shipment.shipment_id, timeout_s=CARRIER_TIMEOUT_S)
        if outcome.answer is CarrierAnswer.UNKNOWN:
            raise _silent(carrier, outcome.reason)
        if outcome.answer is CarrierAnswer.REFUSED:
            return outcome.reason or "refused"
        return None

    def _later(self, context: Context) -> Context:
        """The second half of a command: what was seen before it does not bind it."""
        return replace(
            context,
            now=max(context.now, self.clock()),
            command_id=f"{context.command_id}.outcome",
            expected_version=None,
        )


_Decide = Callable[[LabelReader, Context], Decided[Shipped]]


def _as_it_is(asked: Asked) -> _Decide:
    """What was decided before needs no carrier any more."""

    def decide(reads: LabelReader, _later: Context) -> Decided[Shipped]:
        ret = reads.return_(asked.ret.return_id)
        assert ret is not None, "returns do not vanish"
        shipment = shipment_of(ret, asked.shipment.shipment_id)
        return Decided(result=Shipped(ret=ret, shipment=shipment))

    return decide


def _silent(carrier: Carrier, reason: str | None) -> TransientError:
    return TransientError(
        "carrier_silent",
        f"{carrier.name} did not say what became of it; send the same request again.",
        retry_after_s=5,
        carrier=carrier.name,
        reason=reason,
    )
