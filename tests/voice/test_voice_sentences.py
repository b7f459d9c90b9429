"""How her answer is cut into pieces to speak, in many languages, and never otherwise for coming in parts."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice.sentences import LONG, LONGEST, Cutter, Piece

# "‖" stands where a sentence ends and "¦" where one is cut inside; they are not part of the text.
NUMBERS = """
It is 3.14 today.‖ Nice.
It costs 1,000.5 dollars.‖ I paid 1,000.
Das sind 3,14 Meter.‖ Gut.
We met at 9:30.‖ You were late.
Take version 2.0.1.‖ It works.
It weighs 12.5kg.‖ Heavy!
You have 3.‖ Then I have 5.
I was born in 1999.‖ Berlin was loud.
There were 45.‖ 12 of them left.
On Monday, May 3, 2024 we met again,¦ you and I.
Set it to 10:15:30, 16:9 or 4:3.‖ Done.
The score is 3-2.‖ We won.
It is 5 - 3 = 2.‖ Easy.
Version 1.2.‖ Then what?
Chapter 5.‖ The end of it all.
Take $3.50.‖ Keep the change.
Room No. 7 is free.‖ Take it.
See fig. 3 and p. 12.‖ Then rest.
"""
ABBREVIATIONS = """
Mr. Brown met Mrs. White.‖ They talked.
Dr. House is in.‖ Go!
Ask Prof. Dr. Klein.‖ He knows.
Bring fruit, e.g. apples,¦ i.e. food.‖ Thanks.
I like tea,¦ milk, etc.‖ Bananas too.
I like tea (milk,¦ etc.) and you.‖ Yes.
It opens at 9 a.m. on Monday.‖ Come.
It closes at 5 p.m.‖ The rest is silence.
We meet at 5 p.m. Eastern time.‖ Okay.
J. R. R. Tolkien wrote it.‖ I read it.
Ask George W. Bush.‖ He knows.
The U.S. economy grew.‖ Good.
She lives in the U.S.‖ She likes it.
She has a Ph.D.‖ Her work is good.
Acme Inc. makes it.‖ I use it.
He works for Acme Inc.‖ He likes it.
John Smith Jr. is here.‖ Say hi.
It is approx. five.‖ Or six.
Cats vs. dogs.‖ Who wins?
I love art.‖ You too?
Wait a sec.‖ I am coming.
In Jan. 2020 it snowed.‖ Then no more.
World War II.‖ It was long.
**Dr.** Smith is here.‖ Hello!
No.‖ I said no.‖ No!
It was I.‖ Then you came.
"""
MARKS = """
Well... I am here.‖ Are you?
So... what now?‖ Nothing.
I really do not know…¦ I think so.‖ Yes.
We waited for you all day...‖ Nobody came.
Hm.‖ Well ... yes.‖ Maybe.
What?!‖ Really!?‖ No...
Stop!!!‖ Wait.
wow!‖ that is great.‖ tell me more?‖ sure.
She said "Stop."‖ Then she left.
She said "stop." and left.‖ Then it rained.
"Why?" he asked.‖ "Because."‖ She smiled.
(He left.)‖ She stayed.
He left (really!) and came back.‖ Good.
He said ‘no.’‖ We agreed.
“Come in.”‖ “Thank you.”‖ They sat.
**Bold.**‖ *Soft.*‖ ~~Gone.~~‖ End.
This is __it.__‖ Next one.
Really!‖ (Yes.)‖ [No.]‖ Okay.
It is so.[1]‖ And so.[12]‖ Right.
Yes!‖I do.
Hello, my dear old friend,¦ how are you?‖ I am fine, thanks, and you?
As you can see:¦ it works.
Oh, you!‖ Come here, please, now.
I know the answer:¦ it is forty-two.
I thought about it —¦ and no.‖ Well — yes.
I thought about it—¦and no.‖ Well—yes.
It was a well-known state-of-the-art thing.‖ So.
A dog - a cat -¦ a bird, and a fish.
No marks at all in here
Ends without one
Is this it?‖  Yes.
Stop. . . please.
She asked: "Who are you?"‖ Nobody answered.
"""
EMOJI = """
Great! 😊‖ What now?
Great!😊‖ What now?
I see... 😊‖ What now?
Great. 😊 🎉‖ then more
Hi there 😊!‖ Good.
Family 👩‍👩‍👧‍👦. 👍🏽‖ Nice.
Done!‖ 1️⃣ First.‖ Second.
Okay ❤️.‖ I love it ✨.‖ Bye.
I am so happy to see you, 😊¦ my friend.
Yes. 😊
"""
ADDRESSES = """
Go to https://a.example.com/b.html?x=1.Y&z=Q!w#top.‖ Read it.
Go to example.com.‖ Read it.
Open main.py and README.md.‖ Then run.
Use node.js.‖ It is fast.
Mail me@example.co.uk.‖ I answer.
See [the page](https://x.example/a.b?c=D).‖ Good.
See [this. It helps](https://x.example).‖ Good.
Edit C:\\\\Users\\\\me\\\\a.txt.‖ Save.
Call foo.bar().‖ It returns.
Call `a.b. C` now.‖ Good.
It`s me.‖ Hello.
Use `x` or ``y ` z. A``.‖ Good.
I like .NET.‖ It works.
"""
GERMAN = """
Wir sehen uns am 3. Mai.‖ Bis dann!
Am 24. Dezember um 18.30 Uhr.‖ Komm!
Der 2. Versuch gelang.‖ Hurra!
Der 2. Anlauf gelang.‖ Hurra!
Im 19. Jahrhundert war das so.‖ Heute nicht.
Das ist z.B. gut.‖ Und das auch.
Das ist z. B. gut,¦ d. h. richtig.‖ Und das auch.
Äpfel, Birnen usw.‖ Dann kam Brot.
Das sind ca. 5 Mio. Euro bzw. mehr.‖ Viel!
Hr. Dr. Maier und Fr. Schulz kommen.‖ Gut.
Er ist 30.‖ Dann ging er.
„Komm!“‖ „Nein.“‖ Er ging.
„Komm!“, rief er.‖ Sie kam.
»Komm!«, rief er.‖ »Ja.«‖ Sie kam.
Vgl. Kap. 3 bzw. Abb. 4.‖ Dort steht es.
Um 300 v. Chr. lebte er.‖ Lange her.
Ich heiße Max.‖ Er auch.
Nr. 5 lebt.‖ Max. 3 Stück.‖ Gut.
Ich weiß es einfach nicht...‖ Vielleicht morgen.
"""
ROMANCE = """
Bonjour !‖ Ça va ?‖ Oui.
« Viens ! »‖ « Non. »‖ Il part.
« Viens ! » dit-il.‖ Elle vient.
M. Dupont et Mme. Durand sont là.‖ Bien.
C'est bon, p.ex. le pain.‖ Oui.
C'est bon, p. ex. le pain.‖ Oui.
Il est 14 h 30.‖ On y va ?
¡Hola!‖ ¿Qué tal?‖ Bien.
El Sr. López y la Sra. Ruiz vienen.‖ Bien.
¿Y Ud. qué dice?‖ Nada.‖ ¡Vale!
Cuesta 1.234,56 euros.‖ Mucho.
Vivo en EE. UU. desde ayer.‖ Bien.
Il sig. Rossi mangia pane,¦ vino ecc.‖ Poi dorme.
O Sr. Silva mora na Av. Brasil.‖ Bom.
Bel dhr. Jansen,¦ bijv. morgen.‖ Goed.
Kup chleb, mleko itd.‖ Potem wróć.
"""
RUSSIAN = """
Это, т.е. вот то,¦ стоит 5 тыс. рублей.‖ Дорого!
Хлеб, молоко и т. д.‖ Потом сон.
А. С. Пушкин писал.‖ Я читал.
Ну... я не знаю.‖ Да?
"""
EASTERN = """
こんにちは。‖今日は3.5度です。‖寒い！
そうですね、¦行きましょう。‖はい。
はい、行きます。‖
彼は「行く。」と言った。‖そう。
「行く。」‖「うん。」‖二人は出た。
「行く！」って言った。‖本当？‖うん！
すごい！😊‖ 次は？
本当？！‖嘘…でしょ。‖ええ。
『本。』‖次。
【注意】止まれ。‖次。
(笑)そうだね。‖うん。
値段は1,000円。‖安い。
これはpython3.11です。‖新しい。
你好！‖我叫小明，今年3.5岁。‖你呢？
他说：“好的。”‖然后走了。
他说"好的。"‖然后走了。
"好的。"‖"再见。"‖他走了。
“再见。”‖“明天见。”‖好。
今天天气很好，¦我们出去吧；好吗？‖好。
他走了……然后回来。‖好。
안녕하세요.‖ 저는 알리사예요.‖ 반가워요!
네, 알겠습니다.‖ 감사합니다.
"""
SOUTHERN = """
مرحبا.‖ كيف حالك؟‖ أنا بخير.
أهلا بك يا صديقي العزيز،¦ كيف حالك؟‖ بخير؛ شكرا.
الثمن 3.14 دولار.‖ رخيص!
آپ کیسے ہیں؟‖ ٹھیک۔‖ شکریہ۔
שלום!‖ מה שלומך?‖ טוב.
नमस्ते।‖ कैसे हो?‖ ठीक हूँ।
राम आया॥‖ वह गया।
សួស្តី។‖ អរគុណ។
Բարև։‖ Լավ։
สวัสดีค่ะ วันนี้เป็นอย่างไรบ้าง
"""
LINES = r"""
Title\n‖\nText here.‖ More.
Title\r\n‖Text.
One\n‖Two\n‖Three
1. Open it.\n‖2. Press start.\n‖3. Done
1. Open\n‖2) Press\n‖a. Wait\n‖iv. End
- milk\n‖- bread.‖ butter.‖ Jam.\n‖* eggs
> 1. Quoted.\n‖> 2. Again.
## 3. Heading\n‖Text.
First 1. one 2. two.‖ Good.
Look:\n‖```py\nx = 1. Y\n\n# Hi. You\n```\n‖Good.
Look:\n‖~~~\na. B\n```\n~~~\n‖Good.
Look: ‖```py\nx. Y\n```\n‖Good.
Look:\n‖```py\nx. Y```\n‖Good.
Look:\n‖````\n```\nx. Y\n```\n````\n‖Good.
Look:\n‖```py\nx = "```" + y. Z\n```\n‖Good.
Look:\n‖```\nx. Y\n``` ‖That is it.‖ Bye.
Look:\n‖- ‖```\n  x. Y\n  ```\n‖Good.
```x. Y``` is code.‖ Good.
```py\nnever. Closed
<think>Hm. I see.\n\nWell.</think>\n‖Hello.‖ Good.
<thinking>Hm. I see.</thinking>‖Hello.
<thin.‖ Air
*smiles. Waves.*‖ Hello!‖ Hi.
*smiles softly, warmly, at you* Hello!‖ Hi.
Hello!‖ *waves. Nods* How are you?‖ Fine.
A footnote * here.‖ Then 5 * 3.‖ Then *more.*‖ End.
| a | b |\n‖|---|---|\n‖| 1. | 2 |
"""


def _cases() -> list[str]:
    tables = (NUMBERS, ABBREVIATIONS, MARKS, EMOJI, ADDRESSES, GERMAN, ROMANCE, RUSSIAN, EASTERN, SOUTHERN)
    cases = [case for table in tables for case in table.replace("\\\\", "\\").strip().splitlines()]
    return cases + [case.replace("\\r", "\r").replace("\\n", "\n") for case in LINES.strip().splitlines()]


def cut(chunks: list[str]) -> list[Piece]:
    cutter = Cutter()
    return [piece for chunk in chunks for piece in cutter.feed(chunk)] + cutter.finish()


def marked(text: str, pieces: list[Piece]) -> str:
    """The text with the marks of the tables where it was cut."""
    out = text
    for piece, after in reversed(list(pairwise(pieces))):
        out = out[: after.start] + ("‖" if piece.ends_sentence else "¦") + out[after.start :]
    return out


def expected(case: str) -> list[tuple[str, bool]]:
    """The pieces of a case, and whether each ends a sentence."""
    parts = case.replace("¦", "¦\0").replace("‖", "‖\0").split("\0")
    pieces = [(part.rstrip("¦‖").strip(), not part.endswith("¦")) for part in parts]
    return [piece for piece in pieces if piece[0]]


def test_the_table_is_as_large_as_promised() -> None:
    assert len(set(_cases())) >= 120


@pytest.mark.parametrize("case", _cases())
def test_a_text_is_cut_where_a_reader_pauses(case: str) -> None:
    text = case.replace("‖", "").replace("¦", "")
    pieces = cut([text])
    assert [(piece.text, piece.ends_sentence) for piece in pieces] == expected(case), marked(text, pieces)
    assert all(text[piece.start : piece.end] == piece.text for piece in pieces)


@pytest.mark.parametrize("case", _cases())
def test_a_text_is_cut_alike_wherever_it_comes_apart(case: str) -> None:
    text = case.replace("‖", "").replace("¦", "")
    whole = cut([text])
    assert cut(list(text)) == whole
    for size in (2, 3, 5):
        assert cut([text[start : start + size] for start in range(0, len(text), size)]) == whole
    for place in range(1, len(text)):
        assert cut([text[:place], text[place:]]) == whole, place


PARTS = st.one_of(
    st.sampled_from(list("ab I3.1,!?…*_`~\"'«»「」。、，と好é\u0301\n\r-—:[]()<😊\u200d\u00a0")),
    st.sampled_from(
        ["**", "```", "~~~", "\n```\n", "Dr.", "z. B.", "p.m.", "the ", "The ", "I ", "http://", ". ", "... "]
    ),
    st.sampled_from(["? ", "<think>", "</think>", "[1]", "word ", "am 3. Mai ", " – ", "؟ ", "। ", "x" * 70]),
)


@settings(max_examples=120, deadline=None)
@given(st.lists(PARTS, max_size=60), st.data())
def test_any_text_is_cut_alike_however_it_comes(parts: list[str], data: st.DataObject) -> None:
    text = "".join(parts)
    whole = cut([text])
    assert cut(list(text)) == whole
    assert cut(parts) == whole
    place = data.draw(st.integers(0, len(text)))
    assert cut([text[:place], "", text[place:]]) == whole


@settings(max_examples=120, deadline=None)
@given(st.lists(PARTS, max_size=60))
def test_no_word_is_lost_or_said_twice(parts: list[str]) -> None:
    text = "".join(parts)
    end = 0
    for piece in cut(parts):
        assert piece.text == text[piece.start : piece.end] == piece.text.strip() != ""
        assert text[end : piece.start].strip() == ""
        end = piece.end
    assert text[end:].strip() == ""


def given_out(text: str) -> str:
    """What has been read of a text when its first piece is given out."""
    cutter = Cutter()
    for at, character in enumerate(text):
        if cutter.feed(character):
            return text[: at + 1]
    return ""


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Hello! How are you?", "Hello! H"),
        ("Of course I can, my dear.", "Of course I can, m"),
        ("It is so. Then we go.", "It is so. T"),
        ("It is so.\nThen", "It is so.\n"),
        ("At 5 p.m. The rest", "At 5 p.m. The "),
        ("そうですね、行こう。", "そうですね、行"),
        ("好的。我来了。", "好的。我"),
    ],
)
def test_the_first_piece_comes_as_soon_as_it_is_certain(text: str, read: str) -> None:
    assert given_out(text) == read


@pytest.mark.parametrize("first", ["Well, ", "Oh, no, ", "はい、", "😊 - ", "[happy] *smiles warmly* Oh, "])
def test_what_is_too_short_to_speak_by_itself_waits_for_more(first: str) -> None:
    assert cut([first + "it is so. Good."])[0].text == first + "it is so."


def test_signs_without_words_do_not_count_as_the_first_piece() -> None:
    pieces = cut(["---\n😊\nWhen you come home, we eat."])
    assert [piece.text for piece in pieces][2:] == ["When you come home,", "we eat."]


def test_a_long_sentence_is_cut_at_a_clause() -> None:
    text = "Yes. " + "and then we went on and on, " * 20
    lengths = [len(piece.text) for piece in cut([text])[1:-1]]
    assert lengths and all(LONG // 2 <= length <= LONG for length in lengths)


def test_a_long_sentence_without_clauses_is_cut_at_a_blank() -> None:
    text = "word " * 200
    pieces = cut([text])
    assert len(pieces) > 2
    assert all(len(piece.text) <= LONGEST and set(piece.text.split()) == {"word"} for piece in pieces)
    assert [piece.ends_sentence for piece in pieces[-2:]] == [False, True]


def test_a_clause_at_the_very_beginning_is_no_place_to_cut_a_long_sentence() -> None:
    text = "Yes. Here you see, " + "word " * 100
    assert len(cut([text])[1].text) > LONG


def test_a_long_quotation_may_be_cut_behind_its_question() -> None:
    text = "Yes. " + "a word or two " * 9 + '"Why?" he asked ' + "and on it went " * 9
    assert cut([text])[1].text.endswith('"Why?"')


def test_chinese_without_marks_is_cut_after_as_long_a_time_as_english() -> None:
    assert {len(piece.text) for piece in cut(["好" * 303])} == {LONGEST // 3 + 1, 101}


def test_a_word_without_end_is_cut_but_not_before_an_accent() -> None:
    pieces = cut(["e\u0301" * 400])
    assert len(pieces) > 1
    assert all(piece.text[0] == "e" for piece in pieces)


def test_an_address_is_never_cut() -> None:
    address = "https://example.com/" + "a" * 1000
    assert cut([address])[0].text == address


def test_long_code_is_one_piece() -> None:
    code = "```\n" + "x = 1. Y\n" * 200 + "```"
    assert [piece.text for piece in cut([f"Look:\n{code}\nGood."])] == ["Look:", code, "Good."]


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "part",
    [
        "a",
        ".",
        ". ",
        "`",
        "*a ",
        "<",
        "- ",
        " ",
        "😊",
        "[",
        "\n",
        ", ",
        "e.g. ",
        "好",
        '"',
        "«",
        "<think>",
        "```\n",
    ],
)
def test_a_hostile_text_of_twenty_thousand_characters_is_cut_all_the_same(part: str) -> None:
    text = part * (20_000 // len(part))
    assert cut([text]) == cut(list(text))
