"""What the memory keeps at hand so that an answer need not wait for the disk."""


async def test_ids_of_earlier_messages_are_known_after_a_restart(opener):
    memory = await opener()
    assert not memory.knows("c1")
    assert not memory.knows(None)
    await memory.add_user_message("t1", "hello", "typed", "c1")
    await memory.add_user_message("t2", "hello", "typed")
    assert memory.knows("c1")
    await memory.close()
    memory = await opener()
    await memory.load_client_ids()
    assert memory.knows("c1")
    assert not memory.knows("c2")


async def test_facts_are_read_anew_after_every_change(opener):
    memory = await opener()
    assert await memory.find_facts() == []
    await memory.keep_fact("name", "Bo")
    assert [fact.text for fact in await memory.find_facts()] == ["Bo"]
    await memory.keep_fact("name", "Mia")
    assert [fact.text for fact in await memory.find_facts()] == ["Mia"]
    await memory.forget_facts("Mia")
    assert await memory.find_facts() == []
