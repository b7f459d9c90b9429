"""Whose turn it is to speak: takes what is heard, said and played, and orders what is to be done about it."""

from typing import Literal

from backend.shared import events
from backend.shared.client import Linked, Unlinked
from backend.shared.records import HearingState
from voice import cues, endpointing
from voice.answers import Answers
from voice.gate import Gate
from voice.hold import Hold
from voice.phrases import Situation, Verdict, judge
from voice.speech import Speech, Transcription
from voice.turn_settings import Settings, TurnTiming

State = Literal["idle", "listening", "endpointing", "transcribing", "thinking", "speaking", "interrupted"]
_NEVER = float("inf")


class Turn:
    """The state machine of a spoken conversation. No device, no clock and no network of its own.

    Give it every event in order, with a clock that never goes back; do what it orders, in order; call
    `tick` when `deadline` is reached. On a press of the key tell it before the endpointer, on release after.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        timing: TurnTiming | None = None,
        *,
        is_linked: bool = True,
    ) -> None:
        """Begin with nobody speaking and an open microphone, where the settings allow it."""
        self._settings = settings or Settings()
        self._timing = timing or TurnTiming()
        self._answers = Answers(
            gap_seconds=self._timing.gap_seconds, stuck_seconds=self._timing.stuck_seconds
        )
        self._orders: list[cues.Command] = []
        self._speech: Speech | None = None
        self._hold = Hold(self._timing, self._order)
        self._gate = Gate(self._settings, tail_seconds=self._timing.half_duplex_seconds)
        self._transcription = Transcription(self._order, limit_seconds=self._timing.transcription_seconds)
        self._asked_at: float | None = None
        self._is_refused = False
        self._named_until = -_NEVER
        self._is_linked = is_linked
        self._hearing: tuple[HearingState, str] = ("idle", "")

    @property
    def state(self) -> State:
        """What is going on, in one word."""
        speech, has_begun = self._speech, self._answers.has_begun
        if speech is not None and not (speech.is_disregarded and has_begun):
            return "interrupted" if self._hold.level and has_begun else speech.phase
        if has_begun:
            return "speaking"
        return "thinking" if self._is_answering else "idle"

    @property
    def is_open(self) -> bool:
        """Whether what the microphone hears counts now."""
        return self._gate.is_open

    @property
    def deadline(self) -> float:
        """When `tick` is due; infinite when time alone changes nothing."""
        speech = self._speech
        times = [self._hold.deadline, self._gate.deadline, self._transcription.deadline]
        if not self._hold.level:
            times.append(self._answers.deadline())
        if self._asked_at is not None:
            times.append(self._asked_at + self._timing.answer_seconds)
        if speech is not None and speech.phase != "transcribing":
            times.append(speech.expires)
            if self._wants_partial(speech):
                times.append(speech.partial_at)
        return min(times)

    def take(self, event: cues.TurnEvent, now: float) -> list[cues.Command]:
        """Take an event that happens at `now`; returns what is to be done, in order."""
        self._run_timers(now)
        match event:
            case Linked() | Unlinked() | events.Snapshot():
                self._take_link(event, now)
            case events.HubEvent():
                self._take_hub(event, now)
            case cues.Partial() | cues.Transcript():
                self._take_text(event, now)
            case cues.PushToTalk() | cues.Mute() | Settings():
                self._take_wish(event, now)
            case cues.VoiceEvent():
                self._take_voice(event, now)
            case endpointing.SpeechBegan(since=since):
                self._begin_speech(since, now)
            case _:
                if self._speech is not None:
                    self._take_speech(event, self._speech, now)
        return self._finish(now)

    def tick(self, now: float) -> list[cues.Command]:
        """Do what is due by now."""
        self._run_timers(now)
        return self._finish(now)

    # -- The ears ----------------------------------------------------------------------------------------

    def _begin_speech(self, since: float, now: float) -> None:
        expires = now + self._timing.utterance_seconds
        if self._speech is not None:
            # He goes on before the last words are written down: it is all one utterance.
            self._speech.expires = expires
            self._speech.since = max(self._speech.since, since - self._timing.joined_seconds)
            self._go_on(self._speech, now)
        elif self._gate.is_open:
            self._speech = Speech(since, began=now, expires=expires, is_pushed=self._gate.is_pressed)
            self._go_on(self._speech, now)

    def _go_on(self, speech: Speech, now: float) -> None:
        speech.phase, speech.heard, speech.tried = "listening", None, None
        speech.is_disregarded = False
        self._transcription.cancel()
        self._report("listening")
        self._hold_her(now)
        self._plan_partial(speech, now)

    def _take_speech(self, event: endpointing.SpeechEvent, speech: Speech, now: float) -> None:
        if speech.phase == "transcribing":
            return
        match event:
            case endpointing.SpeechSustained():
                speech.is_sustained = True
                self._decide(speech, now)
            case endpointing.SpeechPaused(until=until):
                speech.phase = "endpointing"
                self._transcription.start("try", speech.since, until, now)
            case endpointing.SpeechWentOn():
                self._go_on(speech, now)
            case endpointing.SpeechDropped():
                if speech.ended is None:
                    self._close_speech(now)
                else:
                    self._end_speech(speech, speech.ended, now)
            case endpointing.SpeechEnded(until=until):
                self._end_speech(speech, until, now)

    def _end_speech(self, speech: Speech, until: float, now: float) -> None:
        speech.phase, speech.ended = "transcribing", until
        self._report("transcribing")
        if speech.tried is not None:
            self._conclude(speech, speech.tried, now)
        elif self._transcription.purpose == "try":
            self._transcription.purpose = "final"
        else:
            self._transcription.start("final", speech.since, until, now)

    def _take_text(self, event: cues.Partial | cues.Transcript, now: float) -> None:
        speech, purpose = self._speech, self._transcription.purpose
        if speech is None or not self._transcription.is_running(event.job):
            return
        if isinstance(event, cues.Transcript):
            self._transcription.finish()
            if purpose == "final":
                self._conclude(speech, event.text, now)
                return
            if purpose == "try":
                speech.tried = event.text
            self._plan_partial(speech, now)
        speech.heard = event.text
        verdict, text = self._judge(speech, event.text, now)
        if verdict == "words" and speech.phase != "transcribing":
            self._report("listening", text)
        if verdict == "stop" and speech.tried is not None:
            self._give_way(now)
        elif verdict in ("words", "called", "stop"):
            self._decide(speech, now)
        elif speech.tried is not None:
            self._disregard(speech, now)

    def _conclude(self, speech: Speech, heard: str, now: float) -> None:
        """The user has finished, and this is what he said."""
        verdict, text = self._judge(speech, heard, now)
        if verdict in ("words", "stop", "called"):
            self._give_way(now)
            # Who says "stop" before she has begun does not want the answer that is under way.
            self._is_refused = verdict == "stop" and self._asked_at is not None
        self._close_speech(now)
        if verdict == "called":
            self._named_until = now + self._timing.named_seconds
            self._order(cues.Chime("called"))
        elif verdict == "words":
            self._named_until = now + self._timing.named_seconds
            self._order(cues.Send(text[: events.MAX_MESSAGE_CHARACTERS]))
            if self._is_linked:
                self._asked_at = now
            else:
                self._order(cues.Chime("no-hub"))

    def _judge(self, speech: Speech, heard: str, now: float) -> tuple[Verdict, str]:
        situation = Situation(
            name=self._settings.name,
            said=self._answers.said_since(speech.began - self._timing.echo_seconds),
            has_interrupted=speech.has_interrupted,
            is_answering=(self._is_answering or speech.is_disregarded) and not speech.is_pushed,
            is_addressed=self._is_addressed(speech, now),
        )
        return judge(heard, situation)

    def _is_addressed(self, speech: Speech, now: float) -> bool:
        """Whether the user need not call her by her name."""
        return self._settings.activation != "name" or speech.is_pushed or now < self._named_until

    def _close_speech(self, now: float) -> None:
        """Nobody speaks any more; she goes on where she was held."""
        self._speech = None
        self._transcription.cancel()
        self._let_go(now)
        self._report("idle")

    # -- Who gives way -----------------------------------------------------------------------------------

    @property
    def _is_answering(self) -> bool:
        return self._asked_at is not None or bool(self._answers.turns)

    def _hold_her(self, now: float) -> None:
        """The user speaks: she is not to speak over him."""
        speech = self._speech
        if speech is None or speech.is_disregarded or not self._is_answering:
            return
        speech.has_interrupted = True
        self._hold.begin(now, is_soft=self._answers.is_sounding and not self._settings.is_half_duplex)

    def _let_go(self, now: float) -> None:
        if self._hold.level:
            self._hold.resume()
            self._answers.touch(now)

    def _disregard(self, speech: Speech, now: float) -> None:
        """It was nothing that should keep her from speaking, even if it goes on."""
        if not self._hold.level:
            return
        speech.is_disregarded = True
        self._let_go(now)
        if self._settings.is_half_duplex and not speech.is_pushed:
            self._close_speech(now)

    def _decide(self, speech: Speech, now: float) -> None:
        """Give way to who speaks on, unless what was understood so far speaks against it."""
        if self._hold.level and self._answers.is_sounding and self._is_meant(speech, now):
            self._give_way(now)

    def _is_meant(self, speech: Speech, now: float) -> bool:
        if speech.heard is None:
            return speech.is_sustained and self._is_addressed(speech, now)
        return self._judge(speech, speech.heard, now)[0] in ("words", "called", "stop")

    def _give_way(self, now: float, to: str = "") -> None:
        """Stop her, and tell the hub what of her answers was heard; only the turn `to` may go on."""
        turns = [turn for turn in self._answers.turns if turn != to]
        if turns or (self._hold.level and not to):
            self._hold.fade_out()
        for turn in turns:
            is_running = self._answers.is_running(turn)
            said = self._answers.drop(turn, now)
            self._orders += [cues.DropAudio(turn), cues.Interrupt(turn, said, is_running)]

    # -- Her answers, and the user's wishes --------------------------------------------------------------

    def _take_hub(self, event: events.HubEvent, now: float) -> None:
        match event:
            case events.Token(turn=turn):
                if not self._answers.is_running(turn):
                    self._start_answer(turn, now)
            case events.TurnStarted(turn=turn, source=source):
                if source == "user":
                    self._asked_at = None
                    self._give_way(now, to=turn)
                self._start_answer(turn, now)
                if source == "user" and self._is_refused:
                    self._is_refused = False
                    self._give_way(now)
            case events.TurnEnded(turn=turn, ending=ending):
                is_cut = ending == "interrupted" and turn in self._answers.turns
                self._answers.end(turn, now)
                if is_cut:
                    self._give_way(now)
            case events.UserSaid(source="typed"):
                self._give_way(now)

    def _take_link(self, event: Linked | Unlinked | events.Snapshot, now: float) -> None:
        match event:
            case Linked():
                self._is_linked = True
                self._order(cues.ReportHearing(*self._hearing))
            case Unlinked():
                self._is_linked, self._asked_at = False, None
                self._answers.end_all(now)
            case events.Snapshot(turn=""):
                self._answers.end_all(now)
            case events.Snapshot(turn=turn):
                self._start_answer(turn, now)

    def _start_answer(self, turn: str, now: float) -> None:
        self._answers.start(turn, now)
        self._hold_her(now)

    def _take_voice(self, event: cues.VoiceEvent, now: float) -> None:
        match event:
            case cues.UtteranceStarted(id=piece, turn=turn, text=text):
                if self._answers.start_piece(turn, piece, text, now):
                    self._hold_her(now)
                else:
                    self._order(cues.DropAudio(turn))
            case cues.UtteranceHeard(id=piece, characters=characters):
                self._answers.hear_piece(piece, characters, now)
            case cues.UtteranceFinished(id=piece):
                self._answers.finish_piece(piece, now)
            case cues.AnswerSpoken(turn=turn):
                self._answers.finish_speaking(turn, now)

    def _take_wish(self, event: cues.PushToTalk | cues.Mute | Settings, now: float) -> None:
        match event:
            case cues.PushToTalk(is_pressed=is_pressed):
                self._gate.is_pressed = is_pressed
                if is_pressed:
                    self._give_way(now)
                    if self._speech is not None:
                        self._speech.is_pushed = True
            case cues.Mute(is_muted=is_muted):
                self._gate.is_muted = is_muted
                if is_muted:
                    self._close_speech(now)
            case Settings():
                self._settings = self._gate.settings = event
                if event.activation == "push" and self._speech is not None and not self._speech.is_pushed:
                    self._close_speech(now)

    # -- Transcriptions and time -------------------------------------------------------------------------

    def _plan_partial(self, speech: Speech, now: float) -> None:
        wait = self._timing.duck_seconds if self._hold.level else self._timing.partial_seconds
        speech.partial_at = now + (wait if speech.heard is None else self._timing.partial_seconds)

    def _wants_partial(self, speech: Speech) -> bool:
        return (
            self._settings.has_partials
            and speech.phase == "listening"
            and self._transcription.purpose is None
        )

    def _run_timers(self, now: float) -> None:
        speech = self._speech
        if self._asked_at is not None and now >= self._asked_at + self._timing.answer_seconds:
            self._asked_at, self._is_refused = None, False
        if not self._hold.level:
            self._answers.expire(now)
        if speech is None:
            return
        self._run_hold_timers(speech, now)
        if self._speech is None:
            return
        is_lost = speech.phase != "transcribing" and now >= speech.expires
        if is_lost or now >= self._transcription.deadline:
            self._close_speech(now)
        elif self._wants_partial(speech) and now >= speech.partial_at:
            self._transcription.start("partial", speech.since, None, now)

    def _run_hold_timers(self, speech: Speech, now: float) -> None:
        is_speaking = speech.phase == "listening"
        for due in self._hold.take_due(now):
            if not self._hold.level:
                return
            if due == "pause" and is_speaking and self._is_addressed(speech, now):
                self._hold.pause()
            elif due == "decide" and is_speaking:
                self._decide(speech, now)
            elif due == "disregard" and not self._is_meant(speech, now):
                self._disregard(speech, now)

    def _order(self, command: cues.Command) -> None:
        self._orders.append(command)

    def _report(self, state: HearingState, text: str = "") -> None:
        if (state, text) != self._hearing:
            self._hearing = (state, text)
            self._order(cues.ReportHearing(state, text))

    def _finish(self, now: float) -> list[cues.Command]:
        is_audible = self._answers.is_sounding and self._hold.level != "paused"
        if self._gate.update(now, is_audible=is_audible, is_hearing=self._speech is not None):
            self._order(cues.OpenMicrophone(self._gate.is_open))
        if self._is_answering:
            # The time in which she need not be called begins when she has answered.
            self._named_until = _NEVER if self._named_until > now else -_NEVER
        elif self._named_until == _NEVER:
            self._named_until = now + self._timing.named_seconds
        orders, self._orders = self._orders, []
        return orders
