"""Measured type on paper: fonts, lines, tables, structure tags, drawing. Knows no invoice."""
