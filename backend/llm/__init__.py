"""Her brain: one file per engine in engines/, and the ladder that picks one."""
