"""Every key of the settings, and when a new value of it takes effect."""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from edigate.config.reading import section_of
from edigate.config.settings import ClosedTable, Effect, Settings

_WHICH = re.compile(r"\[[^\]]*\]")


@cache
def effects() -> Mapping[str, Effect]:
    """Key, as `tenant.deviation.charset`, -> when a new value takes effect."""
    return dict(_of(Settings, ""))


def takes_effect(key: str) -> Effect:
    """When a change of a key takes effect. key: as logs name it, `tenant[2800001946].name`, or a
    table that came or went as a whole (`tls`): then the latest of its keys."""
    plain = _WHICH.sub("", key)
    known = effects()
    held = [known[plain]] if plain in known else _within(plain)
    return max(held, key=list(Effect).index, default=Effect.RELOAD)


def _within(table: str) -> list[Effect]:
    return [effect for key, effect in effects().items() if key.startswith(f"{table}.")]


def _of(table: type[ClosedTable], prefix: str) -> Iterator[tuple[str, Effect]]:
    for name, field in table.model_fields.items():
        inner = section_of(field.annotation)
        if inner is not None:
            yield from _of(inner, f"{prefix}{name}.")
        else:
            own = next((mark for mark in field.metadata if isinstance(mark, Effect)), None)
            yield f"{prefix}{name}", own or table.takes_effect
