"""Settings -> what changed in them, for the audit chain; secrets masked, by what they look like and by their type.

A change shows while the gateway runs (SIGHUP) and also when the file was changed while it stood still: the settings
last in force lie, masked, in the data folder. Of a secret only its name is kept, so that a new one goes unseen there.
"""

import json
import os

from edigate.config import Settings
from edigate.errors import Unavailable
from edigate.secrecy import MASK, masked_value
from edigate.store.files import sync_folder

_FILE = "settings-in-force.json"


def changes(old: Settings, new: Settings) -> list[tuple[str, str, str]]:
    """What differs between two configurations: key, old value, new value; secrets masked."""
    before, after = _flat(old), _flat(new)
    return [(key, _masked(key, was), _masked(key, now)) for key, was, now in _different(before, after)]


def changes_since_last_start(settings: Settings) -> list[tuple[str, str, str]]:
    """What differs from the settings that were in force last; at the first start nothing."""
    try:
        kept = json.loads((settings.data / _FILE).read_text("utf-8"))
        before = {str(key): _masked(str(key), str(value)) for key, value in kept.items()}  # older versions masked less
    except FileNotFoundError:
        return []
    except (OSError, ValueError, AttributeError):
        return [(_FILE, "unreadable", "written anew")]
    return _different(before, _all_masked(settings))


def keep_in_force(settings: Settings) -> None:
    """Write down, masked, what is in force now. Raises: Unavailable."""
    file = settings.data / _FILE
    new = file.with_suffix(".new")
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            json.dump(_all_masked(settings), out, ensure_ascii=False, indent=1)
            out.flush()
            os.fsync(out.fileno())
        new.replace(file)
        sync_folder(file.parent)
    except OSError as error:
        raise Unavailable("STORE-IO", f"cannot write {file.name}: {os.strerror(error.errno or 0)}") from None


def _different(before: dict[str, str], after: dict[str, str]) -> list[tuple[str, str, str]]:
    pairs = ((key, before.get(key, "–"), after.get(key, "–")) for key in sorted({*before, *after}))
    return [(key, was, now) for key, was, now in pairs if was != now]


def _all_masked(settings: Settings) -> dict[str, str]:
    return {key: _masked(key, value) for key, value in _flat(settings).items()}


def _masked(key: str, value: str) -> str:
    """A flat value without secrets. A hash that stands where a password may stand is masked whatever it looks like."""
    return MASK if "password" in key and not key.endswith("_file") else masked_value(value)


def _flat(settings: Settings) -> dict[str, str]:
    return _flattened("", settings.model_dump(mode="json"))


def _flattened(prefix: str, value: object) -> dict[str, str]:
    if isinstance(value, dict):
        return {k: v for name, inner in value.items() for k, v in _flattened(f"{prefix}.{name}", inner).items()}
    if isinstance(value, list) and any(isinstance(v, dict) for v in value):
        named = {str(v.get("account") or v.get("rule") or v.get("partner") or n): v for n, v in enumerate(value)}
        return {k: v for name, inner in named.items() for k, v in _flattened(f"{prefix}[{name}]", inner).items()}
    if isinstance(value, list) and any(masked_value(str(v)) != str(v) for v in value):
        return {k: v for n, inner in enumerate(value) for k, v in _flattened(f"{prefix}[{n}]", inner).items()}
    return {prefix.removeprefix("."): str(value)}
