from datetime import UTC, datetime, timedelta, timezone

import pytest

from backend.shared.keepsakes import Keepsakes

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


async def test_memory_is_a_keeper_of_keepsakes(memory):
    keeper: Keepsakes = memory
    await keeper.keep_fact("name", "Your name is Bob")
    assert [fact.text for fact in await keeper.find_facts()] == ["Your name is Bob"]


async def test_facts_survive_a_restart_and_know_when_they_were_told(opener):
    memory = await opener(clock=NOON.timestamp)
    await memory.keep_fact("name", "Bob")
    await memory.close()
    [fact] = await (await opener()).find_facts("name")
    assert (fact.topic, fact.text, fact.told_at) == ("name", "Bob", NOON)
    assert fact.told_at.tzinfo is not None


async def test_a_fact_of_the_same_topic_is_replaced_notes_are_not(memory):
    for topic, text in [("Birthday", "3 May"), ("", "a note"), (" birthday ", "4 May"), ("", "a note")]:
        await memory.keep_fact(topic, text)
    assert [fact.text for fact in await memory.find_facts()] == ["a note", "4 May", "a note"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("dog", ["The dog is called Rex", "Two dogs live next door"]),
        ("REX dog?", ["The dog is called Rex", "Two dogs live next door"]),
        ("car", ["My car is red", "The carpet is blue"]),
        ("café", ["Meet at the cafe"]),
        ("茶", ["我喜欢喝茶"]),
        ("helicopter", []),
        ("?!", []),
    ],
)
async def test_facts_are_found_by_any_word_best_first(memory, words, expected):
    for topic, text in [
        ("car", "My car is red"),
        ("", "The carpet is blue"),
        ("dog", "The dog is called Rex"),
        ("", "Two dogs live next door"),
        ("", "Meet at the cafe"),
        ("", "我喜欢喝茶"),
    ]:
        await memory.keep_fact(topic, text)
    assert [fact.text for fact in await memory.find_facts(words)] == expected


async def test_forgetting_takes_all_of_the_words_as_whole_words(memory):
    for text in ("my car is red", "my carpet is red", "my car is old"):
        await memory.keep_fact("", text)
    assert await memory.forget_facts("red car") == 1
    assert await memory.forget_facts("") == 0
    assert await memory.forget_facts("...") == 0
    assert [fact.text for fact in await memory.find_facts()] == ["my car is old", "my carpet is red"]


async def test_a_forgotten_fact_leaves_no_byte(opener):
    memory = await opener()
    await memory.keep_fact("pet", "Quokka")
    assert await memory.forget_facts("quokka") == 1
    assert b"Quokka" not in b"".join(path.read_bytes() for path in opener.folder.iterdir())


async def test_reminders_are_listed_by_time_whatever_their_zone(memory):
    tokyo = timezone(timedelta(hours=9))
    late = await memory.add_reminder(NOON + timedelta(hours=1), "late")
    early = await memory.add_reminder(NOON.astimezone(tokyo), "early")
    naive = await memory.add_reminder((NOON - timedelta(hours=1)).astimezone().replace(tzinfo=None), "local")
    assert [reminder.text for reminder in await memory.list_reminders()] == ["local", "early", "late"]
    assert (early.due, naive.due, late.due) == (NOON, NOON - timedelta(hours=1), NOON + timedelta(hours=1))
    assert len({late.id, early.id, naive.id}) == 3


async def test_reminders_are_due_at_their_second_until_they_are_finished(opener):
    memory = await opener()
    tea = await memory.add_reminder(NOON, "tea")
    await memory.close()
    memory = await opener()
    assert await memory.due_reminders(NOON - timedelta(seconds=1)) == []
    assert await memory.due_reminders(NOON) == [tea]
    # The clock may jump; what was not finished stays due.
    assert await memory.due_reminders(NOON + timedelta(days=365)) == [tea]
    await memory.finish_reminder(tea.id)
    await memory.finish_reminder(tea.id)
    assert await memory.due_reminders(NOON + timedelta(days=1)) == []


async def test_reminders_are_cancelled_by_their_words(memory):
    for text in ("drink tea", "drink water", "call Bob"):
        await memory.add_reminder(NOON, text)
    assert await memory.cancel_reminders("tea drink") == 1
    assert await memory.cancel_reminders("?") == 0
    assert await memory.cancel_reminders("nothing") == 0
    assert await memory.cancel_reminders() == 2
    assert await memory.list_reminders() == []


@pytest.mark.parametrize("due", [datetime.max.replace(tzinfo=UTC), datetime(1970, 1, 2, tzinfo=UTC)])
async def test_the_ends_of_time_are_no_error(memory, due):
    await memory.add_reminder(due, "tea")
    [reminder] = await memory.list_reminders()
    assert abs(reminder.due - due) < timedelta(seconds=1)
