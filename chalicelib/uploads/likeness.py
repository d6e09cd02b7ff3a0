"""Finding a picture that came before though it was saved again, cropped a little, or made brighter.

Such a change flips few of the 64 bits of a fingerprint. They are cut into four quarters of 16 bits:
of two prints that differ in at most LIKE_MAX = 6 bits, one quarter differs in at most one. So the
four quarters and their 16 neighbours each, 68 small records by their keys, hold every print alike,
however many photos there are. A record keeps the newest PRINTS_MAX prints, so that one of a very
common quarter stays small; older ones of it are found by their other quarters, or not any more.
"""

from collections.abc import Iterable
from dataclasses import replace

from chalicelib.uploads.model import PhotoBand, PhotoPrint

LIKE_MAX = 6
PRINTS_MAX = 50
_BANDS = 4
_BITS = 16
Place = tuple[int, str]
"""A quarter's number, and its four hex digits."""


def own_places(fingerprint: str) -> list[Place]:
    """Where a print is kept."""
    return [(band, fingerprint[band * 4 : band * 4 + 4]) for band in range(_BANDS)]


def places_alike(fingerprint: str) -> list[Place]:
    """Where every print alike is kept at least once."""
    found = []
    for band, value in own_places(fingerprint):
        number = int(value, 16)
        flipped = [number, *(number ^ 1 << bit for bit in range(_BITS))]
        found += [(band, f"{one:04x}") for one in flipped]
    return found


def distance(one: str, other: str) -> int:
    """In how many of 64 bits two fingerprints differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def nearest(
    fingerprint: str, known: Iterable[PhotoPrint], without_return: str
) -> PhotoPrint | None:
    """The print most alike that came with another return; of several the one that came first."""
    alike = [
        one
        for one in known
        if one.return_id != without_return and distance(fingerprint, one.fingerprint) <= LIKE_MAX
    ]
    if not alike:
        return None
    return min(alike, key=lambda one: (distance(fingerprint, one.fingerprint), one.first_used_at))


def kept_in(own: PhotoPrint, bands: Iterable[PhotoBand]) -> list[PhotoBand]:
    """The records in which a new print is kept, each with it."""
    known = {(band.band, band.value): band for band in bands}
    kept = []
    for place in own_places(own.fingerprint):
        band = known.get(place) or PhotoBand(band=place[0], value=place[1], version=0)
        prints = (*band.prints, own)[-PRINTS_MAX:]
        kept.append(replace(band, prints=prints, version=band.version + 1))
    return kept
