"""What every chapter stands on: database, the one writer, files, objects, identifiers."""
