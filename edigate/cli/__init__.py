"""The command line: arguments -> one function per command -> exit status.

0 fine, 1 an INVOIC is not valid, 2 wrong usage or settings, 3 an input cannot be read as EDIFACT, 4
internal error.
"""

import argparse
import io
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module

from edigate import __version__
from edigate.errors import EdigateError
from edigate.findings import printable
from edigate.secrecy import masked

_COMMANDS = {
    "check": ("files.check", "say of every INVOIC whether it is valid, and what is wrong"),
    "convert": ("files.check", "check, and write one PDF/A-3 per valid INVOIC"),
    "serve": ("installation.serving", "run the gateway until SIGTERM"),
    "demo": ("installation.demonstration", "the main job for real on loopback ports"),
    "reload": (
        "installation.reloading",
        "have the running gateway read its settings again, and record who asked and why",
    ),
    "replay": ("operating.operation", "check a mail or document again"),
    "release": ("operating.operation", "let go what is held of a mail: deliveries and checks"),
    "resend": ("operating.operation", "offer a delivered package again to POP3 clients"),
    "queue": ("operating.operation", "mails and jobs that wait; hold, retry or drop one"),
    "log": ("operating.operation", "what happened to a mail or document, from the audit chain"),
    "search": ("operating.operation", "find documents"),
    "export": (
        "operating.single_documents",
        "write a document's files: original, XML, package, report",
    ),
    "delete": ("operating.single_documents", "mark a document as deleted; it stays in the store"),
    "restore": ("operating.single_documents", "take the mark of `delete` away"),
    "usage": ("operating.operation", "documents and bytes per account and month"),
    "close": ("operating.lifecycle", "say that nothing more is to be done about an open document"),
    "purge": ("operating.lifecycle", "remove what neither the law nor the tenant wants kept"),
    "partners": ("operating.partners", "master data by GLN"),
    "explain": (
        "files.explanation",
        "explain RULE; or explain FILE --term BT-31: where it came from",
    ),
    "passwd": (
        "installation.passwords",
        "hash a password read from standard input for the config file",
    ),
    "config": ("installation.configuration", "check a configuration file, or print an example"),
    "doctor": ("installation.health", "say what is wrong before it hurts, and the cure"),
    "selftest": (
        "installation.health",
        "prove the installed program on its own messages, in memory",
    ),
    "seal": ("files.seal_certificates", "the certificates the gateway ever sealed with"),
    "head": ("operating.evidence", "print the signed end of the audit chain, to be kept elsewhere"),
    "verify": ("files.verification", "prove the integrity of packages, or of the whole store"),
}
"""Each command's module and what it is for. A module is imported when its command is called: all of
them together take a second and 50 MiB."""


def parser(called: str | None = None) -> argparse.ArgumentParser:
    """Every command, with its options; with those of one command alone where that is named."""
    top = argparse.ArgumentParser(
        prog="edigate",
        description="EDIFACT invoices -> validated ZUGFeRD / Factur-X packages for the archive.",
    )
    top.add_argument("--version", action="version", version=f"edigate {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module, about) in _COMMANDS.items():
        command = commands.add_parser(name, help=about)
        if called is None or called == name:
            import_module(f"edigate.cli.{module}").add_to(command, name)
    return top


def _write_any_letter() -> None:
    """A terminal that is not UTF-8 shows a question mark for a letter it does not have; the command
    goes on."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    _write_any_letter()
    try:
        options = parser(given[0] if given else "").parse_args(given)
    except SystemExit as leaving:  # argparse has said why; its 2 is ours too
        return int(leaving.code or 0)
    try:
        return int(options.run(options))
    except EdigateError as error:
        said = "\n".join(map(printable, error.message.split("\n")))
        print(f"edigate: {said}", file=sys.stderr)
        return error.exit_status
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone; nothing to say to anybody
        return 4
    except KeyboardInterrupt:
        return 130
    except Exception as defect:  # noqa: BLE001  (one command; a defect must not end with 1, which says "not valid")
        _tell_defect(defect)
        return 4


def _tell_defect(defect: Exception) -> None:
    """The trace of a defect, for a report; as an event where logs are set up. Secrets are masked in
    both."""
    if sys.excepthook is sys.__excepthook__:
        print(masked("".join(traceback.format_exception(defect))), end="", file=sys.stderr)
    else:
        sys.excepthook(type(defect), defect, defect.__traceback__)
