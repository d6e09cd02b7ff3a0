"""How sharp and how bright a picture is: Pillow's side of the hints of uploads/hints.py.

Measured on the picture as it is kept, at one size, so that every camera is judged alike. The
sharpest of sixteen parts counts: a thing before an empty wall is as sharp as itself, not as the
wall. Grain counts as sharpness, so a blurred picture of a dark room may pass; that is harmless.
"""

from PIL import Image, ImageFilter, ImageStat

from chalicelib.uploads.hints import Look

SIDE = 1024
_DARK, _BRIGHT = 25, 250
_PARTS = 4
_SCALE = 4
# The filter's answers are cut off at 0 and 255: divided and moved to the middle, they fit.
_LAPLACIAN = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=_SCALE, offset=128)


def measured(image: Image.Image, *, width: int, height: int) -> Look:
    """Of a clean picture; `width` and `height` are those of the file that it came from."""
    grey = image.convert("L")
    grey.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    shades = grey.histogram()
    pixels = sum(shades)
    return Look(
        width=width,
        height=height,
        sharpness=_sharpness(grey),
        mean=round(ImageStat.Stat(grey).mean[0]),
        dark_share=round(100 * sum(shades[:_DARK]) / pixels),
        bright_share=round(100 * sum(shades[_BRIGHT:]) / pixels),
    )


def _sharpness(grey: Image.Image) -> int:
    """The variance of the Laplacian, without the outermost pixels, which the filter leaves."""
    edges = grey.filter(_LAPLACIAN)
    width, height = edges.width - 2, edges.height - 2
    if min(width, height) < _PARTS:
        return 0
    parts = [
        (
            1 + width * column // _PARTS,
            1 + height * row // _PARTS,
            1 + width * (column + 1) // _PARTS,
            1 + height * (row + 1) // _PARTS,
        )
        for row in range(_PARTS)
        for column in range(_PARTS)
    ]
    variances = [ImageStat.Stat(edges.crop(part)).var[0] for part in parts]
    return round(max(variances) * _SCALE**2)
