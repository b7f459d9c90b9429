"""Small games: chance, choices, riddles, rock-paper-scissors and guess the number."""

from backend.llm.brain.turn import Action, Outcome, Pending, PendingAction, Turn, shown

MOST_DICE = 20
HIGHEST_GUESS = 100
_MOVES = ("rock", "paper", "scissors")
"""Each is beaten by the next one; their words are in the intents of these names."""


def _intents(turn: Turn) -> set[str]:
    return {found.intent.name for found in turn.brain.matcher.read(turn.sentence)}


def _numbers(turn: Turn) -> list[int]:
    found = [turn.brain.lexicon.number(word) for word in turn.sentence.words()]
    return [int(number) for number in found if number is not None and number == int(number)]


async def toss_coin(turn: Turn) -> Outcome:
    """Heads or tails."""
    return Outcome(turn.random.choice(["heads", "tails"]))


async def roll_dice(turn: Turn) -> Outcome:
    """One die or several, with six sides or as many as the user names ("d20")."""
    numbers = _numbers(turn)
    sides = int(turn.slots["sides"]) if turn.slots.get("sides", "").isdigit() else 6
    count = numbers[0] if numbers and "sides" not in turn.slots else 1
    if not 1 <= count <= MOST_DICE or not 2 <= sides <= 1000:
        return Outcome("impossible")
    rolls = [turn.random.randint(1, sides) for _ in range(count)]
    values = {"roll": ", ".join(map(str, rolls)), "total": str(sum(rolls))}
    return Outcome("several" if count > 1 else "", values)


async def choose(turn: Turn) -> Outcome:
    """One of the things the user cannot decide between."""
    options = [shown(turn.slots[name]) for name in ("a", "b", "c") if turn.slots.get(name)]
    reflections = turn.brain.lexicon.reflections
    options = [" ".join(reflections.get(w.casefold(), w) for w in option.split()) for option in options]
    picked = turn.random.choice(options)
    other = next((option for option in options if option != picked), picked)
    return Outcome(values={"choice": picked, "other": other})


async def random_number(turn: Turn) -> Outcome:
    """A number between two, or from 1 to one."""
    numbers = _numbers(turn)
    low, high = (sorted(numbers[:2])) if len(numbers) > 1 else (1, numbers[0] if numbers else 100)
    if not low < high <= 10**12:
        return Outcome("impossible")
    return Outcome(values={"number": str(turn.random.randint(low, high)), "low": str(low), "high": str(high)})


async def play_hands(turn: Turn) -> Outcome:
    """Begin rock-paper-scissors; plays at once when the user shows a hand."""
    return Outcome(pending=Pending("hands", turn.intent.name))


async def read_hand(turn: Turn, pending: Pending) -> Outcome | None:
    """One round; the game goes on until the user talks of something else."""
    words = [
        move for move in _MOVES for word in turn.sentence.words() if word in turn.intent.when[f"is_{move}"]
    ]
    if len(words) != 1:
        return None
    theirs, mine = _MOVES.index(words[0]), turn.random.randrange(3)
    key = ("draw", "she_wins", "user_wins")[(mine - theirs) % 3]
    names = [turn.intent.when[f"is_{move}"][0] for move in _MOVES]
    return Outcome(key, {"mine": names[mine], "yours": names[theirs]}, pending)


async def start_guessing(turn: Turn) -> Outcome:
    """She thinks of a number from 1 to 100."""
    secret = turn.random.randint(1, HIGHEST_GUESS)
    return Outcome("", {"high": str(HIGHEST_GUESS)}, Pending("guess", turn.intent.name, number=secret))


async def read_guess(turn: Turn, pending: Pending) -> Outcome | None:
    """Higher, lower, right, or given up."""
    values = {"number": str(pending.number), "tries": str(pending.tries + 1)}
    if "give_up" in _intents(turn):
        return Outcome("given_up", values)
    numbers = _numbers(turn)
    if not numbers or len(turn.sentence.words()) > 6:
        return None
    guess = numbers[0]
    if guess == pending.number:
        return Outcome("first_try" if pending.tries == 0 else "right", values)
    values["guess"] = str(guess)
    going_on = Pending("guess", pending.intent, number=pending.number, tries=min(pending.tries + 1, 999))
    if not 1 <= guess <= HIGHEST_GUESS:
        return Outcome("outside", {**values, "high": str(HIGHEST_GUESS)}, going_on)
    return Outcome("higher" if guess < pending.number else "lower", values, going_on)


async def ask_riddle(turn: Turn) -> Outcome:
    """A riddle that has not come up for long."""
    riddles = turn.brain.riddles
    used = turn.state.used.setdefault("riddles", [])
    fresh = [i for i in range(len(riddles)) if i not in used] or list(range(len(riddles)))
    number = turn.random.choice(fresh)
    used[:] = [*used, number][-(len(riddles) - 1) :]
    return Outcome(
        "", {"riddle": riddles[number].question}, Pending("riddle", turn.intent.name, number=number)
    )


async def read_solution(turn: Turn, pending: Pending) -> Outcome | None:
    """Right, wrong, a hint, or given up; after three wrong answers she tells it."""
    riddle = turn.brain.riddles[pending.number]
    values = {"answer": riddle.answers[0], "hint": riddle.hint}
    words = turn.sentence.words()
    said = f" {' '.join(words)} "
    if any(f" {answer.casefold()} " in said for answer in riddle.answers):
        return Outcome("right", values)
    intents = _intents(turn)
    if intents & {"give_up", "i_dont_know", "no"}:
        return Outcome("given_up", values)
    if "hint" in intents:
        return Outcome("give_hint", values, pending)
    if (
        len(words) > 6
        or any(turn.brain.intents[name].action for name in intents)
        or (turn.sentence.is_question and intents)
    ):
        return None
    if pending.tries >= 2:
        return Outcome("given_up", values)
    return Outcome(
        "wrong", values, Pending("riddle", pending.intent, number=pending.number, tries=pending.tries + 1)
    )


ACTIONS: dict[str, Action] = {
    "toss_coin": toss_coin,
    "roll_dice": roll_dice,
    "choose": choose,
    "random_number": random_number,
    "play_hands": play_hands,
    "start_guessing": start_guessing,
    "ask_riddle": ask_riddle,
}
PENDING: dict[str, PendingAction] = {"hands": read_hand, "guess": read_guess, "riddle": read_solution}
