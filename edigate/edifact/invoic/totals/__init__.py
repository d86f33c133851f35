"""Totals, VAT, document level charges and payment."""
