"""Retrievers for other frameworks: `langchain`, `llama_index` and `haystack`, each with the extra of its name.

Each finds the passages that `Assistant.find` finds, in its order, as documents of its framework.
"""
