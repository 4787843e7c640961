"""Split text into passages, sentences and terms."""
