"""The renderings of a verdict: JSON, terminal, HTML and mails, all from the one list of
findings."""
