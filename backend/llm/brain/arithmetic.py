"""Reads and works out simple sums in words or signs, with limits, and never by running them as code."""

import re
from decimal import Context, Decimal, DecimalException, Inexact

from backend.llm.brain.lexicon import Lexicon

MAX_PARTS = 60
MAX_DIGITS = 18
_PART = re.compile(r"\d[\d,]*(?:\.\d+)?|\.\d+|sqrt|[-+*/^()%]|[^\W\d_]+|\S")


class SumError(ValueError):
    """Raised for a sum that has no answer (a division by zero) or too large a one."""


def find_sum(text: str, lexicon: Lexicon) -> list[str] | None:
    """The parts of the sum that a text consists of, None when it says anything else."""
    if len(text) > 300 or re.search(r"\d{4}-\d\d?-\d\d?", text):
        return None
    text = text.casefold().strip().rstrip("?!. =")
    text = text.replace("what's", "what is").replace("**", "^")
    for phrase in sorted(lexicon.math.operators, key=len, reverse=True):
        edge = r"\b" if phrase[0].isalpha() else ""
        text = re.sub(f"{edge}{re.escape(phrase)}(?![^\\W\\d_])", f" {lexicon.math.operators[phrase]} ", text)
    parts: list[str] = []
    for part in _PART.findall(text):
        word = part if part in ("sqrt", "") else _plain(part, lexicon)
        if word is None:
            return None
        if word:
            parts.append(word)
    has_operator = any(part in "+-*/^%" or part == "sqrt" for part in parts[1:]) or parts[:1] == ["sqrt"]
    has_two = sum(part[0].isdigit() for part in parts) >= (1 if "sqrt" in parts else 2)
    return parts if has_operator and has_two and len(parts) <= MAX_PARTS else None


def _plain(part: str, lexicon: Lexicon) -> str | None:
    """A number or sign of a sum, "" for a word that may stand around one, None for any other."""
    if part[0].isdigit() or part[0] == ".":
        digits = part.replace(",", "")
        return digits if len(digits) <= MAX_DIGITS else None
    if part in "-+*/^()%":
        return part
    if part in lexicon.numbers:
        return str(lexicon.numbers[part])
    return "" if part in lexicon.math.around else None


def work_out(parts: list[str], lexicon: Lexicon) -> str:
    """The result of a sum, as text.

    Raises:
        SumError: it cannot be worked out, or is too large.
    """
    sum_ = _Sum(parts)
    try:
        value = sum_.read()
    except (DecimalException, ValueError, ArithmeticError) as error:
        raise SumError(str(error)) from error
    if not value.is_finite() or abs(value) >= Decimal(10) ** MAX_DIGITS:
        raise SumError("too large")
    rounded = round(value, 6)
    shown = f"{rounded.normalize():f}"
    whole, _, rest = shown.partition(".")
    sign = "-" if whole.startswith("-") else ""
    shown = f"{sign}{int(whole.lstrip('-') or 0):,}" + (f".{rest}" if rest else "")
    is_exact = rounded == value and not sum_.is_rounded
    return shown if is_exact else lexicon.math.about + shown


class _Sum:
    """A recursive descent parser: sum, product, power, sign, atom."""

    def __init__(self, parts: list[str]) -> None:
        self._parts = parts
        self._at = 0
        self._context = Context(prec=40, Emax=200, Emin=-200)

    @property
    def is_rounded(self) -> bool:
        """True when a step could not be exact."""
        return bool(self._context.flags[Inexact])

    def read(self) -> Decimal:
        value = self._sum()
        if self._at != len(self._parts):
            raise ValueError("not a sum")
        return value

    def _next(self, *wanted: str) -> str:
        if self._at < len(self._parts) and self._parts[self._at] in wanted:
            self._at += 1
            return self._parts[self._at - 1]
        return ""

    def _sum(self) -> Decimal:
        value = self._product()
        while sign := self._next("+", "-"):
            # "200 + 10%" is a tenth of the 200 more, as on a pocket calculator.
            right = self._product(of=value)
            value = self._context.add(value, right) if sign == "+" else self._context.subtract(value, right)
        return value

    def _product(self, of: Decimal | None = None) -> Decimal:
        value = self._power(of)
        while sign := self._next("*", "/"):
            right = self._power(None)
            value = (
                self._context.multiply(value, right) if sign == "*" else self._context.divide(value, right)
            )
        return value

    def _power(self, of: Decimal | None) -> Decimal:
        if self._next("-"):
            return -self._power(None)
        value = self._atom()
        if self._next("%"):
            value = self._context.divide(value, Decimal(100))
            return value if of is None else self._context.multiply(value, of)
        if self._next("^"):
            exponent = self._power(None)
            if exponent != int(exponent) or abs(exponent) > 200:
                raise ValueError("an exponent out of reach")
            return self._context.power(value, exponent)
        return value

    def _atom(self) -> Decimal:
        if self._next("sqrt"):
            return self._context.sqrt(self._atom())
        if self._next("("):
            value = self._sum()
            if not self._next(")"):
                raise ValueError("a bracket is open")
            return value
        if self._at < len(self._parts) and self._parts[self._at][0] in "0123456789.":
            self._at += 1
            return Decimal(self._parts[self._at - 1])
        raise ValueError("a number is missing")
