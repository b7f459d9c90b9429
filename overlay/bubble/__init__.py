"""The speech bubble: her words, the user's words to her, and questions for permission."""
