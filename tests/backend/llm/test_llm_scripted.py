from datetime import UTC, datetime

import pytest

from backend.llm.engine import EngineError, Message, Piece, Progress, Prompt, Situation
from backend.llm.engines.scripted import DEFAULT_SCRIPT, Engine, Reply

PROMPT = Prompt([Message("user", "Hi")], Situation(datetime(2026, 1, 1, tzinfo=UTC), "Hi"))


async def say(engine: Engine) -> list[Piece]:
    return [piece async for piece in engine.stream(PROMPT)]


def text_of(pieces: list[Piece]) -> str:
    return "".join(text for piece in pieces for text in piece.texts)


async def test_the_lines_come_in_turn_and_begin_again():
    engine = Engine()
    said = [text_of(await say(engine)) for _ in range(len(DEFAULT_SCRIPT) + 1)]
    assert said == [*DEFAULT_SCRIPT, DEFAULT_SCRIPT[0]]


@pytest.mark.parametrize("text", ["", "a", "  two\n\nlines, emoji 😀😀😀😀😀😀😀😀 and [happy] tags  \n"])
async def test_a_text_is_cut_into_tokens_and_loses_nothing(text: str):
    pieces = await say(Engine([text]))
    assert text_of(pieces) == text
    assert all(len(piece.texts) == 1 for piece in pieces)


async def test_progress_comes_before_the_text():
    pieces = await say(Engine([Reply("hi", progress=[Progress("loading"), Progress("reading", 0.5)])]))
    assert [piece.progress for piece in pieces] == [Progress("loading"), Progress("reading", 0.5), None]


@pytest.mark.parametrize(
    ("after", "code", "said"), [(0, "llm-error", ""), (1, "llm-cut", "one"), (9, "llm-cut", "one two")]
)
async def test_it_fails_where_it_is_told_to(after: int, code: str, said: str):
    pieces: list[Piece] = []
    with pytest.raises(EngineError) as caught:
        async for piece in Engine([Reply("one two", fails_after=after)]).stream(PROMPT):
            pieces.append(piece)  # noqa: PERF401  # a comprehension would lose them in an error
    assert (caught.value.code, text_of(pieces)) == (code, said)


async def test_an_empty_script_has_nothing_to_say():
    engine = Engine([])
    assert not await engine.check()
    with pytest.raises(EngineError):
        await say(engine)


async def test_it_keeps_the_prompts_it_was_given():
    engine = Engine()
    await say(engine)
    assert list(engine.prompts) == [PROMPT]
