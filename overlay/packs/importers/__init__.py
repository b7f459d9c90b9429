"""Characters of other programs, turned into packs."""
