"""What is read of reasons: the catalogue for who uses it, its amendments for who changes them."""

from typing import Protocol

from chalicelib.reasons.amendments import Amendments
from chalicelib.reasons.catalogue import Catalogue


class ReasonReader(Protocol):
    """Reads the catalogue as it stood some seconds ago at most: a request needs no more."""

    def reason_catalogue(self) -> Catalogue: ...


class AmendmentReader(Protocol):
    """Reads what the merchant made of the catalogue, consistently."""

    def reason_amendments(self) -> Amendments: ...
