"""The terminal chat: type to her and read her answers as they come."""
