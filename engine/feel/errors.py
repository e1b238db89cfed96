"""What can be wrong with an expression: its text, its size, or the use made of it."""

import unicodedata

from engine.errors import Invalid, Phrase


class FeelError(Invalid):
    """Anything that stops an expression. A failing operation does not: it yields null and a warning."""


class FeelSyntaxError(FeelError):
    """The text is no FEEL.

    Args:
        problem: what was met and what was expected, without a full stop.
        source: the whole expression.
        position: offset in `source` of the first character that does not fit.
        hint: what to write instead, in words; None when there is no good guess.
    """

    def __init__(self, problem: Phrase, source: str, position: int, hint: Phrase | None = None) -> None:
        self.line = source.count("\n", 0, position) + 1
        start = source.rfind("\n", 0, position) + 1
        self.column = position - start + 1
        self.position = position
        self.problem = problem
        self.hint = hint or ""
        self.excerpt = point_at(source, start, position)
        super().__init__(
            "feel-syntax",
            "line {line}, column {column}: {problem}; {hint}" if hint else "line {line}, column {column}: {problem}",
            line=self.line,
            column=self.column,
            problem=problem,
            hint=self.hint,
            excerpt=self.excerpt,
        )


class FeelLimitError(FeelError):
    """The expression, or a value that it makes, is larger than an evaluation may be."""

    def __init__(self, what: str, limit: int | float) -> None:
        super().__init__(
            "feel-limit",
            "{what}: at most {limit} are allowed; make the expression or its data smaller",
            what=Phrase(what),
            limit=limit,
        )


class FeelEvaluationError(FeelError):
    """A value was used for what it cannot be used for, such as storing a function."""

    def __init__(self, code: str, message: str, **facts: object) -> None:
        super().__init__(code, message, **facts)


def point_at(source: str, start: int, position: int, width: int = 60) -> str:
    """Return the line of `source` that begins at `start` with a caret below `position`, cut to `width` characters.

    Wide characters (Chinese) get a wide space in the second line, so that the caret stands where it should.
    """
    end = source.find("\n", start)
    line = source[start : end if end >= 0 else len(source)].replace("\t", " ")
    offset = position - start
    first = max(0, offset - width // 2)
    shown = line[first : first + width]
    blanks = "".join("\u3000" if unicodedata.east_asian_width(c) in "WF" else " " for c in line[first:offset])
    return f"{shown}\n{blanks}^"
