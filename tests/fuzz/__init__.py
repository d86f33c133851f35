"""Fuzzing: whatever comes in, edigate answers with findings, and nothing is lost.

One module per target (`SEEDS` to start from, `mutated`, `check` for the promises, `BUDGET` of
time), `mutation` for the changes, `hunt` for the search, with coverage guidance where atheris can
be imported. See `__main__`.
"""
