"""Settings. This room must not know what they are used for."""

from edigate.config.doubts import warnings
from edigate.config.effects import effects, takes_effect
from edigate.config.example import example
from edigate.config.places import Whereabouts, of_variable, whereabouts
from edigate.config.reading import ReadFile, load, password_hash
from edigate.config.settings import (
    Deviation,
    Effect,
    Listen,
    OwnWeight,
    Pop3,
    Sealing,
    Settings,
    Smtp,
    Storage,
    Tenant,
    Tls,
)

__all__ = [
    "Deviation",
    "Effect",
    "Listen",
    "OwnWeight",
    "Pop3",
    "ReadFile",
    "Sealing",
    "Settings",
    "Smtp",
    "Storage",
    "Tenant",
    "Tls",
    "Whereabouts",
    "effects",
    "example",
    "load",
    "of_variable",
    "password_hash",
    "takes_effect",
    "warnings",
    "whereabouts",
]
