"""What must not be lost: mails, deliveries, jobs, documents, mailboxes, objects and the audit chain.

This room must not know mail protocols, EDIFACT or invoices.
"""
