"""What the store can be asked and told, one chapter per subject."""
