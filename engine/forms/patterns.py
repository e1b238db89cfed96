"""Regular expressions as a browser understands them, and under a time limit.

A form's pattern is written for the browser and typed by a designer. Read by Python as it stands it would mean something
else in places (`$` matches before a last line feed, `\\d` matches digits of other scripts), and a careless one could
keep a worker busy for hours.
Source: ECMAScript 2023, 22.2.
"""

import re
from functools import lru_cache
from typing import Final

import regex

from engine.errors import Invalid

#: Seconds that one text may take against one pattern.
PATIENCE: Final = 0.25
#: ECMAScript's WhiteSpace and LineTerminator; what `trim` removes and `\s` matches.
SPACE: Final = "\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
TRIMMED: Final = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_OUTSIDE: Final = {"d": "[0-9]", "D": "[^0-9]", "w": "[A-Za-z0-9_]", "W": "[^A-Za-z0-9_]", "s": f"[{SPACE}]"}
_OUTSIDE_NOT_SPACE: Final = f"[^{SPACE}]"
_INSIDE: Final = {"d": "0-9", "w": "A-Za-z0-9_", "s": SPACE}


@lru_cache(maxsize=512)
def compiled(pattern: str) -> "regex.Pattern[str]":
    """Return `pattern` ready for searching.

    Raises:
        Invalid: `form-pattern`; it is no regular expression.
    """
    try:
        # V0 keeps `[[` and `&&` in a class literal, as they are in a browser
        return regex.compile(_translated(pattern), regex.V0 | regex.ASCII)
    except regex.error as error:
        raise Invalid(
            "form-pattern", "the pattern {pattern} cannot be read: {why}; mend it", pattern=pattern, why=str(error)
        ) from error


def matches(pattern: str, text: str) -> bool:
    """Say whether `pattern` is found anywhere in `text`. One that takes too long has not matched."""
    try:
        return compiled(pattern).search(text, timeout=PATIENCE) is not None
    except TimeoutError:
        return False


def trimmed_length(text: str) -> int:
    """Count `text` without surrounding blanks as a browser counts: a character beyond U+FFFF is two."""
    return len(text.strip(TRIMMED).encode("utf-16-le", "surrogatepass")) // 2


def _translated(pattern: str) -> str:
    # a browser's reference to a named group; Python spells it otherwise
    pattern = re.sub(r"\\k<(\w+)>", r"(?P=\1)", pattern)
    out: list[str] = []
    in_class = False
    position = 0
    while position < len(pattern):
        character = pattern[position]
        if character == "\\" and position + 1 < len(pattern):
            out.append(_escape(pattern[position + 1], in_class))
            position += 2
            continue
        if in_class:
            in_class = character != "]"
            out.append("\\[" if character == "[" else character)
        elif character == "[":
            opening = next((form for form in ("[^]", "[]") if pattern.startswith(form, position)), None)
            if opening:  # a browser's "anything" and "nothing"
                out.append(r"[\s\S]" if opening == "[^]" else r"(?!)")
                position += len(opening)
                continue
            in_class = True
            out.append(character)
        else:
            out.append({"$": r"\Z", ".": "[^\\n\\r\u2028\u2029]"}.get(character, character))
        position += 1
    return "".join(out)


def _escape(letter: str, in_class: bool) -> str:
    if in_class:
        return _INSIDE.get(letter, f"\\{letter}")
    if letter == "S":
        return _OUTSIDE_NOT_SPACE
    return _OUTSIDE.get(letter, f"\\{letter}")
