"""The law that an invoice is judged by: what holds everywhere, and one folder for each country that
registers its rules."""
