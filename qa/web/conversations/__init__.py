"""Conversations that are kept, listed and saved."""
