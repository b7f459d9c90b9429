"""What she does by herself."""
