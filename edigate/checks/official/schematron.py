"""factur-x.xml -> the findings of the official Schematron, or the statement that it could not be
checked.

Two engines say the same: `fast` runs the official stylesheet as `rewriting` makes it, `official`
runs it untouched. The XSLT engine (saxonche) can abort the process it lives in, so in the gateway a
`Schematron` is made in worker processes only, once per process and used by the thread that made it.
Nothing it cannot judge is ever called valid: see `NotChecked`. This module must not know EDIFACT.
"""

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from lxml import etree

from edigate.checks.official.artefacts import Artefacts
from edigate.checks.official.hits import Hit, explain
from edigate.checks.official.rewriting import SVRL, document_contexts, rewrite
from edigate.errors import Unavailable
from edigate.findings import Finding
from edigate.invoice.origin import Origins

Engine = Literal["fast", "official"]

_NO_ORIGINS = Origins({})
# Two threads that start an engine at once abort the process.
_STARTING = threading.Lock()


class NotChecked(Unavailable):
    """The official rules did not run to their end: the invoice is neither valid nor invalid."""

    def __init__(self, message: str) -> None:
        super().__init__("NOT-CHECKED", message)


@dataclass(frozen=True, slots=True)
class SchematronResult:
    """What the official rules say of one invoice.

    findings: for people, hits of one cause merged with a count. hits: every hit as the rules gave
    it, in their order. engine: the one that ran.
    """

    findings: tuple[Finding, ...]
    hits: tuple[Hit, ...]
    engine: Engine


class Schematron:
    """The official rules, compiled and ready (about 0.7 s CPU and 150 MiB the first time in a
    process)."""

    def __init__(self, artefacts: Artefacts, engine: Engine = "fast") -> None:
        """Compile the rules; a stylesheet that cannot be rewritten runs untouched, and `engine`
        says so.

        Raises: NotChecked when the XSLT engine cannot be started or refuses the stylesheet.
        """
        saxon = _saxon_here()
        stylesheet = artefacts.stylesheet.read_bytes()
        self._heads = document_contexts(stylesheet)
        rewritten = rewrite(stylesheet) if engine == "fast" else None
        self.engine: Engine = "fast" if rewritten is not None else "official"
        xslt = saxon.engine.new_xslt30_processor()
        try:
            if rewritten is None:
                # From the file, because the official stylesheet finds its code lists relative to
                # itself.
                self._rules = xslt.compile_stylesheet(stylesheet_file=str(artefacts.stylesheet))
            else:
                self._rules = xslt.compile_stylesheet(stylesheet_text=rewritten.text)
                for name, file in rewritten.documents.items():
                    text = (artefacts.stylesheet.parent / file).read_text("utf-8")
                    self._rules.set_parameter(name, saxon.engine.parse_xml(xml_text=text))
        except saxon.error as error:
            raise NotChecked(
                f"the official Schematron cannot be compiled: {_line(error)}"
            ) from error

    def check(
        self, xml: bytes, paths: Mapping[str, str] | None = None, origins: Origins = _NO_ORIGINS
    ) -> SchematronResult:
        """Judge a factur-x.xml.

        paths: `CiiDocument.paths`, so that findings know their term; origins: so that they know
        their segment.

        Raises: NotChecked when the rules did not run to their end (also for content no invoice can
        have, like letters in an amount: run the XSD first), or when no rule looked at the document.
        """
        hits = self.hits(xml)
        return SchematronResult(explain(hits, xml, paths or {}, origins), hits, self.engine)

    def hits(self, xml: bytes) -> tuple[Hit, ...]:
        """Every hit of the rules, unmerged, in their order.

        Raises: as `check`.
        """
        saxon = _saxon_here()
        # Entities could make the engine read files or grow without bound; no invoice needs a
        # DOCTYPE.
        if b"<!DOCTYPE" in xml:
            raise NotChecked("the XML holds a DOCTYPE")
        try:
            document = saxon.engine.parse_xml(xml_text=xml.decode("utf-8"))
            svrl = self._rules.transform_to_string(xdm_node=document)
        except (saxon.error, UnicodeDecodeError) as error:
            raise NotChecked(f"the official rules ended with an error: {_line(error)}") from error
        return _hits(svrl, self._heads)


def _hits(svrl: str | None, heads: frozenset[str]) -> tuple[Hit, ...]:
    """The hits in a validation report (ISO/IEC 19757-3, SVRL); heads: one of these contexts must
    have fired."""
    if not svrl:
        raise NotChecked("the official rules gave no report")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    try:
        root = etree.fromstring(svrl.encode("utf-8"), parser)
    except etree.XMLSyntaxError as error:
        raise NotChecked(f"the report of the official rules is not XML: {error}") from error
    fired = {rule.get("context", "") for rule in root.iter(f"{SVRL}fired-rule")}
    if root.tag != f"{SVRL}schematron-output" or not (fired & heads if heads else fired):
        raise NotChecked(
            "no official rule looked at this document: it is not a CrossIndustryInvoice"
        )
    return tuple(_hit(e) for e in root.iter(f"{SVRL}failed-assert", f"{SVRL}successful-report"))


def _hit(element: etree._Element) -> Hit:
    return Hit(
        rule=element.get("id"),
        failed=element.tag == f"{SVRL}failed-assert",
        flag=element.get("flag"),
        location=element.get("location", ""),
        text=element.findtext(f"{SVRL}text", "").strip(),
    )


@dataclass(frozen=True, slots=True)
class _Saxon:
    """The XSLT engine, the error it raises, and the process and thread it lives in."""

    engine: Any
    error: type[Exception]
    home: tuple[int, int]


def _here() -> tuple[int, int]:
    return os.getpid(), threading.get_ident()


@cache
def _saxon() -> _Saxon:
    """Start the one XSLT engine of this process.

    Imported here, not above: to import it is to load a native image, which only workers shall
    carry.
    """
    try:
        from saxonche import PySaxonApiError, PySaxonProcessor  # noqa: PLC0415
    except ImportError as error:
        raise NotChecked(f"the XSLT engine cannot be loaded: {_line(error)}") from error
    return _Saxon(PySaxonProcessor(license=False), PySaxonApiError, _here())


def _saxon_here() -> _Saxon:
    """The engine, if this is the process and thread it lives in: elsewhere it can abort the
    process."""
    with _STARTING:
        saxon = _saxon()
    if saxon.home != _here():
        raise NotChecked("the XSLT engine is used outside the process and thread it was started in")
    return saxon


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:500]
