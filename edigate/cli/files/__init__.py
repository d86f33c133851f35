"""Commands on files: check, convert, explain, verify. They know no running store."""
