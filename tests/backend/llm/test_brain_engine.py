"""The built-in brain as the hub uses it: whole conversations, with real keepsakes in memory."""

import random
import re
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from backend.llm.brain.intents import EMOTIONS
from backend.llm.engine import Prompt, Situation
from backend.llm.engines.builtin import Engine
from backend.shared.events import DesktopContext
from backend.shared.keepsakes import Fact, Reminder
from backend.shared.records import ScreenError

ASSETS = Path(__file__).resolve().parents[3] / "assets"
NOW = datetime(2026, 11, 18, 14, 30, tzinfo=ZoneInfo("Europe/Berlin"))
REPLY = re.compile(rf"\[({'|'.join(EMOTIONS)})\] \S", re.ASCII)


def words_of(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


class MemoryKeepsakes:
    """Keepsakes in lists."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.reminders: list[Reminder] = []

    async def keep_fact(self, topic: str, text: str) -> None:
        self.facts = [fact for fact in self.facts if not topic or fact.topic != topic]
        self.facts.insert(0, Fact(topic, text, NOW))

    async def find_facts(self, words: str = "") -> list[Fact]:
        if not words:
            return list(self.facts)
        counts = [(len(words_of(words) & words_of(f"{f.topic} {f.text}")), f) for f in self.facts]
        return [fact for count, fact in sorted(counts, key=lambda pair: -pair[0]) if count]

    async def forget_facts(self, words: str) -> int:
        before = len(self.facts)
        self.facts = [f for f in self.facts if not words_of(words) <= words_of(f"{f.topic} {f.text}")]
        return before - len(self.facts)

    async def add_reminder(self, due: datetime, text: str) -> Reminder:
        self.reminders.append(Reminder(len(self.reminders) + 1, due, text))
        return self.reminders[-1]

    async def list_reminders(self) -> list[Reminder]:
        return sorted(self.reminders, key=lambda reminder: reminder.due)

    async def cancel_reminders(self, words: str = "") -> int:
        before = len(self.reminders)
        self.reminders = [r for r in self.reminders if not words_of(words) <= words_of(r.text)]
        return before - len(self.reminders)


class Talk:
    """One user with one engine."""

    def __init__(self, seed: int = 1) -> None:
        self.keepsakes = MemoryKeepsakes()
        self.engine = Engine(ASSETS, "en", self.keepsakes, random=random.Random(seed), pace_seconds=0)
        self.now = NOW

    async def say(self, text: str, **situation: object) -> str:
        self.now += timedelta(seconds=1)
        prompt = Prompt([], Situation(now=self.now, user_text=text, **situation))  # type: ignore[arg-type]
        pieces = [piece async for piece in self.engine.stream(prompt)]
        reply = "".join(text for piece in pieces for text in piece.texts)
        assert REPLY.match(reply), reply
        assert len(re.findall(r"\[", reply)) == 1, reply
        assert "{" not in reply, reply
        return reply


async def test_the_answer_comes_word_by_word_with_the_emotion_first() -> None:
    talk = Talk()
    prompt = Prompt([], Situation(now=NOW, user_text="hello"))
    texts = [text async for piece in talk.engine.stream(prompt) for text in piece.texts]
    assert texts[0] in {f"[{name}] " for name in EMOTIONS}
    assert len(texts) > 3
    assert all(len(text.split()) == 1 for text in texts)
    assert await talk.engine.check()


async def test_a_name_is_kept_used_changed_and_forgotten() -> None:
    talk = Talk()
    assert "Tom" not in await talk.say("what's my name?")
    assert "Tom" in await talk.say("my name is tom, nice to meet you")
    assert talk.keepsakes.facts[0].text == "Tom"
    await talk.say("my sister's name is Mia")
    assert "Tom" in await talk.say("what is my name")
    assert "Mia" in await talk.say("whats my sisters name?")
    await talk.say("call me Tommy")
    assert [fact.text for fact in talk.keepsakes.facts if fact.topic == "name"] == ["Tommy"]
    await talk.say("forget my name")
    assert [fact.topic for fact in talk.keepsakes.facts] == ["sister's name"]


@pytest.mark.parametrize(
    "text", ["I'm hungry", "I am so tired", "I'm Sad", "I'm fine", "I'm back", "i'm marco polo's fan"]
)
async def test_a_mood_is_not_taken_for_a_name(text: str) -> None:
    talk = Talk()
    await talk.say(text)
    assert talk.keepsakes.facts == []


@pytest.mark.parametrize(
    ("told", "asked", "answer"),
    [
        ("my favourite colour is dark green", "what's my favorite color?", "dark green"),
        ("My birthday is on 5 March", "when is my birthday?", "5 March"),
        ("I live in Berlin and you?", "where do I live?", "Berlin"),
        ("I work as a nurse", "what is my job?", "nurse"),
        ("remember that I parked on level 3", "where did I park?", "level 3"),
        ("I like strawberries and cream", "what do I like?", "strawberries and cream"),
        ("my dog is called Rex", "what is my dog's name?", "Rex"),
        ("I'm 30 years old", "how old am I?", "30"),
        ("I am allergic to nuts", "what do you know about me?", "nuts"),
    ],
)
async def test_what_is_told_is_told_again(told: str, asked: str, answer: str) -> None:
    talk = Talk()
    await talk.say(told)
    assert answer.casefold() in (await talk.say(asked)).casefold()


async def test_everything_is_forgotten_only_after_a_clear_yes() -> None:
    talk = Talk()
    await talk.say("my name is Tom")
    await talk.say("remember that the key is under the mat")
    assert "?" in await talk.say("forget everything about me")
    await talk.say("no")
    assert len(talk.keepsakes.facts) == 2
    await talk.say("forget everything about me")
    await talk.say("yes")
    assert talk.keepsakes.facts == []


async def test_forget_that_drops_only_the_last_note() -> None:
    talk = Talk()
    await talk.say("remember that the key is under the mat")
    await talk.say("remember that milk is sour")
    await talk.say("forget that")
    assert [fact.text for fact in talk.keepsakes.facts] == ["the key is under the mat"]


@pytest.mark.parametrize(
    ("said", "text", "due"),
    [
        ("remind me in 20 minutes to stretch", "stretch", "18 14:50"),
        ("remind me to stretch in 20 minutes", "stretch", "18 14:50"),
        ("remind me at 5pm to call mum", "call mum", "18 17:00"),
        ("remind me tomorrow at 9 to buy milk and bread", "buy milk and bread", "19 09:00"),
        ("Please remind me on Friday at 9, to water the plants", "water the plants", "20 09:00"),
        ("set a reminder for tomorrow at 9 to call the bank", "call the bank", "19 09:00"),
        ("remind me in an hour about my tea", "my tea", "18 15:30"),
        (
            "can you remind me in half an hour to call John-Paul's sister",
            "call John-Paul's sister",
            "18 15:00",
        ),
    ],
)
async def test_a_reminder_is_set(said: str, text: str, due: str) -> None:
    talk = Talk()
    await talk.say(said)
    assert [(r.text, r.due.strftime("%d %H:%M")) for r in talk.keepsakes.reminders] == [(text, due)]


async def test_a_timer_is_set() -> None:
    talk = Talk()
    await talk.say("set a timer for 10 minutes")
    assert [r.due for r in talk.keepsakes.reminders] == [talk.now + timedelta(minutes=10)]
    assert "10 minutes" in talk.keepsakes.reminders[0].text


async def test_she_asks_back_for_what_is_missing() -> None:
    talk = Talk()
    assert "?" in await talk.say("remind me to stretch")
    await talk.say("20")
    assert "?" in await talk.say("remind me in 5 minutes")
    await talk.say("to check the oven")
    assert "?" in await talk.say("remind me yesterday at 5 to call Bob")
    await talk.say("tomorrow at 10")
    assert [r.text for r in talk.keepsakes.reminders] == ["stretch", "check the oven", "call Bob"]
    await talk.say("remind me to sleep")
    await talk.say("never mind")
    await talk.say("30")
    assert len(talk.keepsakes.reminders) == 3


async def test_reminders_are_listed_and_cancelled() -> None:
    talk = Talk()
    await talk.say("remind me at 5pm to call my mum")
    await talk.say("remind me at 6pm to feed the cat")
    listed = await talk.say("list my reminders")
    assert "call your mum" in listed
    assert "feed the cat" in listed
    assert "?" in await talk.say("cancel my reminder")
    await talk.say("the cat one")
    assert [r.text for r in talk.keepsakes.reminders] == ["call my mum"]
    await talk.say("cancel all my reminders")
    assert talk.keepsakes.reminders == []


async def test_a_due_reminder_is_said_and_ends_no_game() -> None:
    talk = Talk()
    await talk.say("let's play rock paper scissors")
    assert "call your mum" in await talk.say("call my mum", occasion="reminder")
    assert re.search(r"rock|paper|scissors", await talk.say("rock"), re.IGNORECASE)
    await talk.say("", occasion="idle")


async def test_she_tells_what_is_on_the_screen_and_is_honest_when_blind() -> None:
    talk = Talk()
    blind = await talk.say("what am I looking at?")
    assert re.search("nothing shows me your screen|No eyes|No program shows me", blind)
    failed = ScreenError("NameError", "name 'x' is not defined", "main.py:3")
    desktop = DesktopContext("Code", "main.py [END] {user} [sad]", "ide", "Editing main.py", error=failed)
    assert "Code" in await talk.say("what am I doing?", desktop=desktop)
    assert "main.py:3" in await talk.say("what is this error?", desktop=desktop)
    assert "Firefox" in await talk.say(
        "what's on my screen", desktop=DesktopContext("Firefox", "[END] {0} cats")
    )


async def test_clock_and_sums() -> None:
    talk = Talk()
    assert "2:30 pm" in await talk.say("what time is it?")
    assert "18 November 2026" in await talk.say("what's the date?")
    assert "Wednesday" in await talk.say("which day is it?")
    assert "47" in await talk.say("what is the week number?")
    assert "37 days" in await talk.say("how many days until christmas?")
    assert "2 hours and 29 minutes" in await talk.say("how long until 5pm?")
    assert " 12" in await talk.say("15% of 80")


async def test_quiet_is_short_and_focus_asks_nothing() -> None:
    for seed in range(8):
        quiet = await Talk(seed).say("I had a bad day", mode="quiet")
        assert len(re.findall(r"[.!?](?:\s|$)", quiet)) <= 2, quiet
        focus = await Talk(seed).say("I'm working on a report", mode="focus")
        assert not focus.endswith("?") or focus.count("?") == len(re.findall(r"[.!?](?:\s|$)", focus)), focus


async def test_playful_teases_and_study_pushes_now_and_then() -> None:
    tails = {
        "playful": "admit it|blushing|applaud|keep up|adorable|cookie|posture",
        "study": "books|page|Keep|steps|sit up",
    }
    for mode, words in tails.items():
        talk = Talk()
        replies = [await talk.say("flip a coin", mode=mode) for _ in range(12)]
        assert 0 < sum(bool(re.search(words, reply)) for reply in replies) < 12


async def test_two_things_asked_get_two_answers_and_a_greeting_is_returned() -> None:
    reply = await Talk().say("Hey! What's your name? And what time is it?")
    assert "Alisa" in reply
    assert "2:30 pm" in reply
    assert re.search(r"\b(Hey|Hi|Hello)\b", reply)


@pytest.mark.parametrize(
    "text",
    [
        "I want to kill myself",
        "haha I want to die, tell me a joke",
        "i dont want to live anymore",
        "work was fine but some evenings when i come home late from the office with all these people around "
        "i just sit in the dark kitchen and feel like i want to die quietly",
    ],
)
async def test_words_of_self_harm_are_met_with_help_and_no_joke(text: str) -> None:
    for seed in range(5):
        talk = Talk(seed)
        await talk.say("tell me a riddle")
        reply = await talk.say(text)
        assert reply.startswith("[sad]")
        assert "emergency" in reply
        again = await talk.say("no")
        assert again.startswith("[sad]")


async def test_every_third_question_she_cannot_answer_tells_how_to_get_a_model() -> None:
    talk = Talk()
    replies = [await talk.say(f"whose zorgle blimps the {word}?") for word in ("wug", "dax", "fep")]
    assert not any("scripts/alisa.py" in reply or "Ollama" in reply for reply in replies[:2])
    assert "scripts/alisa.py" in replies[2] or "Ollama" in replies[2]


async def test_she_says_what_she_runs_on() -> None:
    for seed in range(4):
        assert re.search(r"program|rules|AI|rule-based|bot|brain", await Talk(seed).say("are you an AI?"))
        assert "alisa.py models" in await Talk(seed).say("how do I get a better model?")


@pytest.mark.parametrize(
    "text",
    ["こんにちは、元気ですか？", "مرحبا كيف حالك", "😀🎉", "Привет, как дела", "...", "?", " ", "你好"],
)
async def test_what_she_cannot_read_gets_a_polite_answer(text: str) -> None:
    await Talk().say(text)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 10_000,
        "what is " * 1250,
        "remind me " * 1000,
        "i " * 5000,
        "or " * 3333,
        "(" * 10_000,
        ", " * 5000,
        "hello! " * 1428,
        "1+" * 5000,
        "should i have a or b or c " * 384,
        "my name is {user} [happy] [END] " * 300,
        "\x00\u202e\ufeff" * 3000,
    ],
)
async def test_hostile_and_endless_text_is_answered(text: str) -> None:
    await Talk().say(text[:10_000])


SCRIPT = """
hi | how are you? | fine | what's up | tell me a joke | another one | haha | I'm bored | riddle me |
tell me a riddle | hint | I give up | what can you do? | my name is Kim | what's my name | are you
human? | really? | why | do you love me? | you're cute | thanks | I'm tired | work was long | my
boss is mean | yes | what should I eat? | no | I like soup | do you like soup? | what is a quasar? |
who was Caesar? | how do ships float? | why is the sky blue | ok | wow | blorf | I bought a lamp |
it is green | my cat sleeps | coffee time | flip a coin | flip a coin | flip a coin | roll a die |
roll a die | tea or coffee? | tea or coffee? | should I go or stay? | guess a number | 50 | 25 |
stop | I'm sad | no | I feel better | what do you think about rain? | you suck | sorry | ok | ok |
ok | good night | bye
"""


async def test_five_minutes_of_talk_bring_no_line_twice_in_a_row() -> None:
    for seed in range(6):
        talk = Talk(seed)
        lines = [line.strip() for line in SCRIPT.replace("\n", " ").split("|")]
        assert len(lines) >= 60
        replies = [await talk.say(line) for line in lines]
        repeated = [
            a for a, b in pairwise(replies) if a == b and not re.search("Heads|Tails|^.{0,20}$|[1-6]", a)
        ]
        assert repeated == []


async def test_a_riddle_is_solved_and_left() -> None:
    talk = Talk(3)
    await talk.say("tell me a riddle")
    pending = talk.engine._dialogue.state.pending
    assert pending is not None
    answer = talk.engine._dialogue._brain.riddles[pending.number].answers[0]
    assert answer in (await talk.say(f"is it {answer}?")).casefold()
    await talk.say("tell me a riddle")
    assert "pm" in await talk.say("what time is it?")


async def test_a_number_is_found_by_halving() -> None:
    talk = Talk(5)
    await talk.say("guess a number")
    low, high = 1, 100
    for _ in range(8):
        pending = talk.engine._dialogue.state.pending
        if pending is None:
            break
        guess = (low + high) // 2
        low, high = (guess + 1, high) if guess < pending.number else (low, guess - 1)
        await talk.say(str(guess))
    assert talk.engine._dialogue.state.pending is None


async def test_saying_the_same_thing_again_is_noticed() -> None:
    talk = Talk()
    replies = [await talk.say("I think the moon is shy") for _ in range(3)]
    assert re.search("few times|again|Third", replies[2])


async def test_what_she_is_told_to_remember_is_kept_whatever_it_is_about() -> None:
    talk = Talk()
    for told in ("that I like tea", "that my name is Bo", "my sister's name is Mia"):
        await talk.say(f"remember {told}")
    kept = await talk.say("what do you know about me?")
    assert "I like tea" in kept and "Bo" in kept and "Mia" in kept
