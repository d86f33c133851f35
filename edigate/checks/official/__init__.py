"""The official XSD and Schematron of EN 16931, and their hits as findings people can act on."""
