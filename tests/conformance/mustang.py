"""Files become Mustang's opinion of them: errors and warnings of PDF, metadata and XML, one Java
process for all.

    python -m tests.conformance.mustang FILE.pdf ...

Mustang (org.mustangproject:Mustang-CLI, Apache-2.0) is a tool of the tests, fetched and run as it
is.
"""

import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from lxml import etree

from tests.conformance.maven import Unavailable, fetch, java

VERSION = "2.26.0"
# The jar holds everything it needs. Its pom names a parent that Maven Central does not have, so an
# empty one stands in.
_PROJECT = f"""<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>example</groupId><artifactId>mustang</artifactId><version>1</version>
<repositories><repository><id>parent</id><url>file://@folder@/parent</url></repository></repositories>
<dependencies><dependency><groupId>org.mustangproject</groupId><artifactId>Mustang-CLI</artifactId>
<version>{VERSION}</version>
<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>
</dependency></dependencies></project>
"""
_PARENT = f"""<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>org.mustangproject</groupId><artifactId>core</artifactId><version>{VERSION}</version>
<packaging>pom</packaging></project>
"""
_SECTION = re.compile(r"^=== (.+)$", re.MULTILINE)


def validate(paths: Iterable[Path]) -> dict[Path, list[str]]:
    """Errors and warnings of each file; an empty list means that Mustang has none.

    Raises: Unavailable when Java (a JDK), Maven or Maven Central are missing.
    """
    wanted = {str(path.resolve()): path for path in paths}
    if not wanted:
        return {}
    parent = f"parent/org/mustangproject/core/{VERSION}/core-{VERSION}.pom"
    jars = fetch(f"mustang-{VERSION}", _PROJECT, {parent: _PARENT})
    program = Path(__file__).with_name("Batch.java")
    command = [
        java(),
        "-Xmx1g",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
        "-cp",
        f"{jars}/*",
        str(program),
    ]
    run = subprocess.run(
        [*command, *wanted], capture_output=True, text=True, timeout=1800, check=False
    )
    parts = _SECTION.split(run.stdout)
    if len(parts) < 3:
        raise Unavailable(f"unavailable: Mustang gave no report: {run.stderr[-500:]}")
    found = {path: ["Mustang said nothing about this file"] for path in wanted.values()}
    for name, report in zip(parts[1::2], parts[2::2], strict=True):
        found[wanted[name]] = _complaints(report)
    return found


def _complaints(report: str) -> list[str]:
    root = etree.fromstring(report.strip().encode("utf-8"))
    found = [
        (
            f"{entry.tag} {entry.get('type', '')}: "
            f"{' '.join(str(entry.xpath('string()')).split())[:400]}"
        )
        for entry in root.iter("error", "warning", "exception")
    ]
    summaries = [summary.get("status") for summary in root.iter("summary")]
    if not found and (not summaries or any(status != "valid" for status in summaries)):
        found.append(f"not valid, without a message: {' '.join(report.split())[:400]}")
    return found


def main(arguments: Sequence[str]) -> int:
    """Prints the opinion on each file; 0 when Mustang has nothing to complain of."""
    broken = 0
    for path, complaints in validate(map(Path, arguments)).items():
        print(f"{'PASS' if not complaints else 'FAIL'} {path}")
        broken += bool(complaints)
        for complaint in complaints:
            print(f"         {complaint}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
