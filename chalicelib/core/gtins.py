"""GTINs as one number, however many digits it was written with.

The same goods are a GTIN-13 on the carton, a GTIN-14 in a GS1 message and a GTIN-12 in an American
catalogue. Each is kept as it was stated; they are compared by their fourteen digits.
"""

DIGITS = 14


def same_gtin(one: str | None, other: str | None) -> bool:
    """Whether both are known and name the same goods."""
    return one is not None and other is not None and one.zfill(DIGITS) == other.zfill(DIGITS)


def check_digit(payload: str) -> str:
    """The digit that ends a GTIN, SSCC or GLN (GS1 General Specifications 7.9.1)."""
    weighted = sum(int(one) * (3, 1)[place % 2] for place, one in enumerate(reversed(payload)))
    return str(-weighted % 10)
