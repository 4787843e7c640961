"""Lists of questions, asked in the page."""
