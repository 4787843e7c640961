"""The reader: a small model that reads question and passage together and says which words answer."""
