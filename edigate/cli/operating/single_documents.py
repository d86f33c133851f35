"""Single documents of the store, for operators and auditors: taken out as files, marked as deleted,
brought back."""

import argparse
from pathlib import Path

from edigate.cli.operating.on_store import add_options, add_reason, opened_store, show
from edigate.cli.operating.who import actor
from edigate.cli.options import row_number
from edigate.errors import Misconfigured
from edigate.store import Act, EventKind, IdKind, NewEvent, acted


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
    """Every file is hashed again on its way out; who took it is chained before the first byte is
    written."""
    with opened_store(options) as store:
        options.id = store.named(options.id, IdKind.DOCUMENT).id
        document = store.document(options.id, options.version)
        files = {
            f.name: store.document_content(options.id, f.role, document.version)
            for f in document.files
        }
        detail = (*acted(Act.EXPORT, actor(), options.reason), ("version", str(document.version)))
        store.record(
            NewEvent(EventKind.ACCESSED, document.tenant, document_id=options.id, detail=detail)
        )
    folder = options.output / f"{options.id}.{document.version}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise Misconfigured("OUTPUT", f"{folder}: {error.strerror}") from None
    show(
        options,
        ("file", "bytes"),
        [(str(folder / name), len(content)) for name, content in files.items()],
    )
    return 0


def _delete(options: argparse.Namespace) -> int:
    with opened_store(options) as store:
        options.id = store.named(options.id, IdKind.DOCUMENT).id
        store.soft_delete(options.id, actor(), options.reason)
    show(options, ("marked as deleted",), [(options.id,)])
    return 0


def _restore(options: argparse.Namespace) -> int:
    with opened_store(options) as store:
        options.id = store.named(options.id, IdKind.DOCUMENT).id
        store.restore(options.id, actor(), options.reason)
    show(options, ("restored",), [(options.id,)])
    return 0
