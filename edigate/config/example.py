"""The classes of the settings -> config.example.toml."""

from collections.abc import Mapping

from edigate.config.effects import effects
from edigate.config.reading import section_of
from edigate.config.settings import ClosedTable, Effect, Settings

_EXAMPLE_VALUES = {
    "hostname": '"edi.example.com"',
    "domain": '"edi.example.com"',
    "data": '"/var/lib/edigate"',
    "admins": '["ops@example.com"]',
    "tls.certificate": '"cert.pem"',
    "tls.key": '"key.pem"',
    "smtp.listen": '["127.0.0.1:2525"]',
    "smtp.submission": '["127.0.0.1:2587"]',
    "pop3.listen": '["127.0.0.1:2110"]',
    "tenant.account": '"2800001946"',
    "tenant.name": '"Baumarkt Süd AG"',
    "tenant.edi_ids": '["4319876000028"]',
    "tenant.archive": '"111"',
    "tenant.notify": '["buchhaltung@example.com"]',
    "severity.rule": '"UST-10"',
    "severity.severity": '"information"',
    "deviation.partner": '"4012345500004"',
}


_ABOUT = (
    "# edigate: every key with its meaning. Commented-out lines show the default.",
    "# A new value takes effect with `edigate reload`; [new connections]: for connections made",
    "# after it, [restart]: when the gateway is started again.",
)


def _toml(value: object) -> str:
    if value is None:
        return '""'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    if isinstance(value, Mapping):
        return "{}"
    return f'"{value}"'


def example() -> str:
    """config.example.toml: every key with its meaning; keys that have a default are commented out
    with it."""
    out = [*_ABOUT, ""]
    out += _example_of(Settings, "", "")
    return "\n".join(out).rstrip() + "\n"


def _example_of(
    section: type[ClosedTable], heading: str, prefix: str, optional: bool = False
) -> list[str]:
    out: list[str] = [heading] if heading else []
    later: list[str] = []
    for name, info in section.model_fields.items():
        inner = section_of(info.annotation)
        if inner is not None:
            many = "tuple" in str(info.annotation)
            path = f"{prefix}{name}"
            title = f"[[{path}]]" if many else f"[{path}]"
            absent = path in ("tls", "tenant.severity", "tenant.deviation")
            doc = (inner.__doc__ or "").strip().splitlines()[0]
            later += [
                "",
                f"# {doc}",
                *_example_of(inner, ("# " if absent else "") + title, f"{path}.", absent),
            ]
            continue
        shown = _EXAMPLE_VALUES.get(f"{prefix}{name}") or _EXAMPLE_VALUES.get(
            f"{prefix.split('.')[-2]}.{name}" if prefix else ""
        )
        default = "" if info.is_required() else _toml(info.default)
        line = f"{name} = {shown or default}"
        comment_out = optional or (shown is None and not info.is_required())
        meaning = f"{info.description}{_when(prefix + name)}"
        out.append(f"{'# ' if comment_out else ''}{line}  # {meaning}")
    return out + later


def _when(key: str) -> str:
    effect = effects()[key]
    return "" if effect is Effect.RELOAD else f" [{effect}]"
