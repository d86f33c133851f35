"""The daemon around the store: accepting, relay, housekeeping, logs, waiting for the store."""
