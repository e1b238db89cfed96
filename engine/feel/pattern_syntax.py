"""XPath's dialect of regular expressions, rewritten for the package `regex`.

Source: XML Schema 1.1 part 2, appendix G; XPath and XQuery Functions 3.1, 5.6.1 (anchors, reluctant quantifiers,
groups, back-references and the flags).
"""

import re

#: What a letter after a backslash stands for, as the inside of a class.
_CLASSES = {
    "s": r" \t\n\r",
    "d": r"\p{Nd}",
    "i": r"\p{L}_:",
    "c": r"\p{L}\p{M}\p{N}._:\-·",
}
_CLASSES_NEGATED = {letter.upper(): inside for letter, inside in _CLASSES.items()}
_CONTROLS = {"n": r"\n", "r": r"\r", "t": r"\t"}
_PLAIN_ESCAPES = frozenset("\\|.-^?*+{}()[]$")
_QUANTIFIER = re.compile(r"(?:[?*+]|\{\d+(?:,\d*)?\})\??")
_PROPERTY = re.compile(r"([pP])\{(Is)?([A-Za-z0-9-]+)\}")
#: Counted repeats multiply when nested; the engine unrolls some of them.
_LARGEST_REPEAT = 1_000


class PatternError(Exception):
    """The text is no pattern; says why."""


class Translator:
    """Rewrites one pattern."""

    def __init__(self, pattern: str, flags: str) -> None:
        self.pattern = "".join(_without_blanks(pattern)) if "x" in flags else pattern
        self.position = 0
        self.any = "." if "s" in flags else r"[^\n\r]"
        # without `m`, `$` means the very end; Python's would also match before a last line feed
        self.end = "$" if "m" in flags else r"\Z"
        self.groups = 0
        self.opened: list[int] = []
        self.closed: set[int] = set()

    def translate(self) -> str:
        """Return the pattern for `regex`.

        Raises:
            PatternError: it is none.
        """
        pieces: list[str] = []
        while self.position < len(self.pattern):
            sign = self.pattern[self.position]
            if sign in "^|":
                self.position += 1
                pieces.append(sign)
                continue
            pieces.append(self._group() if sign in "()" else self._atom(sign))
            if sign != "(":
                pieces.append(self._quantifier())
        if self.opened:
            raise PatternError("a `(` is never closed")
        return "".join(pieces)

    def _group(self) -> str:
        if self.pattern[self.position] == ")":
            if not self.opened:
                raise PatternError("a `)` was never opened")
            self.closed.add(self.opened.pop())
            self.position += 1
            return ")"
        if self.pattern.startswith("(?:", self.position):
            self.position += 3
            self.opened.append(0)
            return "(?:"
        if self.pattern.startswith("(?", self.position):
            raise PatternError("there is no `(?` but `(?:`")
        self.position += 1
        self.groups += 1
        self.opened.append(self.groups)
        return "("

    def _atom(self, sign: str) -> str:
        if sign == "[":
            return self._class()
        if sign == "\\":
            return self._escape()
        self.position += 1
        if sign == ".":
            return self.any
        if sign == "$":
            return self.end
        if sign in "?*+{}]":
            raise PatternError(f"`{sign}` has nothing before it; write `\\{sign}` for the sign itself")
        return re.escape(sign)

    def _quantifier(self) -> str:
        match = _QUANTIFIER.match(self.pattern, self.position)
        if not match:
            return ""
        if any(int(count) > _LARGEST_REPEAT for count in re.findall(r"\d{1,9}", match[0])):
            raise PatternError(f"a repeat is at most {_LARGEST_REPEAT}")
        self.position = match.end()
        return match[0]

    def _escape(self) -> str:
        letter = self.pattern[self.position + 1 : self.position + 2]
        if letter.isdigit() and letter != "0":
            return self._back_reference()
        inside, negated = self._escaped_set()
        if inside:
            return f"[{'^' if negated else ''}{inside}]"
        return self._escaped_sign()

    def _back_reference(self) -> str:
        digits = re.compile(r"\d+").match(self.pattern, self.position + 1)
        assert digits
        number = digits[0]
        # as many digits belong to the number as there are groups; the others are signs of their own
        while len(number) > 1 and int(number) > self.groups:
            number = number[:-1]
        if int(number) not in self.closed:
            raise PatternError(f"there is no group {number} before `\\{number}`")
        self.position += 1 + len(number)
        return f"(?:\\{number})"

    def _escaped_set(self) -> tuple[str, bool]:
        """Return the inside of a class and whether it is negated, when the escape here stands for a class."""
        letter = self.pattern[self.position + 1 : self.position + 2]
        if letter in ("w", "W"):
            self.position += 2
            return r"\p{P}\p{Z}\p{C}", letter == "w"
        if letter and letter in _CLASSES:
            self.position += 2
            return _CLASSES[letter], False
        if letter and letter in _CLASSES_NEGATED:
            self.position += 2
            return _CLASSES_NEGATED[letter], True
        match = _PROPERTY.match(self.pattern, self.position + 1)
        if match:
            self.position = match.end()
            return f"\\p{{{'In' if match[2] else ''}{match[3]}}}", match[1] == "P"
        return "", False

    def _escaped_sign(self) -> str:
        letter = self.pattern[self.position + 1 : self.position + 2]
        self.position += 2
        if letter and letter in _CONTROLS:
            return _CONTROLS[letter]
        if not letter or letter not in _PLAIN_ESCAPES:
            raise PatternError(f"there is no escape `\\{letter}`")
        return re.escape(letter)

    def _class(self) -> str:
        """Translate `[…]`, from its opening bracket."""
        self.position += 1
        pieces = ["["]
        if self.pattern.startswith("^", self.position):
            self.position += 1
            pieces.append("^")
        empty = len(pieces)
        while True:
            sign = self.pattern[self.position : self.position + 1]
            if not sign:
                raise PatternError("a `[` is never closed")
            if sign == "]":
                if len(pieces) == empty:
                    raise PatternError("a class is empty")
                self.position += 1
                return "".join([*pieces, "]"])
            if self.pattern.startswith("-[", self.position) and len(pieces) > empty:
                # what is subtracted ends the class
                self.position += 1
                pieces.append("--" + self._class())
                if not self.pattern.startswith("]", self.position):
                    raise PatternError("nothing may follow what a class subtracts")
                continue
            pieces.append(self._class_item(sign))

    def _class_item(self, sign: str) -> str:
        if sign == "\\":
            inside, negated = self._escaped_set()
            if inside:
                return f"[^{inside}]" if negated else inside
        first = self._class_sign(sign)
        if not re.match(r"-[^\]\[]", self.pattern[self.position :]):
            return first
        self.position += 1
        return f"{first}-{self._class_sign(self.pattern[self.position])}"

    def _class_sign(self, sign: str) -> str:
        if sign == "\\":
            return self._escaped_sign()
        if sign == "[":
            raise PatternError("write `\\[` for the sign itself in a class")
        self.position += 1
        return re.escape(sign) if sign.isascii() and not sign.isalnum() else sign


def _without_blanks(pattern: str) -> list[str]:
    """Leave out blanks except within classes, as the flag `x` wants it; even after a backslash."""
    kept: list[str] = []
    depth = 0
    for sign in pattern:
        escaped = bool(kept) and kept[-1] == "\\" and not (len(kept) > 1 and kept[-2] == "\\")
        if sign == "[" and not escaped:
            depth += 1
        elif sign == "]" and not escaped:
            depth = max(0, depth - 1)
        elif sign in " \t\n\r" and not depth:
            continue
        kept.append(sign)
    return kept
