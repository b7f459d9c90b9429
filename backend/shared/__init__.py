"""All that the hub and its clients have in common. Imports nothing else of ours."""
