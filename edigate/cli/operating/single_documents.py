"""Single documents of the store, for operators and auditors: taken out as files, marked as deleted,
brought back."""

import argparse
from pathlib import Path

from edigate.actions import acting
from edigate.cli.operating.on_store import SCOPE, add_options, add_reason, opened_store, show, who
from edigate.cli.options import row_number
from edigate.errors import Misconfigured


def add_to(command: argparse.ArgumentParser, name: str) -> None:
    """Options of these commands."""
    command.add_argument(
        "id", metavar="ID", help="of a document; a beginning that only one has is enough"
    )
    if name == "export":
        command.add_argument(
            "-o", "--output", metavar="DIR", type=Path, required=True, help="a folder is made in it"
        )
        command.add_argument(
            "--version", metavar="N", type=row_number, help="absent: the current one"
        )
    add_reason(command)
    add_options(command)
    command.set_defaults(run={"export": _export, "delete": _delete, "restore": _restore}[name])


def _export(options: argparse.Namespace) -> int:
    with opened_store(options) as store:
        taken = acting.take_out(store, SCOPE, who(options), options.id, options.version)
    folder = options.output / f"{taken.document.document_id}.{taken.document.version}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in taken.files.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise Misconfigured("OUTPUT", f"{folder}: {error.strerror}") from None
    sizes = [(str(folder / name), len(content)) for name, content in taken.files.items()]
    show(options, ("file", "bytes"), sizes)
    return 0


def _delete(options: argparse.Namespace) -> int:
    with opened_store(options) as store:
        deleted = acting.delete(store, SCOPE, who(options), options.id)
    show(options, ("marked as deleted",), [(deleted,)])
    return 0


def _restore(options: argparse.Namespace) -> int:
    with opened_store(options) as store:
        restored = acting.restore(store, SCOPE, who(options), options.id)
    show(options, ("restored",), [(restored,)])
    return 0
