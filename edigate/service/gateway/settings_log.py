"""Settings -> what changed in them, for the audit chain; secrets masked, by what they look like and
by their type.

A change shows while the gateway runs (SIGHUP) and also when the file was changed while it stood
still: the settings last in force lie, masked, in the data folder. Of a secret only its name is
kept, so that a new one goes unseen there.
"""

import hashlib
import json
import os
import pwd
from collections.abc import Sequence
from datetime import UTC, datetime

from edigate.config import ReadFile, Settings
from edigate.errors import Unavailable
from edigate.secrecy import MASK, masked_value
from edigate.store import EventKind, NewEvent, Store
from edigate.store.engine.files import sync_folder

_FILE = "settings-in-force.json"


def changes(old: Settings, new: Settings) -> list[tuple[str, str, str]]:
    """What differs between two configurations: key, old value, new value; secrets masked."""
    before, after = _flat(old), _flat(new)
    return [
        (key, _masked(key, was), _masked(key, now)) for key, was, now in _different(before, after)
    ]


def changes_since_last_start(settings: Settings) -> list[tuple[str, str, str]]:
    """What differs from the settings that were in force last; at the first start nothing."""
    try:
        kept = json.loads((settings.data / _FILE).read_text("utf-8"))
        before = {
            str(key): _masked(str(key), str(value)) for key, value in kept.items()
        }  # older versions masked less
    except FileNotFoundError:
        return []
    except (OSError, ValueError, AttributeError):
        return [(_FILE, "unreadable", "written anew")]
    return _different(before, _all_masked(settings))


def proof(settings: Settings) -> tuple[str, str]:
    """What an event says of the file that `keep_in_force` writes: `verify` compares it."""
    return "file", f"{_FILE} {hashlib.sha256(_content(settings)).hexdigest()}"


def _content(settings: Settings) -> bytes:
    return json.dumps(_all_masked(settings), ensure_ascii=False, indent=1).encode()


def keep_in_force(settings: Settings) -> None:
    """Write down, masked, what is in force now; its proof is in the chain by then. Raises:
    Unavailable."""
    file = settings.data / _FILE
    new = file.with_suffix(".new")
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(_content(settings))
            out.flush()
            os.fsync(out.fileno())
        new.replace(file)
        sync_folder(file.parent)
    except OSError as error:
        raise Unavailable(
            "STORE-IO", f"cannot write {file.name}: {os.strerror(error.errno or 0)}"
        ) from None


def asked(store: Store) -> tuple[tuple[str, str], ...]:
    """Who asked this process to read its settings again and why, if nobody was answered since.
    Raises: Unavailable."""
    newest = store.log(kinds=[EventKind.RELOAD_ASKED, EventKind.RELOADED], limit=1)
    if not newest or newest[0].kind != EventKind.RELOAD_ASKED:
        return ()
    detail = newest[0].detail
    return (
        tuple(pair for pair in detail if pair[0] in ("by", "reason"))
        if ("pid", str(os.getpid())) in detail
        else ()
    )


def reloaded(
    files: Sequence[ReadFile], result: str, changed: Sequence[str], by: tuple[tuple[str, str], ...]
) -> NewEvent:
    """The event of settings read again: `taken` or `refused`, and of every file digest, owner and
    time of change.

    by: as `asked` gives it; a bare SIGHUP names the owner of the file, for nobody can know who sent
    it.
    """
    who = by or (("by", "SIGHUP"), ("owner", _owner(files[0].owner) if files else "unknown"))
    said = (
        ("pid", str(os.getpid())),
        ("result", result),
        *((("changed", " ".join(changed)),) if changed else ()),
    )
    return NewEvent(
        EventKind.RELOADED, detail=(*who, *said, *(("file", _described(file)) for file in files))
    )


def _described(file: ReadFile) -> str:
    moment = datetime.fromtimestamp(file.changed, UTC).isoformat(timespec="seconds")
    return f"{file.path} sha256 {file.sha256} of {_owner(file.owner)} changed {moment}"


def _owner(uid: int) -> str:
    try:
        return f"{pwd.getpwuid(uid).pw_name} (uid {uid})"
    except KeyError:
        return f"uid {uid}"


def _different(before: dict[str, str], after: dict[str, str]) -> list[tuple[str, str, str]]:
    pairs = ((key, before.get(key, "–"), after.get(key, "–")) for key in sorted({*before, *after}))
    return [(key, was, now) for key, was, now in pairs if was != now]


def _all_masked(settings: Settings) -> dict[str, str]:
    return {key: _masked(key, value) for key, value in _flat(settings).items()}


def _masked(key: str, value: str) -> str:
    """A flat value without secrets. A hash that stands where a password may stand is masked
    whatever it looks like."""
    return MASK if "password" in key and not key.endswith("_file") else masked_value(value)


def _flat(settings: Settings) -> dict[str, str]:
    return _flattened("", settings.model_dump(mode="json"))


def _flattened(prefix: str, value: object) -> dict[str, str]:
    parts = _parts(value)
    if parts is None:
        return {prefix.removeprefix("."): str(value)}
    flat: dict[str, str] = {}
    for name, inner in parts.items():
        flat |= _flattened(f"{prefix}{name}", inner)
    return flat


def _parts(value: object) -> dict[str, object] | None:
    """What a value consists of, by how a key goes on; None for one that is written whole."""
    if isinstance(value, dict):
        return {f".{name}": inner for name, inner in value.items()}
    if not isinstance(value, list):
        return None
    if any(isinstance(inner, dict) for inner in value):
        return {f"[{_called(inner, n)}]": inner for n, inner in enumerate(value)}
    if any(masked_value(str(inner)) != str(inner) for inner in value):
        return {f"[{n}]": inner for n, inner in enumerate(value)}
    return None


def _called(table: dict[str, object], number: int) -> str:
    """How a table of several is named: by what makes it the only one, else by its place."""
    return str(table.get("account") or table.get("rule") or table.get("partner") or number)
