"""Evidence: the audit chain, digests of every row, and the walk that proves the store."""
