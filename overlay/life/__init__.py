"""What she does with her face from moment to moment; pure: no window, no clock of its own."""
