"""Mail: SMTP in, relay out, POP3 for those who fetch, and the messages themselves.

This room must not know the store, invoices or EDIFACT beyond how an interchange begins.
"""
