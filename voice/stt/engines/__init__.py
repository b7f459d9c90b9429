"""One file for each way to write down speech; its name is the name of the engine."""
