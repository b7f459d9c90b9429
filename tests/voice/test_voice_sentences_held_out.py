"""Thirty texts that were written before the cutter was, as a check on what it had not been fitted to."""

import pytest

from voice.sentences import Cutter

CASES: list[tuple[str, list[str]]] = [
    (
        "Good evening! I missed you today, you know. How was work?",
        ["Good evening!", "I missed you today, you know.", "How was work?"],
    ),
    (
        "Since you asked so nicely, I will tell you. It is 42.",
        ["Since you asked so nicely,", "I will tell you.", "It is 42."],
    ),
    (
        "Mrs. Potter lives at 12 Baker St. in London. She is 71.5 years old.",
        ["Mrs. Potter lives at 12 Baker St. in London.", "She is 71.5 years old."],
    ),
    ("Wake me at 6:45 a.m. please. Thanks!", ["Wake me at 6:45 a.m. please.", "Thanks!"]),
    (
        "The meeting ends at 5 p.m. Then we can play.",
        ["The meeting ends at 5 p.m.", "Then we can play."],
    ),
    (
        "Open settings.json, then set version to 2.10.3. Save it.",
        ["Open settings.json,", "then set version to 2.10.3.", "Save it."],
    ),
    (
        'He whispered "Are you there?" and waited. Nobody came.',
        ['He whispered "Are you there?" and waited.', "Nobody came."],
    ),
    ("What?! No way!!! 😱😱 You really did it?", ["What?!", "No way!!! 😱😱", "You really did it?"]),
    ("Hmm... let me think... Okay. Got it.", ["Hmm... let me think...", "Okay.", "Got it."]),
    (
        "**Important!** Drink water. *Please.* I care.",
        ["**Important!**", "Drink water.", "*Please.*", "I care."],
    ),
    (
        "Here you go:\n\n```python\nx = 1. \nprint('Hi. There')\n```\nDoes it work?",
        ["Here you go:", "```python\nx = 1. \nprint('Hi. There')\n```", "Does it work?"],
    ),
    (
        "My plan\n- buy milk\n- call J. K. Rowling\n- sleep",
        ["My plan", "- buy milk", "- call J. K. Rowling", "- sleep"],
    ),
    (
        "Look at https://docs.python.org/3/library/re.html?x=Y. It helps.",
        ["Look at https://docs.python.org/3/library/re.html?x=Y.", "It helps."],
    ),
    ("No. I will not do that. No. 5 is alive.", ["No.", "I will not do that.", "No. 5 is alive."]),
    (
        "hey, it's me. i was bored. what are you doing? nothing much here.",
        ["hey, it's me.", "i was bored.", "what are you doing?", "nothing much here."],
    ),
    (
        "Guten Morgen! Am 24. Dezember feiern wir z. B. Weihnachten. Kommst du?",
        ["Guten Morgen!", "Am 24. Dezember feiern wir z. B. Weihnachten.", "Kommst du?"],
    ),
    (
        "Das kostet ca. 1.299,50 Euro bzw. etwas mehr. Zu teuer?",
        ["Das kostet ca. 1.299,50 Euro bzw. etwas mehr.", "Zu teuer?"],
    ),
    (
        "„Wo bist du?“, fragte sie. Er schwieg. „Hier.“ Dann ging das Licht an.",
        ["„Wo bist du?“,", "fragte sie.", "Er schwieg.", "„Hier.“", "Dann ging das Licht an."],
    ),
    (
        "Äpfel, Birnen, Nüsse usw. Das reicht für heute.",
        ["Äpfel, Birnen, Nüsse usw.", "Das reicht für heute."],
    ),
    (
        "Bonjour ! Tu as vu M. Dupont ce matin ? Il t'attend à 14 h.",
        ["Bonjour !", "Tu as vu M. Dupont ce matin ?", "Il t'attend à 14 h."],
    ),
    (
        "« Viens ici ! » cria-t-elle. « Tout de suite ! » Il obéit.",
        ["« Viens ici ! » cria-t-elle.", "« Tout de suite ! »", "Il obéit."],
    ),
    (
        "¡Hola! ¿Qué tal estás? El Sr. García llegó a las 10.30 h.",
        ["¡Hola!", "¿Qué tal estás?", "El Sr. García llegó a las 10.30 h."],
    ),
    (
        "おはよう！今日は3.5キロ走ったよ。すごいでしょ？えへへ…でも疲れた。",
        ["おはよう！", "今日は3.5キロ走ったよ。", "すごいでしょ？", "えへへ…でも疲れた。"],
    ),
    (
        "先生は「もう遅い。」と言いました。「帰ろう。」みんな黙った。",
        ["先生は「もう遅い。」と言いました。", "「帰ろう。」", "みんな黙った。"],
    ),
    (
        "你好！我叫爱丽莎，很高兴认识你。你喜欢什么？“音乐。”他说。",
        ["你好！", "我叫爱丽莎，很高兴认识你。", "你喜欢什么？", "“音乐。”", "他说。"],
    ),
    (
        "مرحبا بك يا صديقي، كيف حالك؟ أنا بخير؛ شكرا لك.",
        ["مرحبا بك يا صديقي،", "كيف حالك؟", "أنا بخير؛ شكرا لك."],
    ),
    ("नमस्ते। आप कैसे हैं? मैं ठीक हूँ।", ["नमस्ते।", "आप कैसे हैं?", "मैं ठीक हूँ।"]),
    (
        "Привет! Это стоит 5 тыс. рублей, т.е. дорого. Понимаешь?",
        ["Привет!", "Это стоит 5 тыс. рублей, т.е. дорого.", "Понимаешь?"],
    ),
    ("안녕하세요. 저는 알리사입니다. 반가워요! 😊", ["안녕하세요.", "저는 알리사입니다.", "반가워요! 😊"]),
    (
        "The cake (chocolate, with cherries) is ready. (I ate some.) Sorry — not sorry!",
        ["The cake (chocolate,", "with cherries) is ready.", "(I ate some.)", "Sorry — not sorry!"],
    ),
]


def pieces_of(chunks: list[str]) -> list[str]:
    cutter = Cutter()
    return [piece.text for chunk in chunks for piece in cutter.feed(chunk)] + [
        piece.text for piece in cutter.finish()
    ]


@pytest.mark.parametrize(("text", "pieces"), CASES)
def test_a_text_the_cutter_was_not_written_for_is_cut_as_a_reader_would(text: str, pieces: list[str]) -> None:
    assert pieces_of([text]) == pieces
    assert pieces_of(list(text)) == pieces
