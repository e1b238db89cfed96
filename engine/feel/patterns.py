"""Regular expressions of XPath, run under a time limit.

`regex` stands in for XPath's dialect: it knows class subtraction and Unicode blocks, and stops after a given time,
so a pattern that backtracks for ever costs an evaluation no more than that.
"""

import functools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import regex

from engine.feel.errors import FeelLimitError
from engine.feel.functions import NoResult
from engine.feel.limits import LIMITS
from engine.feel.pattern_syntax import PatternError, Translator

_FLAGS = {"s": regex.DOTALL, "m": regex.MULTILINE, "i": regex.IGNORECASE, "x": 0, "q": 0}
_PLACE = re.compile(r"(\\[\\$]|\$\d)")


@functools.lru_cache(maxsize=512)
def compile_pattern(pattern: str, flags: str = "") -> "regex.Pattern[str]":
    """Return the compiled pattern.

    Raises:
        NoResult: it is no pattern of XPath, or a flag is not one of `smixq`.
        FeelLimitError: it is too long.
    """
    if len(pattern) > LIMITS.pattern:
        raise FeelLimitError("characters of a regular expression", LIMITS.pattern)
    settings: int = regex.VERSION1 | regex.UNICODE
    for flag in flags:
        if flag not in _FLAGS:
            raise NoResult("`{flag}` is no flag, only s, m, i, x and q", flag=flag)
        settings |= _FLAGS[flag]
    try:
        text = regex.escape(pattern) if "q" in flags else Translator(pattern, flags).translate()
        return regex.compile(text, settings)
    except (PatternError, regex.error, OverflowError, RecursionError) as problem:
        raise NoResult("`{pattern}` is no pattern: {problem}", pattern=pattern[:60], problem=str(problem)) from None


@contextmanager
def _in_time() -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise FeelLimitError("seconds for a regular expression", LIMITS.pattern_seconds) from None


def matches(text: str, pattern: str, flags: str) -> bool:
    """Say whether a pattern is found in a text."""
    with _in_time():
        return compile_pattern(pattern, flags).search(text, timeout=LIMITS.pattern_seconds) is not None


def find_all(text: str, pattern: str) -> list[str]:
    """Return the matches of a pattern in a text."""
    with _in_time():
        return [match[0] for match in compile_pattern(pattern).finditer(text, timeout=LIMITS.pattern_seconds)]


def split(text: str, pattern: str) -> list[str | None]:
    """Return what stands between the matches of a pattern."""
    compiled, pieces, start = compile_pattern(pattern), [], 0
    with _in_time():
        for match in compiled.finditer(text, timeout=LIMITS.pattern_seconds):
            if match.end() == match.start():
                continue
            pieces.append(text[start : match.start()])
            start = match.end()
    return [*pieces, text[start:]]


def replace(text: str, pattern: str, replacement: str, flags: str) -> str:
    """Return a text with each match replaced.

    Raises:
        NoResult: the pattern matches nothing at all, or the replacement has a lone `$` or backslash.
        FeelLimitError: the result would be too long.
    """
    compiled = compile_pattern(pattern, flags)
    write = _writer(replacement, compiled.groups, literal="q" in flags)
    pieces: list[str] = []
    length = start = 0
    with _in_time():
        if compiled.search("", timeout=LIMITS.pattern_seconds):
            raise NoResult("the pattern matches an empty text")
        for match in compiled.finditer(text, timeout=LIMITS.pattern_seconds):
            pieces += (text[start : match.start()], write(match))
            length += len(pieces[-1]) + len(pieces[-2])
            if length > LIMITS.text:
                raise FeelLimitError("characters of a string", LIMITS.text)
            start = match.end()
    return "".join([*pieces, text[start:]])


def _writer(replacement: str, groups: int, *, literal: bool) -> Callable[["regex.Match[str]"], str]:
    if literal:
        return lambda match: replacement
    if re.search(r"\\|\$(?!\d)", re.sub(r"\\[\\$]", "", replacement)):
        raise NoResult("write `\\\\` and `\\$` for a backslash and a dollar sign in the replacement")
    parts = _PLACE.split(replacement)

    def write(match: "regex.Match[str]") -> str:
        written: list[str] = []
        for part in parts:
            if part.startswith("\\"):
                written.append(part[1])
            elif part.startswith("$"):
                written.append((match[int(part[1])] or "") if int(part[1]) <= groups else "")
            else:
                written.append(part)
        return "".join(written)

    return write
