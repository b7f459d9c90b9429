"""What counts as a word in a search, in any script."""

import unicodedata

# Scripts that put no space between words: the index takes a whole sentence for one word.
_SPACELESS = {
    "CJK",
    "HIRAGANA",
    "KATAKANA",
    "HANGUL",
    "BOPOMOFO",
    "THAI",
    "LAO",
    "KHMER",
    "MYANMAR",
    "TIBETAN",
}
_SHORTEST_BEGINNING = 3


def split(query: str) -> tuple[list[str], list[str]]:
    """The words of a query: those the full-text index can find, and those to look for as substrings."""
    indexed: list[str] = []
    others: list[str] = []
    # Control characters and halves of surrogate pairs cannot be searched for; NUL would end the query.
    printable = "".join(sign if sign.isprintable() else " " for sign in query)
    for word in printable.split():
        is_indexed = any(sign.isalnum() for sign in word) and not any(map(is_spaceless, word))
        (indexed if is_indexed else others).append(word)
    return indexed, others


def full_text(indexed: list[str], *, is_prefix: bool = False) -> str:
    """Words as an FTS5 query in which nothing is an operator; empty when prefixes change nothing.

    See https://www.sqlite.org/fts5.html#full_text_query_syntax.
    """
    quoted = ['"' + word.replace('"', " ") + '"' for word in indexed]
    if not is_prefix:
        return " ".join(quoted)
    is_long = [sum(map(str.isalnum, word)) >= _SHORTEST_BEGINNING for word in indexed]
    if not any(is_long):
        return ""
    return " ".join(f"{word}*" if long else word for word, long in zip(quoted, is_long, strict=True))


def is_spaceless(sign: str) -> bool:
    """Whether a character belongs to a script that is written without spaces between words."""
    return ord(sign) > 0x0D00 and unicodedata.name(sign, "").split("-")[0].split(" ")[0] in _SPACELESS


def fold(text: str) -> str:
    """A text for comparing: without case, accents and the differences of compatibility forms."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))


def tokens(text: str) -> list[str]:
    """The folded words of a text, without punctuation."""
    return "".join(sign if sign.isalnum() else " " for sign in fold(text)).split()


def holds(text: str, word: str, *, is_prefix: bool = False) -> bool:
    """Whether a text holds a word, as `tokens` gives it; anywhere for scripts without spaces."""
    if any(map(is_spaceless, word)):
        return word in fold(text)
    return any(token.startswith(word) if is_prefix else token == word for token in tokens(text))
