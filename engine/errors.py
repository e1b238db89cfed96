"""One root, five families. An error says which thing, what is wrong with it, and what to do."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any


class Phrase(str):
    """A sentence, or a part of one: reads in English, and knows its template so that others can say it in their words.

    Args:
        template: English; `{fact}` places are filled from `facts`. Without facts it stands as it is, braces included.
        facts: what fills the places; one of them may be a phrase itself.
    """

    template: str
    facts: Mapping[str, Any]

    def __new__(cls, template: str, /, **facts: Any) -> "Phrase":
        phrase = super().__new__(cls, fill(template, facts))
        phrase.template, phrase.facts = template, facts
        return phrase

    def to_json(self) -> dict[str, Any]:
        """Return what keeps the phrase in a row: `{"template", "facts"}`, and within the facts the same for phrases."""
        return {"template": self.template, "facts": {name: _kept(value) for name, value in self.facts.items()}}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Phrase":
        """Read what `to_json` returned."""
        facts = {name: cls.from_json(each) if isinstance(each, dict) else each for name, each in kept["facts"].items()}
        return cls(kept["template"], **facts)

    def with_texts(self, change: Callable[[str], str]) -> "Phrase":
        """Return the phrase with every text in it changed that was filled in; its own words stay."""
        return Phrase(self.template, **{name: _changed(value, change) for name, value in self.facts.items()})


def _kept(value: Any) -> Any:
    if isinstance(value, Phrase):
        return value.to_json()
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, Phrase):
        return value.with_texts(change)
    return change(value) if isinstance(value, str) else value


def enumerated(phrases: Sequence[Phrase]) -> Phrase:
    """Return several phrases as one, in their order; at least one."""
    whole = phrases[0]
    for phrase in phrases[1:]:
        whole = Phrase("{first}; {rest}", first=whole, rest=phrase)
    return whole


def reason_of(error: BaseException) -> Phrase:
    """Return what an exception says; of one that is none of ours, its type and text."""
    if isinstance(error, EngineError):
        return error.message
    if error.args and isinstance(error.args[0], Phrase):
        return error.args[0]
    return Phrase("an unexpected error: {error}", error=f"{type(error).__name__}: {error}".rstrip(": "))


def misread(error: Exception) -> Phrase:
    """Return in which line JSON or XML cannot be read. What a library says of it stays English."""
    return Phrase(
        "line {line}: {said}", line=getattr(error, "lineno", None) or 1, said=getattr(error, "msg", None) or str(error)
    )


def fill(template: str, facts: Mapping[str, Any]) -> str:
    """Return a template with its facts filled in; the bare template where one of them is missing."""
    try:
        return template.format(**facts) if facts else template
    except (KeyError, IndexError, ValueError):
        return template


class EngineError(Exception):
    """What went wrong, for a person and for a program.

    Args:
        code: stable kebab-case name of the mistake, such as `task-already-completed`.
        message: English template; `{fact}` places are filled from `facts`, and translators translate the template.
        facts: JSON-able values that the template and the caller may read (ids, names, instants).
    """

    def __init__(self, code: str, message: str, **facts: Any) -> None:
        self.code = code
        self.template = message
        self.facts = facts
        super().__init__(message)

    @property
    def message(self) -> Phrase:
        """The template with its facts filled in, in English."""
        return Phrase(self.template, **self.facts)

    def __str__(self) -> str:
        return self.message


class NotFound(EngineError):
    """There is no such thing, or the asker may not know that there is (404)."""


class Forbidden(EngineError):
    """The thing is there and the asker may not do this to it (403)."""


class Conflict(EngineError):
    """Somebody else was first, or the thing is in a state that does not allow this (409)."""


class Invalid(EngineError):
    """What was handed in cannot be used (422). `facts["fields"]`, when present, maps a field's path to its messages."""


class Unavailable(EngineError):
    """Something that the engine needs does not answer now; the same call may succeed later (503)."""
