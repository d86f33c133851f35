"""What one input may ask of the reader before it is told that it is too much.

The limits bound memory and time, not what is lawful: they stand far above what real partners send.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one input. A limit that is hit is a finding EDI-19 that names it, never an
    exception.

    Beyond segment_bytes, elements, components and nesting a segment is not taken apart and its
    message is unreadable; beyond segments a message is unreadable; beyond message_bytes (UNH to
    UNT, or anything that never ends), messages and interchanges reading stops and the whole input
    is unreadable.

    segment_bytes, message_bytes: bytes. elements: data elements of a segment. components: of a data
    element. nesting: nesting indications in a segment tag (ISO 9735-1, explicit indication of
    nesting). messages: of one interchange.
    """

    segment_bytes: int = 65_536
    elements: int = 250
    components: int = 250
    nesting: int = 9
    segments: int = 200_000
    message_bytes: int = 64 * 1024 * 1024
    messages: int = 1_000_000
    interchanges: int = 10_000
