"""EDIFACT: its syntax (ISO 9735), and what an INVOIC says as an Invoice."""
