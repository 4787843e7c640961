"""The words of the page: a file for each language, named by its ISO 639-1 code."""
