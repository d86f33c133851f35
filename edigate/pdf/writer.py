"""Text as the seal lays it down in the file."""

import pikepdf


def string(text: str) -> bytes:
    """A text string as it stands in a PDF (ISO 32000-1, 7.9.2.2)."""
    return pikepdf.String(text).unparse()
