"""NAD groups -> parties in their roles."""
