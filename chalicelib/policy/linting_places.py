"""Where a finding points, and how it names what it found."""

from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.core.errors import FieldError
from chalicelib.core.money import Money
from chalicelib.policy.conditions import Comparison, Condition, Every, Not, Some

WORDS_MAX = 160


@dataclass(frozen=True, slots=True)
class At:
    """A place in the document, as a JSON pointer, and whose it is: "Rule final-sale: "."""

    pointer: str
    owner: str = ""

    def __truediv__(self, step: str | int) -> "At":
        escaped = str(step).replace("~", "~0").replace("/", "~1")
        return At(f"{self.pointer}/{escaped}", self.owner)

    def of(self, owner: str) -> "At":
        return At(self.pointer, f"{owner}: ")

    def finding(self, code: str, message: str) -> FieldError:
        text = f"{self.owner}{message}"
        return FieldError(pointer=self.pointer, code=code, message=text)


def said(condition: Condition) -> str:
    """A condition as a person would write it down, cut short where it is long."""
    text = _said(condition)
    return text if len(text) <= WORDS_MAX else f"{text[: WORDS_MAX - 1]}…"


def _said(condition: Condition) -> str:
    match condition:
        case Comparison():
            operator = condition.operator.value.replace("_", " ")
            return f"{condition.fact} {operator} {_value(condition.value)}"
        case Every():
            return " and ".join(_grouped(part) for part in condition.of[:10])
        case Some():
            return " or ".join(_grouped(part) for part in condition.of[:10])
        case Not():
            return f"not ({_said(condition.of)})"


def _grouped(condition: Condition) -> str:
    text = _said(condition)
    return f"({text})" if isinstance(condition, Every | Some) and len(condition.of) > 1 else text


def _value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Money():
            return f"{value.amount} {value.currency}"
        case tuple():
            return f"[{listed(value[:10])}{', …' if len(value) > 10 else ''}]"
        case _:
            return str(value)


def listed(words: Iterable[object]) -> str:
    return ", ".join(map(str, words))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant."""
    import difflib  # noqa: PLC0415 - only where something is wrong

    by_plain = {_plain(one): one for one in known}
    plain = _plain(word)
    if plain in by_plain:
        return by_plain[plain]
    close = difflib.get_close_matches(plain, by_plain, n=1, cutoff=0.65)
    return by_plain[close[0]] if close else None


def _plain(word: str) -> str:
    return word.strip().lower().replace("-", "_").replace(" ", "_")


def meant(word: str, known: Iterable[str]) -> str:
    """ " Did you mean …?", or nothing."""
    near = nearest(word, known)
    return f" Did you mean {near}?" if near else ""
