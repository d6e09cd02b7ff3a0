"""Registering an order and its deliveries: what a shop or ERP says was sold, shipped and paid.

The same order may be sent again at any time; only what is new has an effect. What returns hang on
is orders.fixed's business. Kits are told as one and kept with their parts.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from chalicelib.core.clock import rfc3339
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, Invalid, NotFound, Stale
from chalicelib.core.events import Context, Journal, Json
from chalicelib.core.ids import derived_id
from chalicelib.inventory.model import Account, Movement, MovementKind, Transfer, entries_for
from chalicelib.orders import kits
from chalicelib.orders.fixed import (
    keep_reservations,
    merged_payments,
    refuse_what_returns_hang_on,
)
from chalicelib.orders.model import Contact, Delivery, LineKind, Order
from chalicelib.orders.payment_lookup import PaymentReader, payment_lookups
from chalicelib.orders.terms_of_sale import TermsOfSale, TermsReader, version_of_sale
from chalicelib.orders.validation import order_faults, told_faults


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactData:
    """Personal data as sent with an order; kept apart from it."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterOrder:
    """The order as its owner states it now; deliveries that are not named stay as they are.

    `terms` decide the version that is recorded; None: the one that the order names.
    """

    order: Order
    contact: ContactData | None = None
    terms: TermsOfSale | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """The order as stored, and whether this command created or changed it."""

    order: Order
    created: bool
    changed: bool


class OrderReader(TermsReader, PaymentReader, Protocol):
    """Reads orders and contacts, consistently."""

    def order(self, order_no: str) -> Order | None: ...

    def order_and_contact(
        self, order_no: str, contact_id: str
    ) -> tuple[Order | None, Contact | None]: ...


def register(reads: OrderReader, command: RegisterOrder, context: Context) -> Decided[Registered]:
    """Create or update an order. Raises Invalid with every bad field, or Conflict."""
    told = command.order
    contact_id = derived_id("con", told.order_no)
    known, contact = reads.order_and_contact(told.order_no, contact_id)
    terms = command.terms or TermsOfSale(version=told.policy_version)
    told = replace(told, policy_version=version_of_sale(reads, terms, told.placed_at, known))
    undivided = kits.undivided(known)
    faults = told_faults(told, undivided)
    if faults:
        raise Invalid("invalid_order", "The order does not add up.", errors=faults)
    told = kits.exploded(told, undivided)
    _check_version(known, context)
    if command.contact is not None or contact is not None:
        told = replace(told, contact_ref=contact_id)
    contact_records = _contact_records(contact_id, command, contact)
    if known is None:
        decided = _create(told, contact_records, context)
    else:
        decided = _update(known, told, contact_records, context)
    lookups = payment_lookups(reads, known, decided.result.order)
    changes = replace(decided.changes, records=(*decided.changes.records, *lookups))
    return replace(decided, changes=changes)


def deliver(
    reads: OrderReader, order_no: str, delivery: Delivery, context: Context
) -> Decided[Registered]:
    """Post one outbound delivery; the same delivery again changes nothing."""
    known = reads.order(order_no)
    if known is None:
        raise NotFound("order_not_found", f"There is no order {order_no}.")
    _check_version(known, context)
    delivery = kits.delivered_parts(known, delivery)
    told = replace(known, deliveries=_merged_deliveries(known, (delivery,)))
    faults = order_faults(told)
    if faults:
        raise Invalid("invalid_delivery", "The delivery does not fit the order.", errors=faults)
    return _update(known, replace(told, deliveries=(delivery,)), (), context)


def _create(
    told: Order, contact_records: tuple[Record, ...], context: Context
) -> Decided[Registered]:
    journal = Journal(told.subject, told.chain, context)
    stored = replace(told, created_at=context.now, updated_at=context.now, version=1)
    journal.record("order.registered", _facts(stored))
    movements = _post(stored, stored.deliveries, context, journal)
    order = replace(stored, chain=journal.chain)
    return Decided(
        result=Registered(order=order, created=True, changed=True),
        changes=Changes(
            records=(order, *contact_records, *movements), events=tuple(journal.events)
        ),
    )


def _update(
    known: Order, told: Order, contact_records: tuple[Record, ...], context: Context
) -> Decided[Registered]:
    deliveries = _merged_deliveries(known, told.deliveries)
    merged = replace(
        told,
        lines=tuple(keep_reservations(known, line) for line in told.lines),
        payments=merged_payments(known, told.payments),
        given=known.given,
        deliveries=deliveries,
        contact_ref=told.contact_ref or known.contact_ref,
        created_at=known.created_at,
        updated_at=known.updated_at,
        version=known.version,
        chain=known.chain,
    )
    if merged == known:
        changed = bool(contact_records)
        return Decided(
            result=Registered(order=known, created=False, changed=changed),
            changes=Changes(records=contact_records),
        )
    faults = order_faults(merged)
    if faults:
        raise Invalid("invalid_order", "It does not fit what was delivered.", errors=faults)
    if merged.policy_version != known.policy_version:
        raise Conflict(
            "policy_version_fixed",
            f"The order was sold under {known.policy_version}; that does not change.",
            policy_version=known.policy_version,
        )
    refuse_what_returns_hang_on(known, merged)
    journal = Journal(known.subject, known.chain, context)
    fresh = deliveries[len(known.deliveries) :]
    is_updated = replace(merged, deliveries=deliveries[: len(known.deliveries)]) != known
    stored = replace(merged, updated_at=context.now, version=known.version + 1)
    if is_updated:
        journal.record("order.updated", _facts(stored))
    movements = _post(stored, fresh, context, journal)
    order = replace(stored, chain=journal.chain)
    return Decided(
        result=Registered(order=order, created=False, changed=True),
        changes=Changes(
            records=(order, *contact_records, *movements), events=tuple(journal.events)
        ),
    )


def _check_version(known: Order | None, context: Context) -> None:
    if context.expected_version is None:
        return
    present = known.version if known else 0
    if present != context.expected_version:
        raise Stale(
            "stale_version",
            f"The order is at version {present}, not {context.expected_version}.",
            subject=known.subject if known else None,
            expected=context.expected_version,
            actual=present,
        )


def _contact_records(
    contact_id: str, command: RegisterOrder, known: Contact | None
) -> tuple[Record, ...]:
    if command.contact is None:
        return ()
    told = command.contact
    contact = Contact(
        contact_id=contact_id,
        customer_id=command.order.customer_id,
        name=told.name,
        email=told.email,
        phone=told.phone,
        address=told.address,
        version=known.version if known else 0,
    )
    if contact == known:
        return ()
    return (replace(contact, version=contact.version + 1),)


def _merged_deliveries(known: Order, told: Iterable[Delivery]) -> tuple[Delivery, ...]:
    """The known deliveries, then the new ones; a known one may only gain its delivery date."""
    merged = {delivery.delivery_no: delivery for delivery in known.deliveries}
    for delivery in told:
        before = merged.get(delivery.delivery_no)
        if before is not None and replace(before, delivered_at=None) != replace(
            delivery, delivered_at=None
        ):
            raise Conflict(
                "delivery_already_posted",
                f"Delivery {delivery.delivery_no} is posted with other content.",
                delivery_no=delivery.delivery_no,
            )
        if before is not None and delivery.delivered_at is None:
            continue
        merged[delivery.delivery_no] = delivery
    return tuple(merged.values())


def _post(
    order: Order, deliveries: Iterable[Delivery], context: Context, journal: Journal
) -> tuple[Movement, ...]:
    """available → customer for the goods of each new delivery, with its event."""
    movements = []
    for delivery in deliveries:
        transfers = _transfers(order, delivery)
        movement_id = None
        if transfers:
            movement_id = derived_id("mov", context.command_id, delivery.delivery_no)
            movements.append(
                Movement(
                    movement_id=movement_id,
                    kind=MovementKind.DELIVERY,
                    source=order.subject,
                    entries=entries_for(transfers),
                    posted_at=context.now,
                    actor=context.actor,
                    command_id=context.command_id,
                )
            )
        journal.record("order.delivered", _delivery_facts(order, delivery, movement_id))
    return tuple(movements)


def _transfers(order: Order, delivery: Delivery) -> list[Transfer]:
    """One transfer per SKU and lot, so that each balance changes once."""
    together: dict[tuple[str, str | None], Transfer] = {}
    for item in delivery.items:
        line = order.line(item.line_no)
        assert line is not None, "faults were refused before"
        if line.kind is not LineKind.GOODS:
            continue
        before = together.get((line.sku, item.lot))
        together[line.sku, item.lot] = Transfer(
            warehouse=delivery.warehouse,
            sku=line.sku,
            lot=item.lot,
            quantity=item.quantity + (before.quantity if before else 0),
            origin=Account.AVAILABLE,
            target=Account.CUSTOMER,
            unit_cost=line.unit_cost,
            serials=item.serials + (before.serials if before else ()),
        )
    return list(together.values())


def _facts(order: Order) -> dict[str, Json]:
    return {
        "order_no": order.order_no,
        "version": order.version,
        "customer_id": order.customer_id,
        "contact_ref": order.contact_ref,
        "currency": order.currency,
        "channel": order.channel,
        "region": order.region,
        "policy_version": order.policy_version,
        "placed_at": rfc3339(order.placed_at),
        "lines": [
            {
                "line_no": line.line_no,
                "sku": line.sku,
                "quantity": line.quantity,
                "kit_of": line.kit_of,
            }
            for line in order.lines
        ],
    }


def _delivery_facts(order: Order, delivery: Delivery, movement_id: str | None) -> dict[str, Json]:
    lines = {line.line_no: line for line in order.lines}
    return {
        "order_no": order.order_no,
        "version": order.version,
        "delivery_no": delivery.delivery_no,
        "warehouse": delivery.warehouse,
        "shipped_at": rfc3339(delivery.shipped_at),
        "delivered_at": rfc3339(delivery.delivered_at) if delivery.delivered_at else None,
        "movement_id": movement_id,
        "items": [
            {
                "line_no": item.line_no,
                "sku": lines[item.line_no].sku,
                "category": lines[item.line_no].category,
                "supplier_id": lines[item.line_no].supplier_id,
                "quantity": item.quantity,
                "lot": item.lot,
            }
            for item in delivery.items
        ],
    }
