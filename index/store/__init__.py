"""Keep the catalog and the indexes derived from it."""
