"""Quotes that are kept, and citing them."""
