"""German invoice law on an Invoice: §§ 13b, 14, 14a, 14c, 19, 24, 25, 25a, 25b UStG and §§ 31 to
34a UStDV, one small function per rule. Conditions stand here; words and weights stand in
`schemas/law/de/rules.toml`.

This room must not know EDIFACT beyond the places findings point to.
"""
