"""Avatar packs: reading and checking them, putting their layers together, importing foreign ones."""
