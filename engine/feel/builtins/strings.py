"""Text and regular expressions. Source: DMN 1.5, 10.3.4.3; patterns as in XPath and XQuery Functions 3.1, 5.6."""

from decimal import Decimal

from engine.feel.errors import FeelLimitError
from engine.feel.functions import NoResult, standard
from engine.feel.limits import LIMITS
from engine.feel.patterns import find_all, matches, replace, split
from engine.feel.values import Value


@standard("substring(string: string, start position: number, length?: number)")
def substring(text: str, start: Decimal, length: Decimal | None = None) -> Value:
    """Return part of a text; the first character has number 1, the last -1."""
    first = int(start)
    if first == 0 or (length is not None and length < 1):
        raise NoResult("the start position is not 0, and the length at least 1")
    first = first - 1 if first > 0 else len(text) + first
    if first < 0 or first >= max(1, len(text)):
        raise NoResult("the text has {length} characters", length=len(text))
    return text[first:] if length is None else text[first : first + int(length)]


@standard("string length(string: string)")
def string_length(text: str) -> Value:
    """Return the number of characters (code points)."""
    return len(text)


@standard("upper case(string: string)")
def upper_case(text: str) -> Value:
    """Return a text in capitals."""
    return text.upper()


@standard("lower case(string: string)")
def lower_case(text: str) -> Value:
    """Return a text in small letters."""
    return text.lower()


@standard("substring before(string: string, match: string)")
def substring_before(text: str, match: str) -> Value:
    """Return what stands before the first `match`, or nothing."""
    return text.partition(match)[0] if match and match in text else ""


@standard("substring after(string: string, match: string)")
def substring_after(text: str, match: str) -> Value:
    """Return what stands after the first `match`, or nothing."""
    return text.partition(match)[2] if match else text


@standard("contains(string: string, match: string)")
def contains(text: str, match: str) -> Value:
    """Say whether `match` is in a text."""
    return match in text


@standard("starts with(string: string, match: string)")
def starts_with(text: str, match: str) -> Value:
    """Say whether a text begins with `match`."""
    return text.startswith(match)


@standard("ends with(string: string, match: string)")
def ends_with(text: str, match: str) -> Value:
    """Say whether a text ends with `match`."""
    return text.endswith(match)


@standard("matches(input: string, pattern: string, flags?: string)")
def matches_pattern(text: str, pattern: str, flags: str | None = None) -> Value:
    """Say whether a pattern is found anywhere in a text."""
    return matches(text, pattern, flags or "")


@standard("replace(input: string, pattern: string, replacement: string, flags?: string)")
def replace_pattern(text: str, pattern: str, replacement: str, flags: str | None = None) -> Value:
    """Replace each match; `$1` is the first group, `\\$` a dollar sign."""
    return replace(text, pattern, replacement, flags or "")


@standard("split(string: string, delimiter: string)")
def split_text(text: str, delimiter: str) -> Value:
    """Split a text at each match of a pattern."""
    return split(text, delimiter)


@standard("string join(list: list, delimiter?: string)")
def string_join(items: list[Value], delimiter: str | None = None) -> Value:
    """Join texts; null items are left out."""
    texts = [item for item in items if item is not None]
    if not all(isinstance(item, str) for item in texts):
        raise NoResult("all items must be strings")
    between = delimiter or ""
    if sum(map(len, texts)) + len(between) * len(texts) > LIMITS.text:
        raise FeelLimitError("characters of a string", LIMITS.text)
    return between.join(texts)


@standard("extract(string: string, pattern: string)")
def extract(text: str, pattern: str) -> Value:
    """Return all matches of a pattern (Camunda)."""
    return find_all(text, pattern)


@standard("trim(string: string)")
def trim(text: str) -> Value:
    """Return a text without blanks at its ends (Camunda)."""
    return text.strip()


@standard("is blank(string: string)")
def is_blank(text: str) -> Value:
    """Say whether a text has nothing but blanks (Camunda)."""
    return not text.strip()
