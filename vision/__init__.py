"""The eyes: presence by webcam, and the screen."""
