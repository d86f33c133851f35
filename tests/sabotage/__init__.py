"""Breaks one line of the code at a time and asks whether the suite notices."""
