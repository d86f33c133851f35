"""Samples that stand outside the project -> their verdicts, and the verdicts we keep in
`expected/`.

`EDIGATE_SAMPLES=... python -m tests.samples.verdicts --write` keeps the present ones and leaves the
`review` of each file, which a person wrote, as it is. A finding reads `error MAP-04 11`: severity,
rule, segment (0: envelope, -: none) and, where it was found more than once, its number. Per INVOIC
there are two verdicts: with no master data, and with an invented entry for every GLN of the
message. A sample that is a message without envelope is read as it is (`findings`) and once more in
an envelope of ours (`enveloped`).
"""

import argparse
import os
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path

from stdnum.iso7064 import mod_11_10

from edigate import pipeline
from edigate.checks.law.basis import Circumstances
from edigate.edifact.syntax import reader
from edigate.edifact.syntax.segments import Message
from edigate.findings import Finding
from edigate.masterdata import PartnerDirectory, csv_header, is_gln, read_csv
from tests.fixtures.cases import engines
from tests.in_edifact import message_of

FOLDER = os.environ.get("EDIGATE_SAMPLES", "")
EXPECTED = Path(__file__).parent / "expected"
TODAY = date(2026, 10, 16)
_FOLDERS = ("invoic", "en16931-binding")


def samples() -> list[str]:
    """The names of the samples: folder and file."""
    found = (
        path
        for name in _FOLDERS
        for path in (Path(FOLDER) / name).glob("*")
        if path.suffix != ".xml"
    )
    return sorted(f"{path.parent.name}/{path.name}" for path in found)


def kept() -> dict[str, dict[str, object]]:
    """The kept verdicts by name of the sample."""
    files = (tomllib.loads(path.read_text("utf-8")) for path in sorted(EXPECTED.glob("*.toml")))
    return {str(entry["name"]): entry for entry in files}


@cache
def examined(name: str, complete: bool = False) -> pipeline.Examination:
    """A sample, read and judged. complete: with master data for every GLN it holds."""
    data = _enveloped((Path(FOLDER) / name).read_bytes())
    partners = _partners(examined(name)) if complete else PartnerDirectory()
    conditions = pipeline.Conditions(Circumstances(today=TODAY), partners, {}, {})
    return pipeline.examine(data, engines(), conditions)


def _enveloped(data: bytes) -> bytes:
    """Messages without UNB and UNZ get an envelope, so that the mapping meets them too."""
    start = data.find(b"UNH+")
    if b"UNB+" in data or start < 0:
        return data
    count = data.count(b"UNH+")
    return (
        data[:start]
        + b"UNB+UNOY:4+SENDER+RECIPIENT+261016:1200+IC1'"
        + data[start:]
        + b"\nUNZ+%d+IC1'" % count
    )


def verdict(name: str) -> dict[str, object]:
    """What is kept of a sample, without the review."""
    bare, complete = examined(name), examined(name, complete=True)
    transmission = bare.transmission
    data = (Path(FOLDER) / name).read_bytes()
    received = transmission if bare.data == data else reader.read(data)
    return {
        "name": name,
        "sha256": sha256(data).hexdigest(),
        "readable": received.readable,
        "findings": _shown(received.findings),
        "enveloped": _shown(transmission.findings) if bare.data != data else [],
        "interchanges": [_shown(interchange.findings) for interchange in transmission.interchanges],
        "messages": [
            _message(one, other)
            for one, other in zip(bare.documents, complete.documents, strict=True)
        ],
    }


def _message(bare: pipeline.JudgedMessage, complete: pipeline.JudgedMessage) -> dict[str, object]:
    shown: dict[str, object] = {
        "reference": bare.message.reference,
        "number": pipeline.identity(bare).number,
        "state": bare.state.value,
        "findings": _shown(bare.report.findings),
    }
    if complete.report.findings != bare.report.findings:
        shown["complete_state"] = complete.state.value
        shown["complete_findings"] = _shown(complete.report.findings)
    return shown


def _shown(findings: Iterable[Finding]) -> list[str]:
    lines = Counter(
        {
            f"{f.severity.value} {f.rule} {'-' if f.place is None else f.place.index}": 0
            for f in findings
        }
    )
    for f in findings:
        lines[f"{f.severity.value} {f.rule} {'-' if f.place is None else f.place.index}"] += f.count
    return [line if count == 1 else f"{line} x{count}" for line, count in lines.items()]


def _partners(examination: pipeline.Examination) -> PartnerDirectory:
    glns = sorted({gln for d in examination.documents for gln in _glns(message_of(d))})
    rows = [f"{gln},Partner {gln},Musterweg 1,12345,Musterstadt,DE,{_vat(gln)}," for gln in glns]
    return read_csv("\n".join([csv_header(), *rows]))


def _glns(message: Message) -> Iterator[str]:
    return (s.value(2) for s in message.segments if s.tag == "NAD" and is_gln(s.value(2)))


def _vat(gln: str) -> str:
    digits = "1" + gln[5:12]
    return f"DE{digits}{mod_11_10.calc_check_digit(digits)}"


def write(name: str) -> None:
    """Keep the present verdict of a sample."""
    now = verdict(name)
    review = str(kept().get(name, {}).get("review", ""))
    lines = [f'name = "{name}"', f'sha256 = "{now["sha256"]}"', f'review = """{review}"""']
    lines += [f"readable = {str(now['readable']).lower()}", f"findings = {_array(now['findings'])}"]
    lines.append(f"enveloped = {_array(now['enveloped'])}")
    lines.append(f"interchanges = {_arrays(now['interchanges'])}")
    messages = now["messages"]
    assert isinstance(messages, list)
    for message in messages:
        lines += ["", "[[messages]]"]
        for key, value in message.items():
            lines.append(
                f"{key} = {_array(value) if isinstance(value, list) else _text(str(value))}"
            )
    EXPECTED.mkdir(exist_ok=True)
    (EXPECTED / (name.replace("/", "__") + ".toml")).write_text("\n".join(lines) + "\n", "utf-8")


def _text(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _array(values: object) -> str:
    assert isinstance(values, list)
    if not values:
        return "[]"
    return "[\n" + "".join(f"  {_text(str(v))},\n" for v in values) + "]"


def _arrays(values: object) -> str:
    assert isinstance(values, list)
    return "[" + ", ".join("[" + ", ".join(_text(v) for v in inner) + "]" for inner in values) + "]"


def main() -> int:
    """0 when every sample has the verdict that is kept."""
    options = argparse.ArgumentParser(prog="python -m tests.samples.verdicts", description=__doc__)
    what = options.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", action="store_true", help="keep the present verdicts")
    what.add_argument("--check", action="store_true", help="compare them with the kept ones")
    given = options.parse_args()
    if not FOLDER:
        print("EDIGATE_SAMPLES does not name the folder of samples", file=sys.stderr)
        return 2
    status = 0
    for name in samples():
        if given.write:
            write(name)
        elif {k: v for k, v in kept().get(name, {}).items() if k != "review"} != verdict(name):
            print(f"{name} differs")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
