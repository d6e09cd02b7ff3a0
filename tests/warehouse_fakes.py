"""What the store in memory answers about the warehouse, put together."""

from tests.device_fakes import FakeDeviceReads
from tests.inspection_fakes import FakeInspectionReads
from tests.parcel_fakes import FakeParcelReads
from tests.stock_fakes import FakeStockReads
from tests.supplier_fakes import FakeSupplierReads
from tests.work_fakes import FakeWorkReads


class FakeWarehouseReads(
    FakeInspectionReads,
    FakeStockReads,
    FakeSupplierReads,
    FakeParcelReads,
    FakeDeviceReads,
    FakeWorkReads,
):
    """A part of FakeReads."""

    __slots__ = ()
