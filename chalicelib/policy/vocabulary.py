"""What facts can be: the words of those with a fixed vocabulary, and the range of numbers.

A comparison with anything else is a slip of the pen; the linter says so, and reasons with the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib.core.money import CURRENCY_DIGITS
from chalicelib.returns.model import FaultParty, Method, Resolution, ReturnType

CLOSED: dict[str, tuple[str, ...]] = {
    "type": tuple(ReturnType),
    "method": tuple(Method),
    "resolution": tuple(Resolution),
    "fault": tuple(FaultParty),
}
"""Facts that our own code fills from an enumeration: they are one of these words, or not known."""

OFFERED: dict[str, tuple[str, ...]] = {
    **CLOSED,
    "stated_condition": ("unopened", "opened", "used"),
    "currency": tuple(sorted(CURRENCY_DIGITS)),
}
"""Facts of which a policy may name these words only."""

_COUNTRIES = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR"
    " BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ"
    " EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW"
    " GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY"
    " KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV"
    " MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY"
    " QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG"
    " TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM"
    " ZW"
)
COUNTRIES = frozenset(_COUNTRIES.split())
"""ISO 3166-1 alpha-2."""
MEANT_COUNTRY = {"UK": "GB", "EL": "GR"}
"""What is often written instead of the code."""


def is_country(word: str) -> bool:
    """A country's code, or one that the standard leaves to its users (XA to XZ)."""
    is_users = len(word) == 2 and word[0] == "X" and "A" <= word[1] <= "Z"
    return word in COUNTRIES or is_users


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """The numbers a fact can be; None: no limit on that side."""

    lowest: int | None = None
    highest: int | None = None

    def words(self) -> str:
        if self.highest is None:
            return f"{self.lowest} or more" if self.lowest is not None else "any whole number"
        return f"{self.lowest} to {self.highest}"


_MONTH, _COUNT = Range(lowest=1, highest=12), Range(lowest=0)
RANGES: dict[str, Range] = {
    "purchase_month": _MONTH,
    "request_month": _MONTH,
    "quantity": Range(lowest=1),
    "customer_returns_12m": _COUNT,
    "customer_returns_30d": _COUNT,
    "customer_return_rate": _COUNT,
    "customer_used_12m": _COUNT,
    "serial_mismatches_12m": _COUNT,
    "empty_boxes_12m": _COUNT,
}
"""Numbers not named here have no limit (a warranty that is over has negative days left)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Domains:
    """What the facts of one document can be; `numbers` adds what follows from its signals."""

    words: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: CLOSED)
    numbers: Mapping[str, Range] = field(default_factory=lambda: RANGES)
