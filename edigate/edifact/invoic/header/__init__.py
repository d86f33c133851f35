"""What the head of a message says: kind, dates, delivery, references, texts."""
