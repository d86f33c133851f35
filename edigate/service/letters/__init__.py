"""What people are told: letters, digests, notices, and who gets them."""
