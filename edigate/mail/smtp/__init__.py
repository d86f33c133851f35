"""SMTP in: listeners for partners and submission, sessions, and the mails they take."""
