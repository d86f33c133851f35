"""INVOIC -> Invoice. The only room that knows EDIFACT and EN 16931."""
