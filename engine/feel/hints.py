"""What people write who think in other languages or on a Chinese keyboard, and what to write instead."""

import re
from collections.abc import Callable

from engine.errors import Phrase
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


def _write(code: str, other: str = "") -> Phrase:
    if other:
        return Phrase("write `{code}`, or `{other}`", code=code, other=other)
    return Phrase("write `{code}`", code=code)


#: Tried in order at the place that does not parse.
_SLIPS: tuple[tuple[re.Pattern[str], Phrase], ...] = tuple(
    (re.compile(pattern), hint)
    for pattern, hint in (
        (r"={2,3}", Phrase("write `=` for equality")),
        (r"!==", Phrase("write `!=` for inequality")),
        (r"<>", Phrase("write `!=` for inequality")),
        (r"=>", _write(">=")),
        (r"=<", _write("<=")),
        (r":=", Phrase("write `:` between the key and the value of a context")),
        (r"&&?", _write("and")),
        (r"\|\|?", _write("or")),
        (r"!", _write("not(…)")),
        (r"'", Phrase('write text between double quotes: "…"')),
        (r"`", Phrase('write text between double quotes: "…"')),
        (r"\$\{|#\{", Phrase("an expression stands by itself here, without `${…}`")),
        (r"%", Phrase("write `modulo(a, b)` for the remainder of a division")),
        (r"\^", Phrase("write `**` for a power")),
        (r"#", Phrase("a comment begins with `//`")),
        (r";", Phrase("an expression ends by itself; items are separated by `,`")),
        (r"if\b", _write("if condition then a else b")),
        (r"is\s+not\s+(?:null|None)\b", _write("!= null")),
        (r"is\s+(?:null|None)\b", _write("= null")),
        (r"is\b", Phrase("write `=` for equality, or `instance of` for a type")),
        (r"(?:AND|And)\b", Phrase("write `and` in small letters")),
        (r"(?:OR|Or)\b", Phrase("write `or` in small letters")),
        (r"(?:elif|elseif|elsif)\b", _write("else if condition then a else b")),
        (r"\?", _write("if condition then a else b")),
        (r"lambda\b", _write("function(x) …")),
        (r"not\s+in\b", _write("not(a in b)")),
        (r"else\b", Phrase("each `else` belongs to an `if condition then …`")),
        (r"then\b", Phrase("each `then` belongs to an `if` before it")),
        (r"return\b", Phrase("`return` belongs to `for x in items return …`")),
        (r"in\b", Phrase("an element of a list is tested with `a in list`, or `list contains(list, a)`")),
        (r"\{", Phrase("`{` begins a context such as `{key: value}`")),
        (r"[)\]}]", Phrase("this closes a bracket that was never opened")),
        (r"=", Phrase("`=` compares; an expression sets no variable")),
    )
)

#: Functions of other languages. A name that the data defines is never taken for one of them.
FOREIGN_CALLS = {
    "len": _write("count(list)", "string length(text)"),
    "length": _write("count(list)", "string length(text)"),
    "size": _write("count(list)", "string length(text)"),
    "str": _write("string(value)"),
    "int": _write("number(text)", "floor(number)"),
    "float": _write("number(text)"),
    "bool": _write('value = "true"'),
    "upper": _write("upper case(text)"),
    "lower": _write("lower case(text)"),
    "strip": _write("trim(text)"),
    "substr": Phrase("write `substring(text, start, length)`; the first character is number 1"),
    "startswith": _write("starts with(text, start)"),
    "endswith": _write("ends with(text, end)"),
    "join": _write("string join(list, separator)"),
    "avg": _write("mean(list)"),
    "average": _write("mean(list)"),
    "ceil": _write("ceiling(number)"),
    "round": _write("decimal(number, digits)", "round half up(number, digits)"),
    "mod": _write("modulo(a, b)"),
    "pow": _write("a ** b"),
    "isinstance": _write("value instance of type"),
    "datetime": _write('date and time("2026-03-01T09:30:00+08:00")'),
    "timedelta": _write('duration("P1D")'),
    "unique": _write("distinct values(list)"),
    "sorted": _write("sort(list)"),
    "reversed": _write("reverse(list)"),
    "map": _write("for x in list return …"),
    "filter": _write("list[condition]"),
    "print": Phrase("an expression returns its value; it prints nothing"),
    "isnull": _write("value = null"),
    "coalesce": _write("get or else(value, default)"),
    "eval": Phrase("an expression cannot run text"),
    "exec": Phrase("an expression cannot run text"),
    "getattr": _write("value.name"),
}


#: Words of the language after which the advice about names with spaces would mislead.
_WORDS = frozenset(["and", "or", "in", "between", "instance", "then", "else", "return", "satisfies"])


def hint_at(source: str, position: int) -> tuple[Phrase | None, Phrase | None]:
    """Return what is wrong at a place that does not parse, and what to write there; of both there may be none."""
    sign = source[position : position + 1]
    if sign in FULL_WIDTH and sign:
        return Phrase("full-width or foreign sign `{sign}`", sign=sign), _write(FULL_WIDTH[sign])
    for pattern, hint in _SLIPS:
        match = pattern.match(source, position)
        if match:
            return Phrase("`{text}` does not fit here", text=match[0]), hint
    before = source[:position].rstrip()
    if re.search(r"\bnot$", before):
        return None, Phrase("write `not(…)` with brackets")
    if re.search(r"\blambda$", before):
        return None, _write("function(x) …")
    if re.match(r"\.\.", source[position:]):
        return Phrase("`..` outside of brackets"), Phrase("write a range as `[1..5]`")
    digits = re.match(r"[０-９]+", source[position:])
    if digits:
        return _wide(digits[0])
    return None, None


def hint_about_words(source: str, position: int) -> Phrase | None:
    """Return the advice for a word that directly follows another, which no rule of the grammar joins."""
    word = re.match(r"[^\W\d]\w*", source[position:])
    if word and word[0] not in _WORDS and re.search(r"\w\s*$", source[:position]):
        return Phrase("an operator is missing before it, or it belongs to a name with spaces that is not known here")
    return None


def _wide(digits: str) -> tuple[Phrase, Phrase]:
    narrow = "".join(chr(ord(digit) - 0xFEE0) for digit in digits)
    return Phrase("full-width digits `{digits}`", digits=digits), Phrase("write them as `{digits}`", digits=narrow)


def hint_for_name(name: str, called: bool, known: Callable[[str], bool]) -> tuple[Phrase, Phrase] | None:
    """Return what is wrong with a word of another language used as a name, and what to write; None for any other."""
    if known(name):
        return None
    if name in SLIPS:
        return Phrase("`{name}` is no value", name=name), _write(SLIPS[name])
    if called and name in FOREIGN_CALLS:
        return Phrase("there is no function `{name}`", name=name), FOREIGN_CALLS[name]
    if re.fullmatch(r"[０-９]+", name):
        return _wide(name)
    return None
