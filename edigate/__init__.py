"""edigate: a mail gateway that makes EDIFACT invoices archivable."""

__version__ = "0.1.0"
