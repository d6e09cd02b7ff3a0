"""Names of things in EPCIS: URNs of EPCs, words of the CBV, places and documents. Pure.

Forms: GS1 EPC Tag Data Standard (pure identity URIs) and the Core Business Vocabulary 2.0. Digital
Links are read by the contract of barcodes.
"""

import re
from urllib.parse import quote, unquote

from chalicelib.core.gtins import DIGITS, check_digit
from chalicelib.epcis.model import Thing

WEB = "https://id.gs1.org"
OWN = "https://tuiku.dev"
OWN_PLACES = f"{OWN}/warehouses/"
"""Under this stand names that GS1 has no key for: our SKUs, warehouses without a GLN, returns."""
_GTIN_PAYLOAD = 13
_SSCC_PAYLOAD = 17
_GLN_PAYLOAD = 12
_WORD = re.compile(
    r"(?:urn:epcglobal:cbv:(?:bizstep|disp|btt):|https?://(?:ref\.gs1\.org/cbv|ns\.gs1\.org/voc)/|"
    r"(?:cbv|gs1):)?(?:BizStep-|Disp-|BTT-)?([A-Za-z_]+)"
)
_SGTIN = re.compile(r"urn:epc:id:sgtin:([0-9]+)\.([0-9]+)\.([^.\s]+)")
_SGTIN_CLASS = re.compile(r"urn:epc:idpat:sgtin:([0-9]+)\.([0-9]+)\.\*")
_LGTIN = re.compile(r"urn:epc:class:lgtin:([0-9]+)\.([0-9]+)\.([^.\s]+)")
_SSCC = re.compile(r"urn:epc:id:sscc:([0-9]+)\.([0-9]+)")
_HOST = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
"""Whose name it is: of no warehouse."""
_NO_PLACES = "urn:epc:"
"""Keys of GS1 that are of things, not of places."""
_SGLN = re.compile(r"urn:epc:id:sgln:([0-9]+)\.([0-9]*)(?:\.[^\s]*)?")
_GLN_LINK = re.compile(r"https?://[^/\s]+(?:/[^?\s]*)?/414/([0-9]{13})(?:/.*)?(?:\?.*)?")


def word(text: str) -> str | None:
    """`receiving` of any of the ways in which the CBV's words are written, or None."""
    found = _WORD.fullmatch(text)
    return found[1].lower() if found else None


def thing_of_urn(uri: str) -> Thing | None:
    """What a URN of an EPC names, or None for one that names no trade item and no box."""
    if found := _SGTIN.fullmatch(uri):
        gtin = _gtin(found[1], found[2])
        return None if gtin is None else Thing(uri=uri, gtin=gtin, serial=unquote(found[3]))
    if found := _LGTIN.fullmatch(uri):
        gtin = _gtin(found[1], found[2])
        return None if gtin is None else Thing(uri=uri, gtin=gtin, lot=unquote(found[3]))
    if found := _SGTIN_CLASS.fullmatch(uri):
        gtin = _gtin(found[1], found[2])
        return None if gtin is None else Thing(uri=uri, gtin=gtin)
    if found := _SSCC.fullmatch(uri):
        payload = f"{found[2][:1]}{found[1]}{found[2][1:]}"
        is_whole = len(payload) == _SSCC_PAYLOAD
        return Thing(uri=uri, sscc=f"{payload}{check_digit(payload)}") if is_whole else None
    return None


def _gtin(company: str, item: str) -> str | None:
    """The indicator digit stands before the item reference, and goes before the company's."""
    payload = f"{item[:1]}{company}{item[1:]}"
    if len(payload) != _GTIN_PAYLOAD:
        return None
    digits = f"{payload}{check_digit(payload)}"
    return shortest(digits)


def shortest(digits: str) -> str:
    """A GTIN of 14 digits with no more than it needs: 8, 12, 13 or 14."""
    bare = digits.lstrip("0")
    return digits[-next(size for size in (8, 12, 13, DIGITS) if len(bare) <= size) :]


def place_of(uri: str) -> str | None:
    """The name of a place: its GLN, or the last part of a URI."""
    if found := _SGLN.fullmatch(uri):
        payload = f"{found[1]}{found[2]}"
        return f"{payload}{check_digit(payload)}" if len(payload) == _GLN_PAYLOAD else None
    if found := _GLN_LINK.fullmatch(uri):
        return found[1]
    if uri[:8].lower().startswith(_NO_PLACES):
        return None
    return last_part(_HOST.sub("", uri))


def last_part(uri: str) -> str | None:
    """`WH-LON` of https://merchant.example/warehouses/WH-LON, and of a URN that ends so."""
    parts = [part for part in re.split(r"[/:]", re.split(r"[?#]", uri)[0]) if part]
    return unquote(parts[-1]) if parts else None


def place_uri(warehouse: str, gln: str | None) -> str:
    """A warehouse in answers: by its GLN where it has one."""
    if gln is not None:
        return f"{WEB}/414/{gln}"
    return f"{OWN_PLACES}{quote(warehouse, safe='')}"


def item_uri(
    gtin: str | None, sku: str, *, lot: str | None = None, serial: str | None = None
) -> str:
    """Goods in answers: a Digital Link where they have a GTIN, else our own name of the SKU."""
    base = f"{WEB}/01/{gtin.zfill(DIGITS)}" if gtin else f"{OWN}/goods/{quote(sku, safe='')}"
    lot_part = f"/10/{quote(lot, safe='')}" if lot else ""
    serial_part = f"/21/{quote(serial, safe='')}" if serial else ""
    return f"{base}{lot_part}{serial_part}"


def return_uri(number: str) -> str:
    return f"{OWN}/returns/{number}"
