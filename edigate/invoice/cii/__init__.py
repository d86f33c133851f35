"""Invoice <-> factur-x.xml: Cross Industry Invoice D22B in the EN 16931 (COMFORT) profile of
Factur-X / ZUGFeRD.

`write` makes the bytes and tells for every element which part of the Invoice it says; `read` makes
the Invoice again; `place_of` leads from the location an official validator names back to the
Invoice. This package must not know EDIFACT, rules or verdicts: it writes what the Invoice says,
complete or not, without rounding and without correcting.
"""

from edigate.invoice.cii.place import place_of
from edigate.invoice.cii.read import read
from edigate.invoice.cii.write import CiiDocument, write

__all__ = ["CiiDocument", "place_of", "read", "write"]
