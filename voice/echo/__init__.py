"""Echo cancellation: takes her own voice out of what the microphone hears."""
