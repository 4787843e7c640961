"""Turn a question and the passages found for it into an answer."""
