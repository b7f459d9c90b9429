"""One file for each way to make her voice; its name is the name of the engine."""
