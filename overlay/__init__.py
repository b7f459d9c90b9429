"""The face: the avatar on the desktop, and the hands."""

NO_SCREEN = "There is no screen to show her on. Start her face in a desktop session; the chat works without."
