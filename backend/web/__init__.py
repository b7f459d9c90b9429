"""The hub over plain HTTP."""
