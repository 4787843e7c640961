"""Parsers of office files: Word, PowerPoint, Excel and OpenDocument, and what they share."""
