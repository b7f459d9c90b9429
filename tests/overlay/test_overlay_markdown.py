"""Markdown as it streams in."""

import itertools
import random

import pytest

from overlay.bubble.cleaning import clean, reveal
from overlay.bubble.inline import Run
from overlay.bubble.markdown import CUT_NOTE, MAX_CHARACTERS, Markdown

TEXT = """# Title
Hello **bold *both* x** and *it* `co*de` 2*3*4 snake_case_name __strong__ ~~no~~
- one
  - two **b**
1. first
- [x] done
> quote
```python
def f(a, b):

    return a * b
```
after [link](https://ex.org/a_(b)) and https://foo.bar/x_y. End <https://a.b>
---
unclosed **bold
[x] not, an \\*escape\\* ***bi*** **日本**語
"""


def read(text, sizes=(10**6,)):
    markdown, runs, seen, at = Markdown(), [], [], 0
    index = 0
    while at < len(text):
        size = sizes[index % len(sizes)]
        change = markdown.feed(text[at : at + size])
        at, index = at + size, index + 1
        runs += change.stay
        seen.append("".join(run.text for run in [*runs, *change.rest]))
    runs += markdown.end().stay
    return runs, seen


def cells(runs):
    return [(char, run.styles, run.link) for run in runs for char in run.text]


def plain(runs):
    return "".join(run.text for run in runs)


def styles_of(runs, text):
    return set(next(run.styles for run in runs if text in run.text))


def test_what_is_shown_does_not_depend_on_how_the_pieces_are_cut():
    whole = cells(read(TEXT)[0])
    for seed in range(60):
        chance = random.Random(seed)
        sizes = [chance.randint(1, 7) for _ in range(500)]
        assert cells(read(TEXT, sizes)[0]) == whole, seed


def test_marks_become_styles_and_vanish():
    runs, _ = read(TEXT)
    assert styles_of(runs, "Title") == {"bold", "heading"}
    assert styles_of(runs, "both") == {"bold", "italic"}
    assert styles_of(runs, "co*de") == {"code"}
    assert styles_of(runs, "no") == {"struck"}
    assert styles_of(runs, "def f") == {"block"}
    assert styles_of(runs, "quote") == {"quote"}
    assert styles_of(runs, "日本") == {"bold"}
    text = plain(runs)
    assert "• one\n◦ two b\n1. first\n☑ done\n" in text
    assert "2*3*4 snake_case_name" in text
    assert "unclosed **bold\n[x] not, an *escape* bi 日本語" in text
    assert "```" not in text


def test_links_keep_their_address():
    links = {run.text: run.link for run in read(TEXT)[0] if run.link}
    assert links == {
        "link": "https://ex.org/a_(b)",
        "https://foo.bar/x_y": "https://foo.bar/x_y",
        "https://a.b": "https://a.b",
    }


def test_an_unfinished_mark_is_never_seen():
    _, seen = read("so **this is bold** and `code` [a link](http://x.y/z) end", (1,))
    assert not [text for text in seen if "*" in text or "`" in text or "[" in text or "(" in text]
    # Nothing that was shown is taken back, but for the bracket of a link that is just being closed.
    shrinks = [b for a, b in itertools.pairwise(seen) if len(b) < len(a)]
    assert len(shrinks) <= 1


def test_bold_is_bold_before_its_end():
    markdown = Markdown()
    change = markdown.feed("I am **very hap")
    assert [run.text for run in change.rest if "bold" in run.styles] == ["very hap"]


def test_newlines_at_the_end_are_not_shown():
    assert plain(read("one\n\n\n")[0]) == "one"
    assert plain(read("\n\none\n\ntwo")[0]) == "one\n\ntwo"


def test_code_is_left_alone():
    runs, _ = read("```\n**no** [x](y)\n```\n**yes**")
    assert ("**no** [x](y)", {"block"}) == (runs[0].text, set(runs[0].styles))
    assert styles_of(runs, "yes") == {"bold"}


def test_more_than_the_limit_is_cut_and_said_so():
    runs, _ = read("x" * (MAX_CHARACTERS + 500), (700,))
    assert plain(runs) == "x" * MAX_CHARACTERS + CUT_NOTE


def test_nesting_is_bounded():
    runs, _ = read("**a *b **c *d **e *f **g *h* g** f* e** d* c** b* a**")
    assert max(len(run.styles) for run in runs) <= 3


@pytest.mark.parametrize(
    "piece",
    [
        "*a ",
        "[",
        "**",
        "`a ",
        "(",
        "[a](",
        "https://",
        "> ",
        "_a*b_",
        "\\",
        "<http://",
        "***a",
        "![a](",
        "- ",
    ],
)
def test_hostile_input_takes_bounded_time(piece):
    text = (piece * MAX_CHARACTERS)[:MAX_CHARACTERS]
    # Without bounds this takes minutes, and the time limit of every test ends it.
    runs, _ = read(text, (300,))
    assert len(plain(runs)) <= MAX_CHARACTERS


def test_what_cannot_be_seen_is_removed():
    assert clean("a\x00b\x1b[31m\u202ec\u2066d\u200b\ufeff\r\ne\tf\ud800") == "ab[31mcd\ne    f"
    assert clean("نیم\u200cفاصله 👩\u200d💻") == "نیم\u200cفاصله 👩\u200d💻"
    assert len(clean("a" + "\u0301" * 50)) == 5


def test_what_is_to_be_decided_on_hides_nothing():
    assert reveal("rm \u202e x\x07\r\n\ty") == "rm <U+202E> x<U+0007>\n    y"


def test_a_run_of_controls_cannot_forge_a_mark():
    assert plain(read("*\u200b*no*\u200b*")[0]) == "no"
    assert Run("x").styles == frozenset()
