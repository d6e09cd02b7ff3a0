"""A supplier, goods of its that came back bad, and the commands that send them to it."""

from dataclasses import replace
from typing import Any

from chalicelib.core.events import Actor, Context
from chalicelib.returns.model import Disposition, FaultParty, Return
from chalicelib.suppliers import claiming, drafting, opening, registering, returning
from chalicelib.suppliers.claims import VendorClaim
from chalicelib.suppliers.documents import RtvDocument
from chalicelib.suppliers.drafting import DraftRtv, WantedUnits
from chalicelib.suppliers.model import Supplier, Terms
from chalicelib.suppliers.registering import StateSupplier
from chalicelib.tasks.model import Task, TaskKind, TaskState
from tests.builders import Shop, eur, failed, goes, item, line, order
from tests.fakes import FakeStore

ACME = "ACME"
AGREED = Terms(carrier="dhl", credit_share="0.80")


def states(shop: Shop, supplier_id: str = ACME, **more: Any) -> Supplier:
    """The supplier as it is from now on; `more` are fields of StateSupplier."""
    fields: dict[str, Any] = {"name": "Acme Ltd", "currency": "EUR", "terms": AGREED} | more
    command = StateSupplier(**fields)
    return shop.do(lambda reads, context: registering.state(reads, supplier_id, command, context))


def bad_goods(
    shop: Shop,
    order_no: str = "O-1",
    *,
    quantity: int = 2,
    supplier_id: str = ACME,
    disposition: Disposition = Disposition.RTV,
    **more: Any,
) -> Return:
    """A return whose units all failed by the maker's fault; `more` are fields of the order line."""
    sold = line(quantity=quantity, supplier_id=supplier_id, **more)
    shop.sells(order(sold, no=order_no))
    ret = shop.approves(shop.asks(order_no, quantity=quantity))
    shop.receives(ret, item(sold.sku, quantity))
    shop.inspects(ret, failed(quantity, fault=FaultParty.MAKER))
    return shop.disposes(ret, goes(disposition, quantity))


def drafts(shop: Shop, *returns: Return, **more: Any) -> RtvDocument:
    items = tuple(WantedUnits(return_id=ret.return_id) for ret in returns)
    command = DraftRtv(**({"warehouse": "A", "items": items} | more))
    return shop.do(lambda reads, context: drafting.draft(reads, ACME, command, context))


def sends(shop: Shop, rtv: RtvDocument, amount: int | None = None) -> RtvDocument:
    stated = eur(amount) if amount is not None else None
    return shop.do(lambda reads, context: returning.send(reads, rtv.rtv_id, stated, context))


def ships(shop: Shop, rtv: RtvDocument, tracking_no: str = "T-1") -> RtvDocument:
    command = returning.Ship(tracking_no=tracking_no)
    return shop.do(lambda reads, context: returning.ship(reads, rtv.rtv_id, command, context))


def sent_off(shop: Shop, *returns: Return) -> RtvDocument:
    """A document whose goods are with the supplier."""
    return ships(shop, sends(shop, drafts(shop, *returns)))


def credited(shop: Shop, rtv: RtvDocument, amount: int, reference: str = "CN-1") -> RtvDocument:
    command = claiming.Recover(amount=eur(amount), reference=reference)
    return shop.do(lambda reads, context: returning.credit(reads, rtv.rtv_id, command, context))


def recovers(
    shop: Shop, claim: VendorClaim, amount: int, reference: str = "CN-1", reason: str | None = None
) -> VendorClaim:
    command = claiming.Recover(amount=eur(amount), reference=reference, reason=reason)
    return shop.do(lambda reads, context: claiming.recover(reads, claim.claim_id, command, context))


def opens(shop: Shop, *units: opening.ClaimedLine, **more: Any) -> VendorClaim:
    command = opening.OpenClaim(units=units, **more)
    return shop.do(lambda reads, context: opening.open_claim(reads, ACME, command, context))


def told(shop: Shop, claim: VendorClaim) -> VendorClaim:
    """The claim, once the supplier got it."""
    return shop.do(lambda reads, context: claiming.send(reads, claim.claim_id, context))


def claim_of(shop: Shop, rtv: RtvDocument) -> VendorClaim:
    _, claim = shop.store.reads().rtv_and_claim(rtv.rtv_id)
    assert claim is not None, "what was sent has its claim"
    return claim


def now_is(shop: Shop, rtv: RtvDocument) -> RtvDocument:
    stored = shop.store.reads().rtv(rtv.rtv_id)
    assert stored is not None, "documents do not vanish"
    return stored


def decided_on(version: int, shop: Shop) -> Context:
    """A context of who looked at this version."""
    return replace(shop.context(), expected_version=version)


def events_of(shop: Shop, subject: str) -> list[str]:
    return [event.type for event in shop.store.reads().events(subject)]


def does(shop: Shop, command: Any, *arguments: Any, role: str = "finance") -> Any:
    context = replace(shop.context(), actor=Actor(id=f"{role}-1", role=role))
    return shop.do(lambda reads, own: command(reads, *arguments, own), context)


def open_tasks(shop: Shop) -> list[Task]:
    assert isinstance(shop.store, FakeStore)
    return [
        one
        for one in shop.store.records.values()
        if isinstance(one, Task)
        and one.kind is TaskKind.VENDOR_CLAIM
        and one.state is not TaskState.DONE
    ]
