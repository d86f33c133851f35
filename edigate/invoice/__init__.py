"""EN 16931 as Python values: the Invoice, where its terms came from, its codes, and factur-x.xml.

This room must not know EDIFACT.
"""
