"""Who may ask: hosts, tokens, visitors, and what is refused."""
