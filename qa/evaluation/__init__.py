"""Measure answers against labelled questions."""
