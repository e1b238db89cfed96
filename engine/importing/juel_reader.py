"""Reads one expression of a Java engine from left to right, and says it in FEEL.

Source: Jakarta Expression Language 3.0, section 1.13 (operators and their precedence); DMN 1.5, section 10.3.
"""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

MAX_DEPTH: Final = 40
_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?)[LlDdFf]?(?![\w.])|(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"""|(?P<name>[^\W\d]\w*)|(?P<sign>===|!==|==|!=|<=|>=|&&|\|\||[-+*/%!<>()\[\].,?:]))"""
)
#: Sign or word → (precedence, FEEL); a higher number binds closer.
_BINARY: Final = {
    "||": (1, "or"), "or": (1, "or"), "&&": (2, "and"), "and": (2, "and"),
    "==": (3, "="), "eq": (3, "="), "===": (3, "="), "!=": (3, "!="), "ne": (3, "!="), "!==": (3, "!="),
    "<": (4, "<"), "lt": (4, "<"), ">": (4, ">"), "gt": (4, ">"),
    "<=": (4, "<="), "le": (4, "<="), ">=": (4, ">="), "ge": (4, ">="),
    "+": (5, "+"), "-": (5, "-"), "*": (6, "*"), "/": (6, "/"), "div": (6, "/"), "%": (6, "%"), "mod": (6, "%"),
}  # fmt: skip
COMPARING: Final = frozenset(sign for sign, (level, _) in _BINARY.items() if level in (3, 4))
_ALONE: Final = 9
#: What the engine itself offers to expressions: nothing of it is there.
_OF_ENGINE: Final = frozenset(["execution", "task", "authenticatedUserId", "caseExecution", "variableMap", "connector"])
_WORDS: Final = frozenset(["true", "false", "null", "empty", "not", "instanceof", *(w for w in _BINARY if w.isalpha())])
#: Method without or with one argument → what it is in FEEL.
_METHODS: Final[dict[tuple[str, int], Callable[..., str]]] = {
    ("equals", 1): lambda on, other: f"({on} = {other})",
    ("contains", 1): lambda on, other: f"list contains({on}, {other})",
    ("size", 0): lambda on: f"count({on})",
    ("isEmpty", 0): lambda on: f'list contains([null, "", []], {on})',
    ("length", 0): lambda on: f"string length({on})",
    ("startsWith", 1): lambda on, other: f"starts with({on}, {other})",
    ("endsWith", 1): lambda on, other: f"ends with({on}, {other})",
    ("toLowerCase", 0): lambda on: f"lower case({on})",
    ("toUpperCase", 0): lambda on: f"upper case({on})",
    ("get", 1): lambda on, key: f"get value({on}, {key})",
}


class Untranslatable(Exception):
    """It means something in Java only, or it is no expression."""


class _Part(NamedTuple):
    """A piece of FEEL and how closely it binds."""

    level: int
    feel: str

    def within(self, level: int) -> str:
        return self.feel if self.level >= level else f"({self.feel})"


class _Token(NamedTuple):
    kind: str
    value: str


def tokens(text: str) -> list[_Token]:
    """Split an expression.

    Raises:
        Untranslatable: there is a sign in it that no expression has.
    """
    found: list[_Token] = []
    position, text = 0, text.rstrip()
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None or token.lastgroup is None:
            raise Untranslatable
        found.append(_Token(token.lastgroup, token[token.lastgroup]))
        position = token.end()
    return found


class Reader:
    """Reads an expression from left to right."""

    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = 0

    def whole(self) -> str:
        found = self.choice()
        if self.at < len(self.tokens):
            raise Untranslatable
        return found.feel

    def peek(self) -> str:
        """The next sign or word; "" for a text, a number or the end."""
        token = self.tokens[self.at] if self.at < len(self.tokens) else _Token("end", "")
        return token.value if token.kind in ("sign", "name") else ""

    def take(self, value: str) -> bool:
        if self.peek() != value:
            return False
        self.at += 1
        return True

    def need(self, value: str) -> None:
        if not self.take(value):
            raise Untranslatable

    def choice(self) -> _Part:
        """`condition ? this : that`."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Untranslatable
        found = self.binary(1)
        if self.take("?"):
            this = self.choice()
            self.need(":")
            that = self.choice()
            found = _Part(0, f"if {found.feel} then {this.within(1)} else {that.within(1)}")
        self.depth -= 1
        return found

    def binary(self, level: int) -> _Part:
        if level > 6:
            return self.unary()
        left = self.binary(level + 1)
        while (sign := self.peek()) in _BINARY and _BINARY[sign][0] == level:
            self.at += 1
            right = self.binary(level + 1)
            name = _BINARY[sign][1]
            if name == "%":
                left = _Part(_ALONE, f"modulo({left.feel}, {right.feel})")
            else:
                left = _Part(level, f"{left.within(level)} {name} {right.within(level + 1)}")
        return left

    def unary(self) -> _Part:
        for signs, wrap in ((("!", "not"), "not({})"), (("empty",), 'list contains([null, "", []], {})')):
            if any(self.take(sign) for sign in signs):
                self.depth += 1
                if self.depth > MAX_DEPTH:
                    raise Untranslatable
                inner = self.unary()
                self.depth -= 1
                return _Part(_ALONE, wrap.format(inner.feel))
        if self.take("-"):
            if self.peek() == "-":
                raise Untranslatable
            return _Part(7, f"-{self.unary().within(_ALONE)}")
        return self.value()

    def value(self) -> _Part:
        if self.take("("):
            inner = self.choice()
            self.need(")")
            return self.members(f"({inner.feel})")
        if self.at >= len(self.tokens):
            raise Untranslatable
        token = self.tokens[self.at]
        self.at += 1
        if token.kind == "number":
            return _Part(_ALONE, token.value)
        if token.kind == "text":
            return self.members(quoted(_unescaped(token.value)))
        if token.value in ("true", "false", "null"):
            return _Part(_ALONE, token.value)
        if token.value == "execution":
            return self.members(self.of_execution())
        if token.kind != "name" or token.value in _WORDS | _OF_ENGINE or self.peek() == "(":
            raise Untranslatable
        return self.members(token.value)

    def of_execution(self) -> str:
        """`execution.getVariable("x")` is the variable itself."""
        self.need(".")
        method = self.peek()
        if method not in ("getVariable", "hasVariable", "getVariableLocal"):
            raise Untranslatable
        self.at += 1
        self.need("(")
        token = self.tokens[self.at] if self.at < len(self.tokens) else _Token("end", "")
        name = _unescaped(token.value) if token.kind == "text" else ""
        if not re.fullmatch(r"[^\W\d]\w*", name):
            raise Untranslatable
        self.at += 1
        self.need(")")
        return f"({name} != null)" if method == "hasVariable" else name

    def members(self, on: str) -> _Part:
        """What follows a value: `.name`, `.method(…)`, `[index]`."""
        while True:
            if self.take("."):
                token = self.tokens[self.at] if self.at < len(self.tokens) else _Token("end", "")
                if token.kind != "name":
                    raise Untranslatable
                self.at += 1
                on = self.called(on, token.value) if self.take("(") else f"{on}.{token.value}"
            elif self.take("["):
                on = self.indexed(on)
            else:
                return _Part(_ALONE, on)

    def called(self, on: str, method: str) -> str:
        given: list[str] = []
        while not self.take(")"):
            if given:
                self.need(",")
            given.append(self.choice().feel)
        how = _METHODS.get((method, len(given)))
        if how is None:
            raise Untranslatable
        return how(on, *given)

    def indexed(self, on: str) -> str:
        """FEEL counts from 1."""
        token = self.tokens[self.at] if self.at < len(self.tokens) else _Token("end", "")
        self.at += 1
        self.need("]")
        if token.kind == "number" and token.value.isdigit():
            return f"{on}[{int(token.value) + 1}]"
        if token.kind == "text":
            return f"get value({on}, {quoted(_unescaped(token.value))})"
        raise Untranslatable


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def quoted(text: str) -> str:
    """Write a text as FEEL does."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "").replace("\t", "\\t")
    return f'"{escaped}"'
