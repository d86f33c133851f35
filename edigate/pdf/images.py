"""The seller's logo becomes an image object: plain sRGB pixels on white paper.

This module must not know where the logo stands.
"""

import io
import zlib
from dataclasses import dataclass

from PIL import Image

from edigate.pdf.writer import Writer

_LARGEST = 900
"""Pixels per side a logo is reduced to: 60 mm at 380 dpi."""


@dataclass(frozen=True, slots=True)
class Logo:
    """A decoded logo: 8-bit RGB pixels, deflated."""

    width: int
    height: int
    pixels: bytes

    def size_in(self, width: float, height: float) -> tuple[float, float]:
        """Width and height in points that fit into the given room."""
        factor = min(width / self.width, height / self.height)
        return self.width * factor, self.height * factor

    def write(self, writer: Writer) -> int:
        """Number of the image object."""
        entries = b"/Type/XObject/Subtype/Image/ColorSpace/DeviceRGB/BitsPerComponent 8/Width %d/Height %d"
        return writer.add_stream(entries % (self.width, self.height), self.pixels, deflated=True)


def read_logo(content: bytes) -> Logo | None:
    """The logo of PNG or JPEG bytes; None when they are no image that can be read."""
    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as image:
            image.thumbnail((_LARGEST, _LARGEST))
            full = image.convert("RGBA")
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    paper = Image.new("RGBA", full.size, "white")
    paper.alpha_composite(full)
    return Logo(full.width, full.height, zlib.compress(paper.convert("RGB").tobytes(), 9))
