"""Archive jobs: worker processes that turn a kept mail into documents, packages and notices."""
