"""Commands on a running store: what operators and auditors ask and do."""
