"""Optional: her voice passed through an RVC model of the user's, in an environment of its own."""
