"""The seller's logo becomes a picture the page can show: plain sRGB on white paper.

This module must not know where the logo stands.
"""

import io
from dataclasses import dataclass

from PIL import Image

_LARGEST = 900
"""Pixels per side a logo is reduced to: 60 mm at 380 dpi."""


@dataclass(frozen=True, slots=True)
class Logo:
    """A decoded logo, without transparency (PDF/A has no blending space to offer it)."""

    picture: Image.Image

    def size_in(self, width: float, height: float) -> tuple[float, float]:
        """Width and height in points that fit into the given room."""
        factor = min(width / self.picture.width, height / self.picture.height)
        return self.picture.width * factor, self.picture.height * factor


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
    return Logo(paper.convert("RGB"))
