"""Commands on an installation: configuration, serving, health, the demonstration."""
