"""Text as engines on this machine may have it."""


def plain(text: str) -> str:
    """The text without what espeak-ng, which Piper uses too, takes for commands.

    These are control characters, and phonemes in double square brackets.
    """
    return "".join(letter if letter.isprintable() else " " for letter in text).replace("[[", "[ [")


def has_words(text: str) -> bool:
    """Whether there is anything to say in it: a letter or a digit."""
    return any(letter.isalnum() for letter in text)
