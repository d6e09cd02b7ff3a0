"""The reads of each area of the business, imported when the first of them is asked for.

To whoever uses it, and to mypy, `Areas` has all of them. A process that reads returns and orders
does not import what suppliers, devices and counts are: that was a tenth of a cold start.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chalicelib.store.credit_reads import CreditReads
    from chalicelib.store.customer_reads import CustomerReads
    from chalicelib.store.delegation_reads import DelegationReads
    from chalicelib.store.device_reads import DeviceReads
    from chalicelib.store.inspection_reads import InspectionReads
    from chalicelib.store.ledger_reads import LedgerReads
    from chalicelib.store.note_reads import NoteReads
    from chalicelib.store.parcel_reads import ParcelReads
    from chalicelib.store.payment_reads import PaymentReads
    from chalicelib.store.policy_reads import PolicyReads
    from chalicelib.store.reason_reads import ReasonReads
    from chalicelib.store.stock_reads import StockReads
    from chalicelib.store.supplier_reads import SupplierReads
    from chalicelib.store.work_reads import WorkReads

    class Areas(
        ParcelReads,
        PaymentReads,
        PolicyReads,
        ReasonReads,
        CreditReads,
        CustomerReads,
        DelegationReads,
        DeviceReads,
        InspectionReads,
        WorkReads,
        SupplierReads,
        LedgerReads,
        NoteReads,
        StockReads,
    ):
        """Every area."""

else:

    class Areas:
        """Every area that was asked for so far."""

        def __getattr__(self, name: str) -> Any:
            setattr(Areas, name, member(name))
            return getattr(self, name)


# What most requests need comes first: looking for a read imports the areas before its own.
AREAS = (
    "policy", "reason", "customer", "payment", "credit", "delegation", "inspection", "work",
    "parcel", "stock", "note", "ledger", "supplier", "device",
)  # fmt: skip


def member(name: str) -> Any:
    """What the first area that has this name calls by it; raises AttributeError."""
    for area in AREAS:
        module = import_module(f"chalicelib.store.{area}_reads")
        for kind in getattr(module, f"{area.capitalize()}Reads").__mro__:
            found = vars(kind).get(name)
            # What is abstract there, `Reads` or another area has.
            if found is not None and not getattr(found, "__isabstractmethod__", False):
                return found
    raise AttributeError(f"no area of the store has {name}")
