"""What a check of a model reports."""

from dataclasses import dataclass

from engine.errors import Phrase


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A mistake.

    Attributes:
        code: stable kebab-case name of the kind of mistake.
        level: `error` or `warning`.
        element: id of the element in the file, empty when it has none.
        message: which thing, what is wrong with it, what to do.
    """

    code: str
    level: str
    element: str
    message: Phrase

    @classmethod
    def error(cls, code: str, element: str, message: Phrase) -> "Finding":
        """Make a finding that stops a deployment."""
        return cls(code=code, level="error", element=element, message=message)

    @classmethod
    def warning(cls, code: str, element: str, message: Phrase) -> "Finding":
        """Make a finding that a person should look at."""
        return cls(code=code, level="warning", element=element, message=message)
