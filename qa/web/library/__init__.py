"""The documents in the page: listed, added, removed."""
