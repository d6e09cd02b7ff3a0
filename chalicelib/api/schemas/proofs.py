"""Proofs of payments by hand: a form to upload one with, and where to look at them."""

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.contracts.fields import MomentOut, MoneyOut, Strict, View
from chalicelib.settlement.proofs import PROOF_BYTES_MAX


class ProofBody(Strict):
    """What will be uploaded; anything else is refused by the form."""

    content_type: Literal["application/pdf", "image/jpeg", "image/png"]
    size: Annotated[int, Field(ge=1, le=PROOF_BYTES_MAX)]


class ProofUploadView(View):
    """POST the file to `url` as multipart form: all `fields` first, then the file as `file`.

    `proof` is what `confirm` is told once the file is there.
    """

    proof: str
    url: str
    fields: dict[str, str]
    expires_at: MomentOut


class ProofView(View):
    """The file that a leg was confirmed by; `url` is short-lived."""

    proof: str
    payment_id: str
    amount: MoneyOut
    url: str


class ProofsView(View):
    items: tuple[ProofView, ...]
