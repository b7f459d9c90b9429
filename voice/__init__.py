"""The ears and the mouth, and the terminal chat."""
