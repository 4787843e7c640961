"""All places of some words, found while one types or below an answer."""
