"""What is read aloud of what she wrote."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice.sentences import Cutter
from voice.speakable import CODE_SENTENCE, speak

CASES = [
    # Tags and actions
    ("[happy] Hi!", "Hi!"),
    ("Hi! [SAD]", "Hi!"),
    ("[emotion: angry] No.", "No."),
    ("<happy>Yes</happy> dear.", "Yes dear."),
    ("[laughs softly] Stop it!", "Stop it!"),
    ("Press [Enter] now.", "Press Enter now."),
    ("Dear [your name], hello.", "Dear your name, hello."),
    ("*smiles* Hello!", "Hello!"),
    ("*Looks at you.* Hello!", "Hello!"),
    ("*tilts her head* Really?", "Really?"),
    ("Hi *waves* how are you?", "Hi how are you?"),
    ("She *looks* fine, and *never* sleeps.", "She looks fine, and never sleeps."),
    ("*Really?* I thought so.", "Really? I thought so."),
    ("*lächelt* Hallo!", "Hallo!"),
    ("*微笑む* こんにちは。", "こんにちは。"),
    ("これは*重要*です。", "これは重要です。"),
    ("*smiles*", ""),
    ("*smiles*, hello.", "hello."),
    # Markdown
    ("**Bold**, __strong__, _soft_ and ~~gone~~.", "Bold, strong, soft and gone."),
    ("***All*** of it", "All of it"),
    ("**Not closed", "Not closed"),
    ("# My day", "My day."),
    ("## **My day:**", "My day:"),
    ("> She said so.", "She said so."),
    ("- milk\n- bread\n* eggs!", "milk. bread. eggs!"),
    ("1. Open it\n2. Press start.", "1. Open it. 2. Press start."),
    ("- [x] done\n- [ ] open", "done. open."),
    ("- 牛乳", "牛乳。"),
    ("First\n\nSecond", "First. Second"),
    ("One\ntwo.", "One two."),
    ("---", ""),
    ("| a | b |\n|---|:-:|\n| 1 | 2 |", "a, b. 1, 2."),
    ("It is so.[1] Yes[^2].", "It is so. Yes."),
    ("A \\*star\\* here", "A star here"),
    ("the snake_case __init__ name", "the snake case init name"),
    # Code
    ("```py\nx = 1\n```", CODE_SENTENCE),
    ("```py\nx = 1", CODE_SENTENCE),
    ("~~~\nx = 1\n~~~", CODE_SENTENCE),
    ("Look: ```py\nx\n``` and\n```\ny\n```\nGood.", f"Look: {CODE_SENTENCE} and. Good."),
    ("````\n```\n````\nGood.", f"{CODE_SENTENCE} Good."),
    ("Run `git status` now.", "Run git status now."),
    ("Call ```foo``` or `read_file()`.", "Call foo or read file."),
    ("Write `**kwargs` and `<div>`.", "Write kwargs and div."),
    ("It`s me.", "Its me."),
    # Addresses
    ('Read [the docs](https://a.example/b_(c) "T").', "Read the docs."),
    ("![a cat](cat.png) is here", "a cat is here"),
    ("Go to https://www.example.com/a/b.html?x=1#y.", "Go to example.com."),
    ("Go to <http://me:pw@example.com:8080/a>!", "Go to example.com!"),
    ("Go to www.example.com, or **example.org/path/x**.", "Go to example.com, or example.org."),
    ("(see https://example.com/a)", "(see example.com)"),
    ("Text [1].\n\n[1]: https://example.com/x", "Text."),
    ("Mail me@example.com and/or use node.js.", "Mail me@example.com and/or use node.js."),
    # Pictures
    ("I ❤️ you 👩‍👩‍👧‍👦👍🏽!", "I you!"),
    ("😊", ""),
    ("1️⃣ First", "1 First"),
    ("Nice :) and :D but 9:30.", "Nice and but 9:30."),
    ("✨ ★ ■ ok", "ok"),
    # Signs
    ("A → B -> C", "A to B to C"),
    ("Tom & Ann, R&D", "Tom and Ann, R and D"),
    ("20 % of 5%, 20°C, 90°", "20 percent of 5 percent, 20 degrees Celsius, 90 degrees"),
    ("~5 of 2 * 3 = 6, 2*3, 1 + 1", "about 5 of 2 times 3 equals 6, 2 times 3, 1 plus 1"),
    ("x < 5 &amp; y ≥ 3", "x less than 5 and y at least 3"),
    ("#1 of #cats", "number 1 of #cats"),
    ("Yay~ so ~ nice", "Yay so nice"),
    # What is not for ears
    ("a\u202eb\u200bc\x00d\x1b[0m\ufeff", "abcd0m"),
    ("می\u200cخواهم", "می\u200cخواهم"),
    ("<think>Hm. *I* see.</think>Hello.", "Hello."),
    ("<think>Hm.", ""),
    ("half \ud83d", "half"),
    # Nothing to say
    ("", ""),
    ("...", ""),
    (" \n\t", ""),
    ("?!", ""),
    ("**", ""),
    # Ordinary words stay as they are
    ("Well... I don't know — it's 3.14, \"yes\"?!", "Well... I don't know — it's 3.14, \"yes\"?!"),
    ("Das ist z. B. schön (finde ich).", "Das ist z. B. schön (finde ich)."),
    ("「行く。」と言った。", "「行く。」と言った。"),
    ("I love .NET and C#.", "I love .NET and C#."),
    ("Dr. O'Neil: 9:30 a.m., $1,000.50", "Dr. O'Neil: 9:30 a.m., $1,000.50"),
]


@pytest.mark.parametrize(("text", "spoken"), CASES)
def test_a_text_is_read_as_a_person_would_read_it(text: str, spoken: str) -> None:
    assert speak(text) == spoken


def test_signs_are_left_to_the_engine_in_other_languages() -> None:
    assert speak("20 % & 5°C → **gut**", language="de-DE") == "20 % & 5°C → gut"
    assert speak("20 %", language="en-GB") == "20 percent"


def test_what_is_said_of_code_can_be_chosen() -> None:
    assert speak("```\nx\n```", code="Da ist Code \\1.") == "Da ist Code \\1."
    assert speak("```\nx\n```", code="") == ""


def test_no_action_is_read_aloud_though_it_was_written_in_several_sentences() -> None:
    cutter = Cutter()
    pieces = [piece for letter in "*smiles. Waves, slowly.* Hello, dear!" for piece in cutter.feed(letter)]
    spoken = [speak(piece.text) for piece in pieces + cutter.finish()]
    assert "".join(spoken) == "Hello, dear!"


MARKUP = st.lists(
    st.sampled_from(
        [*"ab1 \n.*_`~[]()<>|#-&%°😊\u200d\"'好\\:/!", "http://a.b/c", "```\n", "[happy]", "*smiles*"]
    ),
    max_size=40,
).map("".join)


@settings(max_examples=100, deadline=None)
@given(MARKUP)
def test_what_is_read_is_one_line_without_marks_or_pictures(text: str) -> None:
    spoken = speak(text)
    assert spoken == " ".join(spoken.split())
    assert not set(spoken) & set("`[]|😊_°%&")
    assert spoken == "" or any(letter.isalnum() for letter in spoken)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=st.characters(categories=["Lu", "Ll", "Lo", "Nd"]), min_size=1, max_size=30))
def test_plain_letters_are_never_lost(word: str) -> None:
    assert speak(f"{word}, yes.") == f"{word}, yes."


HOSTILE = """
a * ** *a_ **a_ _ __a ` ``a_ [ [a]( [a] ![ ]( [a][ < <a_ <think> http:// http://a_ www. a. a./ - -_ > | |_a_
|- & % ° ~ ^ a^ =_ () (_) _. ,_ [a_ [laughs_ *smiles*_ \\ " :- x@ a.b. .a- ${ 好 😊 [^1]:_ [a]:_ [happy
[emotion: <a_b= a_b_ ->_
"""


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "part",
    [part.replace("_", " ") for part in HOSTILE.split()]
    + [
        "_",
        "__a",
        " ",
        "\n",
        " \n",
        "```\n",
        "~~~\n",
        "- a\n",
        "# a\n",
        "1. a\n",
        "a \n \n",
        "\u200d",
        "\u202e",
        "\ufe0f",
    ],
)
def test_a_hostile_text_takes_no_longer_than_its_length(part: str) -> None:
    # With one pattern that is not linear this takes minutes, and the time limit of the test ends it.
    speak(part * (50_000 // len(part)))
