"""What follows when nothing happens about a claim or a draft: somebody is told.

Pure. What is due is decided on what is stored now, so a list that lags behind, or a run that comes
twice, changes nothing.
"""

from enum import StrEnum

from chalicelib.core.commands import Decided
from chalicelib.core.events import Context
from chalicelib.suppliers import claiming, returning
from chalicelib.suppliers.claims import GOING_ON
from chalicelib.suppliers.ports import VendorReader


class Outcome(StrEnum):
    """What became of what was due. UNCHANGED: it is due no more, or not yet."""

    REMINDED = "vendor_claim_reminded"
    UNCHANGED = "vendor_claim_unchanged"


def chase(reads: VendorReader, subject: str, context: Context) -> Decided[Outcome]:
    """Do what is due about `vendorclaim/<id>` or `rtv/<id>` now, if anything is."""
    kind, _, own = subject.partition("/")
    if kind == "rtv":
        rtv = reads.rtv(own)
        if rtv is None or rtv.remind_at is None or rtv.remind_at > context.now:
            return Decided(result=Outcome.UNCHANGED)
        return Decided(result=Outcome.REMINDED, changes=returning.remind(rtv, context).changes)
    claim = reads.vendor_claim(own)
    if claim is None or claim.state not in GOING_ON:
        return Decided(result=Outcome.UNCHANGED)
    if claim.remind_at is None or claim.remind_at > context.now:
        return Decided(result=Outcome.UNCHANGED)
    done = claiming.remind(reads, claim, context)
    return Decided(result=Outcome.REMINDED, changes=done.changes)
