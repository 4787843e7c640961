"""Questions and answers in the page."""
