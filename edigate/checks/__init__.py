"""Invoice -> findings: official XSD and Schematron, German VAT law, sums, forms, plausibility.

This room must not know EDIFACT; it knows segments only as places.
"""
