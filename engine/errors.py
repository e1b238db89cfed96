"""One root, five families. An error says which thing, what is wrong with it, and what to do."""

from typing import Any


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
    def message(self) -> str:
        """The template with its facts filled in, in English."""
        try:
            return self.template.format(**self.facts)
        except (KeyError, IndexError, ValueError):
            return self.template

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
