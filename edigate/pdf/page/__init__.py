"""The readable page: an Invoice in words, as letterhead, lines, totals and details."""
