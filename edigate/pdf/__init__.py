"""Invoice -> page -> PDF/A-3 with the original and factur-x.xml inside -> sealed.

This room must not know EDIFACT, mail or the store.
"""
