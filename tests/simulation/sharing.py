"""How what was paid for a whole is shared by its parts, in fractions and halves to even."""

from fractions import Fraction


def share_of(total: int, ordinal: int, count: int) -> int:
    """The part of a total that falls to one of so many equal units: r(t·i/n) − r(t·(i−1)/n)."""
    return round(Fraction(total * ordinal, count)) - round(Fraction(total * (ordinal - 1), count))


def shares(total: int, weights: list[int]) -> list[int]:
    """A total split by weights, in the same way."""
    whole, before = sum(weights), 0
    parts = []
    for weight in weights:
        after = before + weight
        parts.append(
            round(Fraction(total * after, whole)) - round(Fraction(total * before, whole))
            if whole
            else 0
        )
        before = after
    return parts


def floors(total: int, weights: list[int]) -> list[int]:
    """A total that falls on parts by what each is worth, in floors of the running sum."""
    whole, worth, given = sum(weights), 0, 0
    parts = []
    for place, weight in enumerate(weights, 1):
        worth += weight
        upto = total * worth // whole if whole else total * place // len(weights)
        parts.append(upto - given)
        given = upto
    return parts
