"""The built-in brain: understands by word patterns and answers from templates, all of them in data files."""
