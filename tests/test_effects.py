"""When each key of the settings takes effect stands beside it, and the daemon says so."""

import pytest

from edigate.config import Effect, Settings, effects, example, takes_effect

_START = {
    "data",
    "store.database",
    "store.reserve_mib",
    "workers.count",
    "log.level",
    "log.format",
    "smtp.listen",
    "smtp.submission",
    "pop3.listen",
    "pop3.listen_tls",
}


def test_every_key_says_when_it_takes_effect() -> None:
    known = effects()
    assert {key for key, effect in known.items() if effect is Effect.START} == _START
    assert {"tenant.name", "tenant.deviation.charset", "tenant.severity.reason"} <= set(known)
    for name, field in Settings.model_fields.items():
        assert name in known or any(key.startswith(f"{name}.") for key in known), field


@pytest.mark.parametrize(
    ("key", "effect"),
    [
        ("tenant[2800001946].name", Effect.RELOAD),
        ("tenant[2800001946].severity[UST-10].reason", Effect.RELOAD),
        ("smtp.smarthost_user", Effect.RELOAD),
        ("tls", Effect.CONNECTION),
        ("hostname", Effect.CONNECTION),
        ("log", Effect.START),
    ],
)
def test_keys_as_a_change_names_them(key: str, effect: Effect) -> None:
    assert takes_effect(key) is effect


def test_the_example_says_it_beside_the_meaning() -> None:
    written = example().splitlines()
    for effect in (Effect.START, Effect.CONNECTION):
        marked = [line for line in written if line.endswith(f"[{effect}]")]
        assert len(marked) == sum(found is effect for found in effects().values())
