"""Her voice: text in, sound out, by whichever engine works."""
