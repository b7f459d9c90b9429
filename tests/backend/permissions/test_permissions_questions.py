"""Questions to the user: who answers first counts, and silence is no yes."""

import asyncio

import pytest

from backend.permissions.questions import MAX_OPEN, Questions
from backend.shared.errors import AlisaError
from backend.shared.events import Question, QuestionClosed


class Room:
    """Questions, and what everybody hears of them."""

    def __init__(self) -> None:
        self.told = []
        self.now = 1000.0
        self.questions = Questions(self.told.extend, lambda: self.now)

    async def ask(self, seconds: float = 60.0) -> tuple[str, "asyncio.Task[str]"]:
        asking = asyncio.create_task(self.questions.ask("Delete it?", "one file", seconds))
        await asyncio.sleep(0)
        return self.told[-1].id, asking

    def refused(self, number: str) -> str:
        with pytest.raises(AlisaError) as refusal:
            self.questions.answer(number, is_yes=True)
        return refusal.value.code


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.mark.parametrize(("is_yes", "verdict"), [(True, "yes"), (False, "no")])
async def test_the_first_answer_counts(room, is_yes, verdict):
    number, asking = await room.ask()
    assert room.questions.open == [
        Question(id=number, text="Delete it?", detail="one file", expires_at=1060.0)
    ]
    room.questions.answer(number, is_yes=is_yes)
    assert room.refused(number) == "question-unknown"
    assert await asking == verdict
    assert room.told[1:] == [QuestionClosed(id=number, answer=verdict)]
    assert room.questions.open == []


async def test_no_answer_in_time_is_told_and_is_no_yes(room):
    number, asking = await room.ask(seconds=0.01)
    assert await asking == "expired"
    assert room.told[1:] == [QuestionClosed(id=number, answer="expired")]
    assert room.refused(number) == "question-unknown"


async def test_an_answer_after_the_machine_has_slept_comes_too_late(room):
    number, asking = await room.ask(seconds=60)
    room.now += 60
    assert room.refused(number) == "question-unknown"
    assert await asking == "expired"


async def test_an_unknown_id_is_refused(room):
    assert room.refused("nonsense") == "question-unknown"


async def test_more_than_five_are_refused_and_those_before_stay(room):
    asked = [await room.ask() for _ in range(MAX_OPEN)]
    with pytest.raises(AlisaError) as refusal:
        await room.questions.ask("One more?", "", 60)
    assert refusal.value.code == "too-many-questions"
    for number, _ in asked:
        room.questions.answer(number, is_yes=True)
    assert [await asking for _, asking in asked] == ["yes"] * MAX_OPEN


async def test_whoever_asked_and_gave_up_leaves_no_question_behind(room):
    number, asking = await room.ask()
    asking.cancel()
    await asyncio.wait([asking])
    assert room.questions.open == []
    assert room.told[1:] == [QuestionClosed(id=number, answer="expired")]


async def test_an_answer_for_one_who_just_gave_up_harms_nobody(room):
    number, asking = await room.ask()
    asking.cancel()
    room.questions.answer(number, is_yes=True)
    await asyncio.wait([asking])
    assert room.told[1:] == [QuestionClosed(id=number, answer="yes")]


async def test_a_hub_that_stops_lets_them_expire_and_asks_no_more(room):
    asked = [await room.ask() for _ in range(2)]
    room.questions.close()
    assert [await asking for _, asking in asked] == ["expired", "expired"]
    assert await room.questions.ask("Now?", "", 60) == "expired"
    assert len(room.told) == 4
