"""What a scanned text says: GS1 element strings and Digital Links, EAN and UPC, our return numbers.

The rules of the application identifiers are the library's; what is asked of a whole barcode is
said here. Whatever the text is, the answer is a Barcode or a BarcodeFault.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from chalicelib.contracts.fields import QUANTITY_MAX
from chalicelib.core.ids import is_return_number

if TYPE_CHECKING:
    from biip.gs1_element_strings import GS1ElementString

FNC1 = "\x1d"
LENGTH_MAX = 2000
ELEMENTS_MAX = 60
_OTHERS = re.compile(r"[^\x20-\x7e\x1d]")
_DIGITS = re.compile(r"[0-9]+")
_NUMBER = re.compile(r"[Rr][0-9A-Za-z]{11}")
_BRACKETED = re.compile(r"\(([0-9]{2,4})\)")
_COMPRESSED = re.compile(r"[A-Za-z0-9_-]{10,}")
_GTIN_LENGTHS = (8, 12, 13, 14)
_SSCC_LENGTH = 18
# ISO/IEC 15424 names of symbologies, as scanners send them before the text: those whose data are
# GS1 element strings, those that hold a trade item number (and how many digits of it), and those
# that need a second symbol to be read.
_ELEMENT_SYMBOLOGIES = frozenset({"C1", "e0", "d2", "Q3", "J1"})
_ITEM_SYMBOLOGIES = {"E0": 13, "E3": 13, "E4": 8, "I1": 14}
_PARTIAL_SYMBOLOGIES = frozenset({"E1", "E2", "e1", "e2"})


class BarcodeFault(ValueError):
    """The text is no barcode that we can go by; `code` is stable, the message is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Barcode:
    """What the text says. A GTIN has no more digits than it needs; `expiry` is its last good day.

    `expiry` is the expiry date (17) or else the date best before (15). With a `quantity`, the text
    is of a box: so many (37) of the GTIN (02) are in it.
    """

    raw: str
    gtin: str | None = None
    lot: str | None = None
    serial: str | None = None
    expiry: date | None = None
    sscc: str | None = None
    return_number: str | None = None
    quantity: int | None = None


@lru_cache(maxsize=256)
def read(text: str) -> Barcode:
    """The barcode of a text as a scanner sends it, or as people write one with brackets.

    Raises BarcodeFault, and nothing else.
    """
    if len(text) > LENGTH_MAX:
        raise BarcodeFault("barcode_too_long", f"A barcode has at most {LENGTH_MAX} signs.")
    text = text.strip(" \t\r\n")
    if not text:
        raise BarcodeFault("barcode_empty", "The barcode is empty.")
    if _OTHERS.search(text):
        raise BarcodeFault("barcode_characters", "The barcode has signs that no GS1 code has.")
    if not text.startswith("]"):
        return _plain(text, text)
    symbology, data = text[1:3], text[3:]
    if len(symbology) < 2 or not symbology[0].isalpha() or symbology in _PARTIAL_SYMBOLOGIES:
        raise BarcodeFault("barcode_symbology", "Symbols of this kind are not read.")
    if symbology in _ITEM_SYMBOLOGIES:
        return _item(data, text, _ITEM_SYMBOLOGIES[symbology])
    if symbology in _ELEMENT_SYMBOLOGIES and not _is_link(data):
        return _said(_elements(data), text)
    return _plain(data, text)


def _plain(data: str, raw: str) -> Barcode:
    """A text whose symbology is not told: what it looks like decides, and is then held to it."""
    if _is_link(data):
        return _said(_link_elements(data), raw)
    if data.startswith("("):
        return _said(_bracketed(data), raw)
    if _NUMBER.fullmatch(data):
        return _return_number(data, raw)
    if _DIGITS.fullmatch(data):
        # No other reading of so many digits: that would let a wrong check digit pass.
        if len(data) in _GTIN_LENGTHS:
            return Barcode(raw=raw, gtin=_gtin_8_or_upc_e(data) if len(data) == 8 else _gtin(data))
        if len(data) == _SSCC_LENGTH:
            return Barcode(raw=raw, sscc=_sscc(data))
    if not data.lstrip(FNC1)[:1].isdigit():
        raise BarcodeFault("barcode_not_gs1", "This is neither a GS1 code nor a return number.")
    return _said(_elements(data), raw)


def _is_link(data: str) -> bool:
    return data[:8].lower().startswith(("http://", "https://"))


def _return_number(data: str, raw: str) -> Barcode:
    number = data.upper()
    if not is_return_number(number):
        raise _wrong_check("return number")
    return Barcode(raw=raw, return_number=number)


def _item(data: str, raw: str, length: int) -> Barcode:
    """EAN, UPC or ITF-14 by its symbology; a supplement behind an EAN-13 is no part of it."""
    if length == 13 and len(data) in (12, 15, 18):
        data = data[: 12 if len(data) == 12 else 13]
    if not _DIGITS.fullmatch(data) or len(data) not in (12, length):
        raise BarcodeFault("barcode_value", f"Such a symbol has {length} digits.")
    return Barcode(raw=raw, gtin=_gtin(data))


def _gtin(digits: str) -> str:
    """With no more digits than it needs: 8, 12, 13 or 14."""
    from biip import ParseError  # noqa: PLC0415 - takes a tenth of a second, few requests need it
    from biip.gtin import Gtin  # noqa: PLC0415

    try:
        found = Gtin.parse(digits)
    except ParseError:
        raise _wrong_check("GTIN") from None
    return f"{found.payload}{found.check_digit}"


def _gtin_8_or_upc_e(digits: str) -> str:
    """Eight digits are one or the other by their check digit; where it fits both, nobody knows."""
    from biip import ParseError  # noqa: PLC0415 - as above
    from biip.upc import Upc  # noqa: PLC0415

    try:
        expanded = Upc.parse(digits).as_upc_a()
    except ParseError:
        return _gtin(digits)
    try:
        short = _gtin(digits)
    except BarcodeFault:
        return _gtin(expanded)
    raise BarcodeFault(
        "barcode_ambiguous", f"This is GTIN {short} or UPC-E of {expanded}: say which one it is."
    )


def _sscc(digits: str) -> str:
    from biip import ParseError  # noqa: PLC0415 - as above
    from biip.sscc import Sscc  # noqa: PLC0415

    try:
        return Sscc.parse(digits).value
    except ParseError:
        raise _wrong_check("SSCC") from None


def _elements(data: str) -> Iterator["GS1ElementString"]:
    """A GS1 message, element by element; FNC1 ends what has no fixed length."""
    rest = data.lstrip(FNC1)
    while rest:
        end = rest.find(FNC1)
        element = _element(rest if end < 0 else rest[:end], is_whole=False)
        rest = rest[len(element) :]
        if element.ai.separator_required and rest and not rest.startswith(FNC1):
            raise _wrong_value(element.ai.ai)
        rest = rest.lstrip(FNC1)
        yield element


def _bracketed(data: str) -> Iterator["GS1ElementString"]:
    """As printed below a symbol: (01)09501101530003(21)A1."""
    before, *parts = _BRACKETED.split(data)
    if before or not parts:
        raise BarcodeFault("barcode_not_gs1", "No application identifier stands in brackets.")
    for ai, value in zip(parts[::2], parts[1::2], strict=True):
        element = _element(f"{ai}{value.strip(' ')}", is_whole=True)
        if element.ai.ai != ai:
            raise _unknown_ai(ai)
        yield element


def _link_elements(data: str) -> Sequence["GS1ElementString"]:
    """A GS1 Digital Link of any domain."""
    from biip import ParseError  # noqa: PLC0415 - as above
    from biip.gs1_application_identifiers import GS1ApplicationIdentifier  # noqa: PLC0415
    from biip.gs1_digital_link_uris import GS1DigitalLinkURI  # noqa: PLC0415

    try:
        address = urlsplit(data)
        asked = parse_qsl(address.query, max_num_fields=ELEMENTS_MAX)
    except ValueError:
        raise BarcodeFault("barcode_not_gs1", "This is no address.") from None
    # The library takes the last of several values; two that differ name two things.
    if len({name for name, _ in asked}) != len(set(asked)):
        raise _contradiction("a parameter of the link")
    for name, _ in asked:
        if _DIGITS.fullmatch(name):
            try:
                known = GS1ApplicationIdentifier.extract(name).ai == name
            except ParseError:
                known = False
            if not known:
                raise _unknown_ai(name)
    try:
        return GS1DigitalLinkURI.parse(data).element_strings
    except ParseError as error:
        raise _link_fault(address.path, str(error)) from None
    except ValueError:
        raise BarcodeFault("barcode_not_gs1", "This is no address.") from None


def _link_fault(path: str, said: str) -> BarcodeFault:
    *_, last = path.rstrip("/").split("/")
    is_odd = "primary identifier" in said or "even number" in said
    if is_odd and _COMPRESSED.fullmatch(last) and not last.isdigit():
        return BarcodeFault(
            "barcode_compressed",
            "No Digital Link that can be read: a compressed one is to be expanded first.",
        )
    if is_odd or "qualifier" in said:
        return BarcodeFault("barcode_not_gs1", "This address is no GS1 Digital Link.")
    return BarcodeFault("barcode_value", "A value of the Digital Link does not fit its identifier.")


def _element(data: str, *, is_whole: bool) -> "GS1ElementString":
    """The first element of a message, or the only one."""
    from biip import ParseError  # noqa: PLC0415 - as above
    from biip.gs1_application_identifiers import GS1ApplicationIdentifier  # noqa: PLC0415
    from biip.gs1_element_strings import GS1ElementString  # noqa: PLC0415

    try:
        ai = GS1ApplicationIdentifier.extract(data[:4]).ai
    except ParseError:
        raise _unknown_ai(data[:4]) from None
    try:
        read_one = GS1ElementString.parse if is_whole else GS1ElementString.extract
        return read_one(data)
    except (ParseError, ValueError):
        raise _wrong_value(ai) from None


def _said(
    elements: Sequence["GS1ElementString"] | Iterator["GS1ElementString"], raw: str
) -> Barcode:
    """What the elements say together; each identifier says one thing."""
    found: dict[str, GS1ElementString] = {}
    for place, element in enumerate(elements):
        ai = element.ai.ai
        if place >= ELEMENTS_MAX:
            raise BarcodeFault("barcode_too_long", f"At most {ELEMENTS_MAX} elements are read.")
        if not element.value:
            raise _wrong_value(ai)
        if ai in found and found[ai].value != element.value:
            raise _contradiction(f"({ai})")
        if element.gtin_error or element.sscc_error or element.gln_error:
            raise _wrong_check(f"value of ({ai})")
        found[ai] = element
    if "01" in found and "02" in found:
        raise _contradiction("(01) and (02)")
    ends = found.get("17") or found.get("15")
    goods = found.get("01") or found.get("02")
    said = Barcode(
        raw=raw,
        gtin=_gtin(goods.value) if goods is not None else None,
        lot=found["10"].value if "10" in found else None,
        serial=found["21"].value if "21" in found else None,
        expiry=ends.date if ends is not None else None,
        sscc=found["00"].value if "00" in found else None,
        quantity=_count(found),
    )
    if said == Barcode(raw=raw):
        raise BarcodeFault(
            "barcode_says_nothing", "It names neither goods nor a lot, a serial, a day or a box."
        )
    return said


def _count(found: Mapping[str, "GS1ElementString"]) -> int | None:
    """How many goods are in the box: (02) and (37) mean nothing without each other.

    A count beside a trade item (01) would be let by as one unit of it, so it is refused, too.
    """
    if ("02" in found) != ("37" in found):
        raise BarcodeFault(
            "barcode_contents", "Goods in a box (02) and how many there are (37) stand together."
        )
    if "37" not in found:
        return None
    count = int(found["37"].value)
    if not 1 <= count <= QUANTITY_MAX:
        raise _wrong_value("37")
    return count


def _wrong_check(what: str) -> BarcodeFault:
    return BarcodeFault("barcode_check_digit", f"The check digit of the {what} does not fit.")


def _wrong_value(ai: str) -> BarcodeFault:
    return BarcodeFault("barcode_value", f"The value of ({ai}) does not fit its identifier.")


def _unknown_ai(ai: str) -> BarcodeFault:
    shown = "".join(sign for sign in ai if sign.isalnum())
    return BarcodeFault("barcode_unknown_ai", f"No application identifier begins {shown!r}.")


def _contradiction(what: str) -> BarcodeFault:
    return BarcodeFault("barcode_contradicts", f"The barcode contradicts itself: {what}.")
