"""Settings. This room must not know what they are used for."""

from edigate.config.doubts import warnings
from edigate.config.example import example
from edigate.config.places import Whereabouts, of_variable, whereabouts
from edigate.config.reading import ReadFile, load, password_hash
from edigate.config.settings import (
    Deviation,
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
    "example",
    "load",
    "of_variable",
    "password_hash",
    "warnings",
    "whereabouts",
]
