"""Rules of no single country: arithmetic, the form of values, what is possible but odd."""
