"""Formats whose text is in marks of their own: notebooks, subtitles and XML."""
