"""Files that prove that a person paid: where they lie, and which settlement they are of.

Pure. A proof is named by the key of its file; any other words are a reference to a paper that is
kept elsewhere.
"""

from dataclasses import dataclass

from chalicelib.core.errors import Invalid
from chalicelib.core.ids import derived_id
from chalicelib.core.money import Money
from chalicelib.settlement.model import LegState, Settlement

PROOF_BYTES_MAX = 10 * 1024 * 1024
ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}
"""What a proof may be, and how its name ends."""
_PLACE = "proofs/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The file by which a leg was confirmed."""

    key: str
    payment_id: str
    amount: Money

    @property
    def file_name(self) -> str:
        return self.key.rpartition("/")[2]


def proof_key(settlement_id: str, command_id: str, content_type: str) -> str:
    """Where this command's file goes: the same for the same command, and never another's."""
    own = derived_id("prf", settlement_id, command_id)
    return f"{_PLACE}{settlement_id}/{own}.{ENDINGS[content_type]}"


def is_file(proof: str) -> bool:
    """Whether it names a file and not a paper that is kept elsewhere."""
    return proof.startswith(_PLACE)


def require_own(settlement_id: str, proof: str) -> None:
    """Raises Invalid `proof_not_found` for a file that cannot be of this settlement."""
    if not proof.startswith(f"{_PLACE}{settlement_id}/"):
        raise proof_not_found()


def proof_not_found() -> Invalid:
    return Invalid("proof_not_found", "No such proof was uploaded for this settlement.")


def proofs_of(settlement: Settlement) -> list[Proof]:
    """The files by which legs of a settlement were confirmed."""
    return [
        Proof(key=leg.reference, payment_id=leg.payment_id, amount=leg.amount)
        for leg in settlement.legs
        if leg.state is LegState.PAID and leg.reference is not None and is_file(leg.reference)
    ]
