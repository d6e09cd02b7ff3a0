"""The desk of a shop: where its returns meet carriers that misbehave."""

from dataclasses import dataclass, field

from chalicelib.core.commands import Answer
from chalicelib.core.events import Context
from chalicelib.returns import ending
from chalicelib.returns.model import Return, Shipment, ShipmentState
from chalicelib.returns.shipping import Shipped
from chalicelib.shipping.desk import CarrierDesk
from chalicelib.shipping.labelling import AskLabel
from tests.builders import NOW, Shop, idempotency
from tests.fakes import Store
from tests.shipping.stories import FakeCarrier, KeptFiles, named


@dataclass(slots=True)
class Desk:
    """The desk of a shop, its carriers, and its files."""

    shop: Shop
    carrier: FakeCarrier = field(default_factory=FakeCarrier)
    other: FakeCarrier = field(default_factory=lambda: FakeCarrier(name="other", fetches=False))
    files: KeptFiles = field(default_factory=KeptFiles)

    def at_work(self, store: Store | None = None) -> CarrierDesk:
        carriers = {one.name: one for one in (self.carrier, self.other)}
        return CarrierDesk(
            commands=store or self.shop.store,
            carriers=carriers,
            files=self.files,
            clock=lambda: NOW,
        )

    def labels(
        self,
        ret: Return,
        *quantities: int,
        carrier: str = "sandbox",
        key: str | None = None,
        context: Context | None = None,
        store: Store | None = None,
    ) -> Answer:
        command = AskLabel(carrier=carrier, lines=named(*quantities) if quantities else None)
        return self.at_work(store).label(
            ret.return_id,
            command,
            context or self.shop.context(),
            sees=lambda _: True,
            render=said,
            idempotency=idempotency(key),
        )

    def books(
        self, ret: Return, slot_id: str, key: str | None = None, version: int | None = None
    ) -> Answer:
        return self.at_work().book(
            ret.return_id,
            slot_id,
            self.shop.context(version=version),
            sees=lambda _: True,
            render=said,
            idempotency=idempotency(key),
        )

    def unbooks(self, ret: Return, key: str | None = None) -> Answer:
        return self.at_work().cancel_pickup(
            ret.return_id,
            self.shop.context(),
            sees=lambda _: True,
            render=lambda after: Answer(status=200, body=f"v{after.version}".encode()),
            idempotency=idempotency(key),
        )

    def tidies(self, ret: Return) -> int:
        return self.at_work().void_unneeded(ret.return_id, self.shop.context())

    def shipments(self, ret: Return) -> tuple[Shipment, ...]:
        return self.shop.now_is(ret).shipments

    def states(self, ret: Return) -> list[ShipmentState]:
        return [one.state for one in self.shipments(ret)]


def said(shipped: Shipped) -> Answer:
    shipment = shipped.shipment
    return Answer(status=201, body=f"{shipment.state} {shipment.tracking_no}".encode())


def cancels(shop: Shop, ret: Return) -> None:
    command = ending.Cancel(reason="KEEPS_IT")
    shop.do(lambda reads, context: ending.cancel(reads, ret.return_id, command, context))
