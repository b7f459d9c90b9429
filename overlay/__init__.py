"""The face: the avatar on the desktop, and the hands."""
