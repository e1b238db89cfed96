"""Expressions of Java engines (`${amount > 500 && !approved}`) in FEEL, as far as they mean something without Java."""

import re
from typing import Final

from engine import feel
from engine.importing.juel_reader import COMPARING, Reader, Untranslatable, quoted, tokens

#: Longer ones are programs, not conditions.
MAX_LENGTH: Final = 4_000


def to_feel(text: str) -> str | None:
    """Translate a value that may hold expressions.

    Args:
        text: such as `${amount > 500}`, `#{user}` or `Hello ${name}`.

    Returns:
        FEEL with its `=`; the text itself when it holds no expression; None when it cannot be translated.
    """
    pieces = _pieces(text)
    if pieces is None:
        return None
    if all(not is_expression for is_expression, _ in pieces):
        return text
    said = []
    for is_expression, piece in pieces:
        translated = _translated(piece) if is_expression else quoted(piece)
        if translated is None:
            return None
        said.append(f"string({translated})" if is_expression and len(pieces) > 1 else translated)
    return _checked("=" + " + ".join(said))


def condition_to_feel(text: str) -> str | None:
    """Translate a condition, which may also be written without `${…}` when it compares something.

    Returns:
        FEEL with its `=`, or None when it is no expression that can be translated.
    """
    stripped = text.strip()
    if stripped.startswith("="):
        return stripped
    if "${" in stripped or "#{" in stripped:
        translated = to_feel(stripped)
        return translated if translated and translated.startswith("=") else None
    if stripped in ("true", "false"):
        return f"={stripped}"
    if len(stripped) > MAX_LENGTH:
        return None
    translated = _translated(stripped)
    if translated is not None and any(token.value in COMPARING for token in tokens(stripped)):
        return _checked(f"={translated}")
    compares = re.search(r"[<>=]|\bin\b", stripped) is not None
    return _checked(f"={stripped}") if compares else None


def _pieces(text: str) -> list[tuple[bool, str]] | None:
    """Split into texts and expressions; None when a brace is never closed or it is too long."""
    if len(text) > MAX_LENGTH:
        return None
    pieces, position = [], 0
    while position < len(text):
        starts = [at for mark in ("${", "#{") if (at := text.find(mark, position)) >= 0]
        if not starts:
            pieces.append((False, text[position:]))
            break
        start = min(starts)
        if start > position:
            pieces.append((False, text[position:start]))
        end = _closing(text, start + 2)
        if end < 0:
            return None
        pieces.append((True, text[start + 2 : end]))
        position = end + 1
    return pieces


def _closing(text: str, position: int) -> int:
    """Where the brace ends; one inside of a quoted text does not count."""
    quote = ""
    for index in range(position, len(text)):
        char = text[index]
        if quote:
            quote = "" if char == quote and text[index - 1] != "\\" else quote
        elif char in "'\"":
            quote = char
        elif char == "}":
            return index
    return -1


def _checked(expression: str) -> str | None:
    """The expression, if FEEL can read it."""
    try:
        feel.compile(expression.removeprefix("="))
    except feel.FeelError:
        return None
    return expression


def _translated(expression: str) -> str | None:
    try:
        reader = Reader(tokens(expression))
        found = reader.whole()
    except Untranslatable:
        return None
    return found
