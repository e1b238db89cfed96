"""What people write who think in other languages or on a Chinese keyboard, and what to write instead."""

import re
from collections.abc import Callable

from engine.feel.names import SLIPS

#: Full-width signs that an input method leaves behind.
FULL_WIDTH = {
    "，": ",",
    "、": ",",
    "；": ",",
    "：": ":",
    "。": ".",
    "．": ".",
    "（": "(",
    "）": ")",
    "【": "[",
    "】": "]",
    "［": "[",
    "］": "]",
    "｛": "{",
    "｝": "}",
    "＝": "=",
    "＞": ">",
    "＜": "<",
    "≥": ">=",
    "≤": "<=",
    "≠": "!=",
    "！": "not(…)",
    "＋": "+",
    "－": "-",
    "—": "-",
    "–": "-",
    "＊": "*",
    "×": "*",
    "÷": "/",
    "／": "/",
    "“": '"',
    "”": '"',
    "„": '"',
    "＂": '"',
    "「": '"',
    "」": '"',
    "‘": '"',
    "’": '"',
    "？": "?",
    "…": "..",
    "＠": "@",
}

#: Tried in order at the place that does not parse.
_SLIPS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), hint)
    for pattern, hint in (
        (r"={2,3}", "write `=` for equality"),
        (r"!==", "write `!=` for inequality"),
        (r"<>", "write `!=` for inequality"),
        (r"=>", "write `>=`"),
        (r"=<", "write `<=`"),
        (r":=", "write `:` between the key and the value of a context"),
        (r"&&?", "write `and`"),
        (r"\|\|?", "write `or`"),
        (r"!", "write `not(…)`"),
        (r"'", 'write text between double quotes: "…"'),
        (r"`", 'write text between double quotes: "…"'),
        (r"\$\{|#\{", "an expression stands by itself here, without `${…}`"),
        (r"%", "write `modulo(a, b)` for the remainder of a division"),
        (r"\^", "write `**` for a power"),
        (r"#", "a comment begins with `//`"),
        (r";", "an expression ends by itself; items are separated by `,`"),
        (r"if\b", "write `if condition then a else b`"),
        (r"is\s+not\s+(?:null|None)\b", "write `!= null`"),
        (r"is\s+(?:null|None)\b", "write `= null`"),
        (r"is\b", "write `=` for equality, or `instance of` for a type"),
        (r"(?:AND|And)\b", "write `and` in small letters"),
        (r"(?:OR|Or)\b", "write `or` in small letters"),
        (r"(?:elif|elseif|elsif)\b", "write `else if condition then a else b`"),
        (r"\?", "write `if condition then a else b`"),
        (r"lambda\b", "write `function(x) …`"),
        (r"not\s+in\b", "write `not(a in b)`"),
        (r"else\b", "each `else` belongs to an `if condition then …`"),
        (r"then\b", "each `then` belongs to an `if` before it"),
        (r"return\b", "`return` belongs to `for x in items return …`"),
        (r"in\b", "an element of a list is tested with `a in list`, or `list contains(list, a)`"),
        (r"\{", "`{` begins a context such as `{key: value}`"),
        (r"[)\]}]", "this closes a bracket that was never opened"),
        (r"=", "`=` compares; an expression sets no variable"),
    )
)

#: Functions of other languages. A name that the data defines is never taken for one of them.
FOREIGN_CALLS = {
    "len": "write `count(list)`, or `string length(text)`",
    "length": "write `count(list)`, or `string length(text)`",
    "size": "write `count(list)`, or `string length(text)`",
    "str": "write `string(value)`",
    "int": "write `number(text)`, or `floor(number)`",
    "float": "write `number(text)`",
    "bool": 'write `value = "true"`',
    "upper": "write `upper case(text)`",
    "lower": "write `lower case(text)`",
    "strip": "write `trim(text)`",
    "substr": "write `substring(text, start, length)`; the first character is number 1",
    "startswith": "write `starts with(text, start)`",
    "endswith": "write `ends with(text, end)`",
    "join": "write `string join(list, separator)`",
    "avg": "write `mean(list)`",
    "average": "write `mean(list)`",
    "ceil": "write `ceiling(number)`",
    "round": "write `decimal(number, digits)`, or `round half up(number, digits)`",
    "mod": "write `modulo(a, b)`",
    "pow": "write `a ** b`",
    "isinstance": "write `value instance of type`",
    "datetime": 'write `date and time("2026-03-01T09:30:00+08:00")`',
    "timedelta": 'write `duration("P1D")`',
    "unique": "write `distinct values(list)`",
    "sorted": "write `sort(list)`",
    "reversed": "write `reverse(list)`",
    "map": "write `for x in list return …`",
    "filter": "write `list[condition]`",
    "print": "an expression returns its value; it prints nothing",
    "isnull": "write `value = null`",
    "coalesce": "write `get or else(value, default)`",
    "eval": "an expression cannot run text",
    "exec": "an expression cannot run text",
    "getattr": "write `value.name`",
}


#: Words of the language after which the advice about names with spaces would mislead.
_WORDS = frozenset(["and", "or", "in", "between", "instance", "then", "else", "return", "satisfies"])


def hint_at(source: str, position: int) -> tuple[str, str]:
    """Return what is wrong at a place that does not parse, and what to write there; both may be empty."""
    sign = source[position : position + 1]
    if sign in FULL_WIDTH and sign:
        return f"full-width or foreign sign `{sign}`", f"write `{FULL_WIDTH[sign]}`"
    for pattern, hint in _SLIPS:
        match = pattern.match(source, position)
        if match:
            return f"`{match[0]}` does not fit here", hint
    before = source[:position].rstrip()
    if re.search(r"\bnot$", before):
        return "", "write `not(…)` with brackets"
    if re.search(r"\blambda$", before):
        return "", "write `function(x) …`"
    if re.match(r"\.\.", source[position:]):
        return "`..` outside of brackets", "write a range as `[1..5]`"
    digits = re.match(r"[０-９]+", source[position:])
    if digits:
        return f"full-width digits `{digits[0]}`", "write them as " + _narrow(digits[0])
    return "", ""


def hint_about_words(source: str, position: int) -> str:
    """Return the advice for a word that directly follows another, which no rule of the grammar joins."""
    word = re.match(r"[^\W\d]\w*", source[position:])
    if word and word[0] not in _WORDS and re.search(r"\w\s*$", source[:position]):
        return "an operator is missing before it, or it belongs to a name with spaces that is not known here"
    return ""


def _narrow(digits: str) -> str:
    return "`" + "".join(chr(ord(digit) - 0xFEE0) for digit in digits) + "`"


def hint_for_name(name: str, called: bool, known: Callable[[str], bool]) -> tuple[str, str] | None:
    """Return what is wrong with a word of another language used as a name, and what to write; None for any other."""
    if known(name):
        return None
    if name in SLIPS:
        return f"`{name}` is no value", f"write `{SLIPS[name]}`"
    if called and name in FOREIGN_CALLS:
        return f"there is no function `{name}`", FOREIGN_CALLS[name]
    if re.fullmatch(r"[０-９]+", name):
        return f"full-width digits `{name}`", "write them as " + _narrow(name)
    return None
