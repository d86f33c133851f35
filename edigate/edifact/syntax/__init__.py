"""ISO 9735: bytes -> interchanges, messages and segments, every byte accounted for.

This room must not know invoices.
"""
