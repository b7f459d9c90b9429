"""What a face needs to know, between real processes: her voice, the senses, their switches, questions."""

import asyncio
import json
import sys

import pytest

from tests.hub_process import ROOT, environment
from tests.together.asking_hub import AskingHub

VISEMES = [[0.0, "closed"], [0.12, "wide"], [0.4, "closed"]]

# Links to the hub as a capturing process does, says what it captures, and lives until it is killed.
REPORTER = """
import asyncio, sys
from pathlib import Path
from backend.shared.client import HubClient, Linked
from backend.shared.events import Hearing, Hello, SenseReport, SpeechStart
from backend.shared.records import Sense

async def report(home, *names):
    client = HubClient(Path(home), Hello(name="reporter"))
    async for event in client.listen():
        if isinstance(event, Linked):
            await client.send(SenseReport(senses=[Sense(name, True, "of " + names[0]) for name in names]))
            await client.send(Hearing(state="listening"))
            await client.send(SpeechStart())

asyncio.run(report(*sys.argv[1:]))
"""


@pytest.fixture
async def start_reporter(home):
    started = []

    async def start(*names: str) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", REPORTER, str(home), *names, cwd=ROOT, env=environment(home)
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
            await process.wait()
        process._transport.close()


@pytest.fixture
async def asking_hub(home):
    hub = await AskingHub(home, llm_engine="scripted").start()
    yield hub
    await hub.kill()
    hub.process._transport.close()


def on(senses: list[dict]) -> set[str]:
    return {sense["name"] for sense in senses if sense["is_on"]}


async def test_a_voice_is_told_to_all_but_to_plain_clients(shared_hub):
    async with shared_hub.typed({}) as voice, shared_hub.typed({}) as face, shared_hub.plain() as plain:
        await face.until("snapshot")
        utterance = {"id": "u1", "started_at": 12.5, "visemes": VISEMES, "turn": "t", "text": "Hello"}
        await voice.send(type="utterance", **utterance)
        await voice.send(type="speech-level", level=0.25)
        await voice.send(type="hearing", state="transcribing", text="so fa")
        await voice.send(type="call-face")
        await voice.send(type="speech-start")
        heard = await face.until("speech-started")
        numbers = [event.pop("seq") for event in heard]
        assert heard == [
            {"type": "utterance-started", **utterance},
            {"type": "speech-level-changed", "level": 0.25},
            {"type": "hearing-changed", "state": "transcribing", "text": "so fa"},
            {"type": "face-called"},
            {"type": "speech-started"},
        ]
        assert numbers == sorted(set(numbers))
        assert await plain.receive() == "[SPEECH_START]"


@pytest.mark.parametrize(
    "event",
    [
        {"type": "speech-level", "level": 1.5},
        {"type": "speech-level", "level": -0.1},
        {"type": "utterance", "id": "u", "started_at": 1, "visemes": [[0, "grin"]]},
        {"type": "utterance", "id": "u", "started_at": 1, "visemes": [[2, "wide"], [1, "closed"]]},
        {"type": "utterance", "id": "u", "started_at": 1, "visemes": [[0, "wide"]] * 2001},
        {"type": "utterance", "id": "", "started_at": 1, "visemes": []},
        {"type": "hearing", "state": "sleeping"},
        {"type": "sense-report", "senses": [{"name": "smell", "is_on": True}]},
        {"type": "sense-report", "senses": [{"name": "camera", "is_on": True}] * 9},
        {"type": "flip-switch", "name": "everything", "is_on": False},
        {"type": "flip-switch", "name": "camera"},
        {"type": "answer", "id": "nobody asked", "yes": True},
    ],
    ids=lambda event: json.dumps(event)[:60],
)
async def test_what_makes_no_sense_is_refused_and_told_to_nobody(shared_hub, event):
    async with shared_hub.typed({}) as client, shared_hub.typed({}) as other:
        await client.until("snapshot")
        await other.until("snapshot")
        await client.send(**event)
        error = await client.receive()
        assert error["type"] == "error"
        assert error["code"] == ("question-unknown" if event["type"] == "answer" else "bad-message")
        await client.send(type="call-face")
        assert (await other.receive())["type"] == "face-called"


async def test_the_senses_of_a_process_that_is_killed_are_gone(start_hub, start_reporter):
    hub = await start_hub(llm_engine="scripted")
    async with hub.typed({}) as face:
        assert (await face.until("snapshot"))[-1]["senses"] == []
        ears = await start_reporter("microphone", "cloud-voice")
        assert on((await face.until("senses-changed"))[-1]["senses"]) == {"microphone", "cloud-voice"}
        await face.until("speech-started")
        await start_reporter("camera", "microphone")
        both = (await face.until("senses-changed"))[-1]["senses"]
        assert on(both) == {"microphone", "cloud-voice", "camera"}
        assert both[0]["detail"] == "of microphone, of camera"
        await face.until("speech-started")
        ears.kill()
        left = (await face.until("senses-changed"))[-1]["senses"]
        assert {sense["name"]: sense["is_on"] for sense in left} == {
            "microphone": True,
            "camera": True,
        }
        async with hub.typed({}) as late:
            assert (await late.until("snapshot"))[-1]["senses"] == left


async def test_a_voice_and_ears_that_are_killed_are_silent(start_hub, start_reporter):
    hub = await start_hub(llm_engine="scripted")
    async with hub.typed({}) as face:
        reporter = await start_reporter("microphone")
        await face.until("speech-started")
        reporter.kill()
        told = await face.until("senses-changed")
    assert [event["type"] for event in told] == ["hearing-changed", "speech-ended", "senses-changed"]
    assert told[0]["state"] == "idle"


async def test_switches_outlive_a_hub_that_is_killed(start_hub):
    hub = await start_hub(llm_engine="scripted")
    async with hub.typed({}) as client, hub.typed({}) as other:
        assert (await client.until("snapshot"))[-1]["switches"] == {}
        for name, is_on in [("microphone", False), ("voice", False), ("camera", True), ("voice", True)]:
            await client.send(type="flip-switch", name=name, is_on=is_on)
            told = (await other.until("senses-changed"))[-1]["switches"]
            assert told[name] is is_on
        await hub.kill()
    await hub.start()
    async with hub.typed({}) as client:
        snapshot = (await client.until("snapshot"))[-1]
    assert snapshot["switches"] == {"microphone": False, "voice": True, "camera": True}
    assert snapshot["senses"] == []


async def test_who_comes_back_gets_no_stale_utterance(start_hub):
    hub = await start_hub(llm_engine="scripted")
    async with hub.typed({}) as face:
        welcome, snapshot = await face.until("snapshot")
    async with hub.typed({}) as voice:
        await voice.until("snapshot")
        await voice.send(type="utterance", id="u1", started_at=1.0, visemes=VISEMES)
        await voice.send(type="speech-level", level=0.5)
        await voice.send(type="hearing", state="listening", text="first")
        await voice.send(type="hearing", state="idle")
        await voice.send(type="call-face")
        await voice.send(type="flip-switch", name="camera", is_on=False)
        last = (await voice.until("senses-changed"))[-1]["seq"]
    async with hub.typed({"session": welcome["session"], "last_seq": snapshot["seq"]}) as face:
        assert (await face.receive())["resumed"] is True
        missed = await face.until("senses-changed")
        assert [event["type"] for event in missed] == ["hearing-changed", "senses-changed"]
        assert missed[0]["state"] == "idle"
        assert missed[-1]["seq"] == last


async def test_welcome_and_snapshot_say_how_things_stand(start_hub):
    hub = await start_hub(llm_engine="scripted")
    async with hub.typed({}) as client:
        welcome = await client.receive()
        await client.send(type="presence", state="focused")
        await client.until("presence-changed")
    modes = [path.stem for path in sorted((ROOT / "assets" / "modes").glob("*.toml"))]
    assert sorted(welcome["modes"]) == modes
    assert welcome["modes"][0] == "chat"
    async with hub.typed({}) as client:
        snapshot = (await client.until("snapshot"))[-1]
    assert snapshot["presence"] == "focused"


async def test_a_question_is_answered_by_one_of_two_clients(asking_hub):
    async with asking_hub.typed({}) as one, asking_hub.typed({}) as two, asking_hub.plain() as plain:
        await one.until("snapshot")
        await asking_hub.ask("Close the window?", 60, detail="Notes")
        question = (await one.until("question"))[-1]
        assert (question["text"], question["detail"]) == ("Close the window?", "Notes")
        assert (await two.until("question"))[-1] == question
        async with asking_hub.typed({}) as late:
            assert (await late.until("snapshot"))[-1]["questions"] == [question]
        await two.send(type="answer", id=question["id"], yes=True)
        await one.send(type="answer", id=question["id"], yes=False)
        closed = (await one.until("question-closed"))[-1]
        assert (closed["id"], closed["answer"]) == (question["id"], "yes")
        assert (await two.until("question-closed"))[-1] == closed
        error = (await one.until("error"))[-1]
        assert (error["code"], error["id"]) == ("question-unknown", question["id"])
        assert await asking_hub.verdict() == ("Close the window?", "yes")
        await plain.send("[SPEECH_START]")
        assert await plain.receive() == "[SPEECH_START]"


async def test_silence_is_no_yes_and_a_late_answer_is_refused(asking_hub):
    async with asking_hub.typed({}) as client:
        await client.until("snapshot")
        await asking_hub.ask("Quickly?", 0.2)
        question = (await client.until("question"))[-1]
        assert (await client.until("question-closed"))[-1]["answer"] == "expired"
        assert await asking_hub.verdict() == ("Quickly?", "expired")
        await client.send(type="answer", id=question["id"], yes=True)
        assert (await client.until("error"))[-1]["code"] == "question-unknown"
    async with asking_hub.typed({}) as client:
        assert (await client.until("snapshot"))[-1]["questions"] == []


async def test_a_hub_that_stops_lets_its_questions_expire(asking_hub):
    async with asking_hub.typed({}) as client:
        await client.until("snapshot")
        for number in range(6):
            await asking_hub.ask(f"{number}?", 60)
        assert await asking_hub.verdict() == ("5?", "too-many-questions")
        stopping = asyncio.create_task(asking_hub.stop())
        told = await client.until("goodbye")
        assert [event["answer"] for event in told if event["type"] == "question-closed"] == ["expired"] * 5
        assert await stopping == 0
