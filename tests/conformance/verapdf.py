"""Files become veraPDF's opinion of them: one Java process for all files of a call.

    python -m tests.conformance.verapdf FILE.pdf ...

veraPDF (org.verapdf.apps:cli, GPL-3.0-or-later or MPL-2.0) is a tool of the tests, fetched and run
as it is.
"""

import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from lxml import etree

from tests.conformance.maven import Unavailable, fetch, java

VERSION = "1.30.2"
_PROJECT = f"""<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>example</groupId><artifactId>verapdf</artifactId><version>1</version>
<dependencies><dependency><groupId>org.verapdf.apps</groupId><artifactId>cli</artifactId>
<version>{VERSION}</version></dependency></dependencies></project>
"""
FLAVOURS = ("3a", "3u", "ua1")


def validate(paths: Iterable[Path], flavour: str) -> dict[Path, list[str]]:
    """The failed clauses of each file, e.g. `6.2.4.3-4: ...`; an empty list means that the file
    conforms.

    flavour: 3a, 3u, 3b or ua1. A file that veraPDF cannot read has one entry that says so.
    Raises: Unavailable when Java, Maven or Maven Central are missing.
    """
    wanted = {path.resolve(): path for path in paths}
    if not wanted:
        return {}
    jars = fetch(f"verapdf-{VERSION}", _PROJECT)
    command = [java(), "-Xmx1g", "-cp", f"{jars}/*", "org.verapdf.apps.GreenfieldCliWrapper"]
    command += [
        "--flavour",
        flavour,
        "--format",
        "xml",
        "--maxfailuresdisplayed",
        "3",
        *map(str, wanted),
    ]
    run = subprocess.run(command, capture_output=True, timeout=1800, check=False)
    try:
        report = etree.fromstring(run.stdout)
    except etree.XMLSyntaxError as error:
        raise Unavailable(
            f"unavailable: veraPDF gave no report: {run.stderr.decode()[-500:]}"
        ) from error
    found = {path: ["veraPDF said nothing about this file"] for path in wanted.values()}
    for job in report.iter("job"):
        found[wanted[Path(job.findtext("item/name", ""))]] = _failures(job)
    return found


def _failures(job: etree._Element) -> list[str]:
    reports = job.findall("validationReport")
    if not reports:
        return [
            f"not validated: {etree.tostring(job, method='text', encoding='unicode').strip()[:300]}"
        ]
    failures = [
        f"{rule.get('clause')}-{rule.get('testNumber')}: {rule.findtext('description', '').strip()}"
        f" [{rule.findtext('check/context', '')}]"
        for report in reports
        for rule in report.iter("rule")
    ]
    if not failures and any(report.get("isCompliant") != "true" for report in reports):
        return ["not compliant, without a rule named"]
    return failures


def main(arguments: Sequence[str]) -> int:
    """Prints the opinion on each file in each flavour; 0 when all conform."""
    broken = 0
    for flavour in FLAVOURS:
        for path, failures in validate(map(Path, arguments), flavour).items():
            print(f"{flavour:4}{'PASS' if not failures else 'FAIL'} {path}")
            broken += bool(failures)
            for failure in failures:
                print(f"         {failure}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
