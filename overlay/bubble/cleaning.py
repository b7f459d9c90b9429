"""What may not reach the screen: control characters, and marks that make text look like another text."""

import re

MAX_STACKED_MARKS = 4
"""As many marks may stand on one letter; more only paint over the lines above."""

# Controls but newline and tab; overrides, embeddings, isolates and marks of direction; separators of lines;
# invisible operators; tags; half characters. ZWNJ and ZWJ stay: Persian and emoji need them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
_MARKS = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_STACK = re.compile(f"({_MARKS}{{{MAX_STACKED_MARKS}}}){_MARKS}+")


def clean(text: str) -> str:
    """Her words without what cannot be seen; newlines are kept, a tab becomes four spaces."""
    text = text.replace("\r\n", "\n").replace("\u2028", "\n").replace("\u2029", "\n\n").replace("\t", "    ")
    return _STACK.sub(r"\1", _UNSEEN.sub("", text))


def reveal(text: str) -> str:
    """The same for what the user has to decide on: what cannot be seen is named instead of removed.

    A command that hides a part of itself behind a change of direction then looks as strange as it is.
    """
    text = text.replace("\r\n", "\n").replace("\t", "    ")
    return _STACK.sub(r"\1", _UNSEEN.sub(lambda found: f"<U+{ord(found[0]):04X}>", text))
