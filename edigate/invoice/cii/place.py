"""The location an official validator names in a factur-x.xml -> the part of the Invoice that stands
there."""

import re
from collections.abc import Mapping

from edigate.invoice.cii.names import NAMESPACES

_PREFIXES = {uri: prefix for prefix, uri in NAMESPACES.items()}
# Saxon: `/*:ID[namespace-uri()='urn:...'][2]` and `/Q{urn:...}ID[2]`; libxml2: `/ram:ID[2]`;
# attributes: `/@format`.
_STEP = re.compile(
    r"/(?:"
    r"@(?:[\w.-]+:)?(?P<attribute>[\w.-]+)"
    r"|\*:(?P<any>[\w.-]+)\[namespace-uri\(\)\s*=\s*(?P<quote>['\"])(?P<uri>[^'\"]*)(?P=quote)\]"
    r"|Q\{(?P<braced>[^}]*)\}(?P<qualified>[\w.-]+)"
    r"|(?P<prefix>[\w.-]+):(?P<name>[\w.-]+)"
    r")(?:\[(?P<number>\d+)\])?"
)


def canonical(location: str) -> tuple[str, ...]:
    """The steps of a location in the notation of `CiiDocument.paths`, as far as it can be
    understood."""
    steps: list[str] = []
    position = 0
    while (match := _STEP.match(location, position)) is not None:
        position = match.end()
        if match["attribute"]:
            steps.append(f"@{match['attribute']}")
            break
        if match["name"]:
            prefix, name = match["prefix"], match["name"]
        else:
            prefix = _PREFIXES.get(match["uri"] if match["any"] else match["braced"], "?")
            name = match["any"] or match["qualified"]
        steps.append(f"{prefix}:{name}[{match['number'] or 1}]")
    return tuple(steps)


def place_of(location: str, paths: Mapping[str, str]) -> str:
    """The path in the Invoice of a location in its XML, or of the nearest element around it; `""`
    is the invoice.

    location: an SVRL location of Saxon, or the path of an XSD error of lxml. paths:
    `CiiDocument.paths`.
    """
    steps = canonical(location)
    for length in range(len(steps), 0, -1):
        path = paths.get("/" + "/".join(steps[:length]))
        if path is not None:
            return path
    return ""
