"""Golden verdicts of public sample messages: hash of the sample and what we expect, never its
content."""
