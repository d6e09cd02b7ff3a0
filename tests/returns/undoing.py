"""People with names who resolve, undo and object; and the books, which agree after each act."""

from dataclasses import replace
from typing import Any

from chalicelib.core.events import Actor, Context
from chalicelib.core.money import Money
from chalicelib.inventory.model import Account, Movement
from chalicelib.liability.model import Liable
from chalicelib.reconciliation.model import Content, Fact, PostedEntry, Posting
from chalicelib.reconciliation.survey import Survey
from chalicelib.returns import (
    appealing,
    closing,
    losing,
    reinspecting,
    reopening,
    reporting,
    resolving,
    reversing,
    shipping_back,
)
from chalicelib.returns.exceptions import ExceptionKind, ResolutionKind, ReturnException
from chalicelib.returns.model import AppealAgainst, FaultParty, Return
from chalicelib.returns.rulings import ClaimAgainst, Resolve
from chalicelib.returns.scanning import Scan, ScanOutcome
from chalicelib.returns.selection import NamedQuantity
from chalicelib.store.audit import _RECORDS as AUDITED
from chalicelib.tasks.model import Task, TaskKind, task_id_for
from tests.builders import Shop
from tests.fakes import FakeStore
from tests.shipping.stories import outstanding

CARRIER = ClaimAgainst(against=Liable.CARRIER, party="dhl", evidence=("pho_1",))


def by(shop: Shop, who: str, version: int | None = None) -> Context:
    """The next command, given by this person."""
    return replace(shop.context(version=version), actor=Actor(id=who, role="support"))


def surplus(
    shop: Shop, ret: Return, quantity: int = 1, sku: str = "SKU-1", **more: Any
) -> ReturnException:
    """So many units out of a box of this return that no unit of it waits for."""
    return stray(shop, quantity=quantity, sku=sku, return_number=ret.number, **more)


def stray(shop: Shop, **more: Any) -> ReturnException:
    """A unit out of a box that names no return; `more` are fields of Scan."""
    (exception_id,) = scans(shop, **more).exception_ids
    found = shop.store.reads().exception(exception_id)
    assert found is not None, "what fits nothing becomes an exception"
    return found


def scans(shop: Shop, **more: Any) -> ScanOutcome:
    """`more` are fields of Scan, as is."""
    fields: dict[str, Any] = {"sku": "SKU-1", "quantity": 1} | more
    scan_id = f"scan-{next(shop.numbers)}"
    return shop.scans(
        Scan(scan_id=scan_id, device_id="d-1", seq=1, captured_at=shop.now, warehouse="A", **fields)
    )


def resolves(
    shop: Shop, exception: ReturnException, kind: ResolutionKind, *, who: str = "ann", **more: Any
) -> ReturnException:
    """`more` are fields of Resolve, as is."""
    command = Resolve(resolution=kind, **({"reason": "looked at it"} | more))
    return shop.do(
        lambda reads, context: resolving.resolve(reads, exception.exception_id, command, context),
        by(shop, who),
    )


def reports(
    shop: Shop, ret: Return, kind: ExceptionKind = ExceptionKind.EMPTY, **more: Any
) -> ReturnException:
    command = reporting.ReportException(kind=kind, **({"quantity": 1} | more))
    return shop.do(lambda reads, context: reporting.report(reads, ret.return_id, command, context))


def loses(shop: Shop, ret: Return) -> Return:
    """All that has not come is lost by our fault, and so paid."""
    command = losing.MarkLost(
        reason="LOST_IN_TRANSIT", fault=FaultParty.US, lines=outstanding(shop.now_is(ret))
    )
    return shop.do(lambda reads, context: losing.mark_lost(reads, ret.return_id, command, context))


def ships_back(
    shop: Shop, ret: Return, quantity: int = 1, line_no: str = "1", **more: Any
) -> Return:
    named = (NamedQuantity(line_no=line_no, quantity=quantity),)
    command = shipping_back.ShipBack(lines=named, **({"reason": "NOT_ACCEPTED"} | more))
    return shop.do(
        lambda reads, context: shipping_back.ship_back(reads, ret.return_id, command, context)
    )


def reinspects(shop: Shop, ret: Return, quantity: int | None = None, **more: Any) -> Return:
    """So many units of line 1, or all that may be looked at again."""
    named = None if quantity is None else (NamedQuantity(line_no="1", quantity=quantity),)
    command = reinspecting.Reinspect(lines=named, **({"reason": "WRONG_GRADE"} | more))
    return shop.do(
        lambda reads, context: reinspecting.reinspect(reads, ret.return_id, command, context)
    )


def reverses(shop: Shop, ret: Return, quantity: int | None = None, **more: Any) -> Return:
    """So many units of line 1, or all whose disposition can be taken back."""
    named = None if quantity is None else (NamedQuantity(line_no="1", quantity=quantity),)
    command = reversing.Reverse(lines=named, **({"reason": "BY_MISTAKE"} | more))
    return shop.do(
        lambda reads, context: reversing.reverse_disposition(reads, ret.return_id, command, context)
    )


def appeals(
    shop: Shop, ret: Return, against: AppealAgainst, *line_nos: str, who: str = "customer-1"
) -> Return:
    command = appealing.OpenAppeal(against=against, grounds="It was new.", line_nos=line_nos)
    return shop.do(
        lambda reads, context: appealing.appeal(reads, ret.return_id, command, context),
        by(shop, who),
    )


def decides(
    shop: Shop, ret: Return, *, uphold: bool, who: str = "judge", award: Money | None = None
) -> Return:
    """About the latest appeal of the return."""
    latest = shop.now_is(ret).appeals[-1].appeal_id
    command = appealing.DecideAppeal(is_upheld=uphold, answer="We looked again.", award=award)
    return shop.do(
        lambda reads, context: appealing.decide(reads, ret.return_id, latest, command, context),
        by(shop, who),
    )


def withdraws(shop: Shop, ret: Return, who: str = "customer-1") -> Return:
    latest = shop.now_is(ret).appeals[-1].appeal_id
    return shop.do(
        lambda reads, context: appealing.withdraw(reads, ret.return_id, latest, context),
        by(shop, who),
    )


def reopens(shop: Shop, ret: Return, *lines: NamedQuantity, **more: Any) -> Return:
    command = reopening.Reopen(lines=lines or None, **({"reason": "CUSTOMER_ASKED"} | more))
    return shop.do(lambda reads, context: reopening.reopen(reads, ret.return_id, command, context))


def closes(shop: Shop, ret: Return) -> Return:
    return shop.do(lambda reads, context: closing.close(reads, ret.return_id, context))


def task_of(shop: Shop, kind: TaskKind, subject: str, occasion: str) -> Task:
    found = shop.store.reads().task(task_id_for(kind, subject, occasion))
    assert found is not None, "the task was opened"
    return found


def now_is(shop: Shop, exception: ReturnException) -> ReturnException:
    """The exception as it is stored now."""
    stored = shop.store.reads().exception(exception.exception_id)
    assert stored is not None, "exceptions do not vanish"
    return stored


def told(shop: Shop, subject: str) -> list[str]:
    """The types of the events of an aggregate."""
    return [event.type for event in shop.store.reads().events(subject)]


def lying(shop: Shop, sku: str = "SKU-1") -> dict[Account, int]:
    """Where the units of a SKU are, whatever their lot; outside accounts and zeros left out."""
    found: dict[Account, int] = {}
    for balance in shop.store.reads().balances("A", [sku]):
        found[balance.account] = found.get(balance.account, 0) + balance.quantity
    outside = (Account.CUSTOMER, Account.ADJUSTMENT)
    return {account: n for account, n in found.items() if n and account not in outside}


def suspicions(shop: Shop) -> list[str]:
    """What a reconciliation of everything would look at again; nothing where all is well."""
    store = shop.store
    assert isinstance(store, FakeStore), "the books are read from memory"
    survey = Survey()
    for key in sorted(store.records, key=lambda key: (key.pk, key.sk)):
        content = _content(store.records[key])
        if content is not None:
            kind, _, own = key.pk.partition("#")
            survey.take(Fact(subject=f"{kind.lower()}/{own}", content=content))
    for balance in store.stock.values():
        survey.take(Fact(subject="stock", content=balance))
    survey.finish()
    places = [str(place) for place in survey.ledger.suspicious()]
    return [*sorted(survey.subjects), *sorted(survey.holds.suspicious()), *sorted(places)]


def _content(record: object) -> Content | None:
    if isinstance(record, Movement):
        entries = tuple(
            PostedEntry(
                warehouse=entry.warehouse,
                sku=entry.sku,
                lot=entry.lot,
                account=entry.account,
                quantity=entry.quantity,
                unit_cost=entry.unit_cost,
            )
            for entry in record.entries
        )
        return Posting(movement_id=record.movement_id, source=record.source, entries=entries)
    audited: Any = record  # One of the types that an audit reads, where it is among them.
    return audited if type(record) in AUDITED.values() else None
