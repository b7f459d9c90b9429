"""One turn: the user's words in, events out."""
