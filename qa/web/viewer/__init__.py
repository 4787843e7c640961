"""A document in the page, opened at a quote."""
