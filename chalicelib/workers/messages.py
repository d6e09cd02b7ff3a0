"""The bodies of queue messages: ours are strict, those of AWS may hold more than we read."""

from typing import Annotated, Any
from urllib.parse import unquote_plus

from pydantic import BaseModel, ConfigDict, Field

from chalicelib.contracts.fields import Code, CorrelationId, Id, Strict
from chalicelib.contracts.scan import ScanMessage

__all__ = ["DeliveryMessage", "JobMessage", "ScanMessage", "StoredObject", "UploadNotification"]


class JobMessage(Strict):
    """Work on this job, from where it stands."""

    job_id: Id
    correlation_id: CorrelationId | None = None


class StockMoved(Strict):
    """Stock of this SKU in this warehouse is to be looked at."""

    warehouse: Id
    sku: Code


class DeliveryMessage(Strict):
    """One event to be told to the outside, in its CloudEvents form; or stock that moved."""

    # Any: the event is passed on as it is; what is inside was made by the domain.
    event: dict[str, Any] = Field(default_factory=dict)
    stock: StockMoved | None = None
    correlation_id: CorrelationId | None = None


class _Aws(BaseModel):
    """Messages of AWS grow new fields: only what is used is read."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, defer_build=True, hide_input_in_errors=True
    )


class _Bucket(_Aws):
    name: str


class _Object(_Aws):
    key: str
    size: int = 0
    e_tag: str = Field(default="", alias="eTag")
    sequencer: str = ""


class _S3(_Aws):
    bucket: _Bucket
    object: _Object


class StoredObject(_Aws):
    """One object that S3 says was created."""

    event_name: str = Field(alias="eventName")
    s3: _S3

    @property
    def bucket(self) -> str:
        return self.s3.bucket.name

    @property
    def key(self) -> str:
        """S3 encodes keys in notifications as a form would."""
        return unquote_plus(self.s3.object.key)

    @property
    def size(self) -> int:
        return self.s3.object.size


class UploadNotification(_Aws):
    """What S3 puts into the queue; its test message, sent once at set-up, has no records."""

    records: Annotated[tuple[StoredObject, ...], Field(alias="Records", max_length=1000)] = ()
