"""The message as a tree, the record under construction, notations and tables, and the account of
what was read."""
