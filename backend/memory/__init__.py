"""What Alisa remembers: one SQLite file."""
