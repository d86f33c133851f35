"""LIN groups -> invoice lines with quantity, price, amounts, allowances and charges."""
