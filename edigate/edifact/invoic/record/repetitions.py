"""Data elements that repeat (syntax 4) -> segments as older syntaxes write them."""

from edigate.edifact.syntax.segments import Segment

# Segments with data elements that repeat in syntax 4, and those in which none does.
_REPEATED = frozenset({"ALI", "COM", "CUX", "GIN", "GIR", "PIA"})
_NEVER_REPEATED = frozenset(
    {"ALC", "BGM", "CTA", "EFI", "FII", "FTX", "IMD", "LIN", "LOC", "NAD", "RFF"}
)


def unrepeated(segment: Segment, separator: str) -> Segment:
    """A segment with repetitions (syntax 4) as older syntaxes write it.

    What may repeat becomes data elements one behind the other. Where INVOIC has nothing that
    repeats, in any directory, the separator is a character of the text that its sender forgot to
    release: `3*4 cm`.
    """
    elements: list[tuple[str, ...]] = []
    for number in range(1, len(segment.elements) + 1):
        occurrences = segment.occurrences(number)
        if segment.tag in _REPEATED or len(occurrences) < 2:
            elements += occurrences or ((),)
        elif segment.tag in _NEVER_REPEATED and separator:
            pieces: list[list[str]] = [[""]]
            for count, occurrence in enumerate(occurrences):
                first, *rest = occurrence or ("",)
                pieces[-1] += [separator, first] if count else [first]
                pieces += [[text] for text in rest]
            elements.append(tuple("".join(texts) for texts in pieces))
        else:
            return segment
    return segment._replace(elements=tuple(elements), repeats=())
