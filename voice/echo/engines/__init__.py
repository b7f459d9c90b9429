"""One file for each echo canceller; its name is the name of the engine."""
