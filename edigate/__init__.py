"""edigate: a mail gateway that makes EDIFACT invoices archivable."""

__version__ = "0.2.0"
