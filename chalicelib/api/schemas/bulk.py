"""Many returns in one request, and what became of each."""

from typing import Annotated

from pydantic import Field

from chalicelib.api.schemas.problem import ProblemView
from chalicelib.api.schemas.returns import ReturnBody
from chalicelib.contracts.fields import Id, Note, Strict, View

BULK_MAX = 25
"""Each is a transaction of its own, and all have to fit into the time of one request."""
Version = Annotated[int, Field(ge=1, le=10**12)]


class BulkBody(Strict):
    """Requests that are made one by one, each for itself."""

    returns: Annotated[tuple[ReturnBody, ...], Field(min_length=1, max_length=BULK_MAX)]


class BulkApproval(Strict):
    """One return to approve whole; `version` is the one that was looked at, null means any."""

    id: Id
    version: Version | None = None


class BulkApproveBody(Strict):
    """Returns that are approved one by one, each for itself."""

    returns: Annotated[tuple[BulkApproval, ...], Field(min_length=1, max_length=BULK_MAX)]
    note: Note | None = None


class ReturnRef(View):
    id: str


class BulkResult(View):
    """What one request by itself would have been told: the return's id, or the problem."""

    index: int
    status: int
    id: str | None
    problem: ProblemView | None


class BulkView(View):
    """One result for each place, in order."""

    results: tuple[BulkResult, ...]
