"""What she must not do without the user's yes."""
