"""What a client is told at once about a photo that people could do little with.

A hint never rejects: a blurred photo of a broken cup is still a photo of a broken cup. The
thresholds were found on pictures of known blur and brightness (docs/photos.md).
"""

from dataclasses import dataclass
from enum import StrEnum

SHARPNESS_MIN = 20
"""Sharp pictures have 140 and more in their sharpest part, blurred by 1 in 1,000 of a side 10 to 70
(of labels), by 2 in 1,000 less than 15."""
MEAN_MIN, MEAN_MAX = 35, 240
"""Of 255 shades of grey. A plain scene has 120 to 200."""
CLIPPED_MAX = 85
"""Percent of a picture. Goods on a white ground leave a quarter of it that is not."""
SHORT_SIDE_MIN = 480
"""Pixels, of what was uploaded. A scratch of 2 mm on a thing of 30 cm has three of them then."""


class Hint(StrEnum):
    BLURRED = "blurred"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    TOO_SMALL = "too_small"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was measured. `width` and `height` as uploaded; `mean` grey of 255; shares in percent.

    `sharpness` is the variance of the Laplacian in the sharpest of sixteen parts.
    """

    width: int
    height: int
    sharpness: int
    mean: int
    dark_share: int
    bright_share: int


def hints_of(look: Look) -> tuple[Hint, ...]:
    """What to tell. Nothing can be said of the sharpness of what is dark or bright all over."""
    found = []
    is_dark = look.mean < MEAN_MIN or look.dark_share > CLIPPED_MAX
    is_bright = look.mean > MEAN_MAX or look.bright_share > CLIPPED_MAX
    if look.sharpness < SHARPNESS_MIN and not (is_dark or is_bright):
        found.append(Hint.BLURRED)
    if is_dark:
        found.append(Hint.TOO_DARK)
    if is_bright:
        found.append(Hint.TOO_BRIGHT)
    if min(look.width, look.height) < SHORT_SIDE_MIN:
        found.append(Hint.TOO_SMALL)
    return tuple(found)
