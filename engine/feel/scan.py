"""Reading an expression's text piece by piece: blanks, signs, words, numbers, strings, and names with spaces."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import NoReturn

from engine.errors import Phrase
from engine.feel.builtins import BUILTINS
from engine.feel.errors import FeelLimitError, FeelSyntaxError
from engine.feel.hints import FULL_WIDTH, hint_about_words, hint_at
from engine.feel.limits import DECIMALS, LIMITS
from engine.feel.values import number

#: Source: DMN 1.5, 10.3.1.2, grammar rules 28 and 29, without the full-width signs, which are slips.
_START = (
    r"?A-Z_a-z\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C-\u200D\u2070-\u218F"
    r"\u2C00-\u2FEF\u3005-\u3007\u3021-\uD7FF\uF900-\uFDCF\uFDF0-\uFEFF\uFF10-\uFF19\uFF21-\uFF3A\uFF41-\uFF5A"
    r"\uFF66-\uFFDC\U00010000-\U000EFFFF"
)
_PART = _START + r"0-9\u00B7\u0300-\u036F\u203F-\u2040"
NAME = re.compile(f"[{_START}][{_PART}]*")
_BLANKS = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
_NUMBER = re.compile(r"(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{6})|(.))", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'", "\\": "\\"}
_SPACED_PROPERTIES = re.compile(r"(?:time\s+offset|start\s+included|end\s+included)")
_SPACED_BUILTINS = re.compile(
    "(?:"
    + "|".join(
        re.escape(name).replace(r"\ ", r"\s+") for name in sorted(BUILTINS, key=len, reverse=True) if " " in name
    )
    + r")(?=\s*\()"
)
KEYWORDS = frozenset(
    ("if", "then", "else", "for", "in", "return", "some", "every", "satisfies", "and", "or", "between")
) | {"instance", "true", "false", "null", "function"}


class Scanner:
    """A place in a source, the names with spaces known there, and what may follow."""

    def __init__(self, source: str, names: Iterable[str] = ()) -> None:
        if len(source) > LIMITS.source:
            raise FeelLimitError("characters of an expression", LIMITS.source)
        self.source = source
        self.position = 0
        self.known: set[str] = set()
        self._spaced: dict[str, re.Pattern[str]] = {}
        self._opened: list[int] = []
        for name in names:
            self.learn(name)
        self.skip_blanks()

    def learn(self, name: str) -> None:
        """Know a name from now on; one with spaces or signs would otherwise be read as several words."""
        if name in self.known:
            return
        self.known.add(name)
        if NAME.fullmatch(name) or not name.strip():
            return
        text = re.escape(" ".join(name.split())).replace(r"\ ", " ")
        # signs within a name may be written with or without blanks around them
        text = re.sub(r"(\\?[^\w\s\\])", r"\\s*\1\\s*", text).replace(" ", r"\s+")
        self._spaced[name] = re.compile(text + f"(?![{_PART}])")
        self._spaced = dict(sorted(self._spaced.items(), key=lambda item: -len(item[0])))

    def skip_blanks(self) -> None:
        """Pass over blanks and comments."""
        match = _BLANKS.match(self.source, self.position)
        if match:
            self.position = match.end()

    def fail(self, problem: Phrase | None = None, position: int | None = None, hint: Phrase | None = None) -> NoReturn:
        """Raise the syntax error at a place, with the hint that its text suggests."""
        place = self.position if position is None else position
        slip, advice = hint_at(self.source, place)
        if self._opened and self.source.startswith((")", "]", "}"), place):
            slip = advice = None  # one is open: not the closing of it is wrong, but what is missing before
        if place >= len(self.source) and self._opened:
            place = self._opened[-1]
            bracket = self.source[place]
            problem = Phrase("`{bracket}` is never closed", bracket=bracket)
            raise FeelSyntaxError(problem, self.source, place, hint or _closing(bracket))
        advice = advice or hint or hint_about_words(self.source, place)
        unexpected = Phrase("unexpected {found}", found=self._word_at(place))
        raise FeelSyntaxError(slip or problem or unexpected, self.source, place, advice)

    def _word_at(self, place: int) -> str:
        if place >= len(self.source):
            return Phrase("end of the expression")
        word = NAME.match(self.source, place)
        return f"`{word[0] if word else self.source[place]}`"

    def at(self, sign: str) -> bool:
        """Say whether `sign` comes next."""
        return self.source.startswith(sign, self.position)

    def take(self, sign: str) -> bool:
        """Pass over `sign` if it comes next."""
        if not self.source.startswith(sign, self.position):
            return False
        self.position += len(sign)
        self.skip_blanks()
        return True

    def need(self, sign: str) -> None:
        """Pass over `sign`, which has to come next."""
        if not self.take(sign):
            self._missing(sign)

    def _missing(self, expected: str, hint: Phrase | None = None) -> NoReturn:
        found = self._word_at(self.position)
        self.fail(Phrase("expected `{expected}` instead of {found}", expected=expected, found=found), hint=hint)

    def open(self, bracket: str) -> None:
        """Pass over an opening bracket and remember where it stands, for the message that it is never closed."""
        place = self.position
        self.need(bracket)
        self._opened.append(place)

    def close(self, bracket: str) -> None:
        """Pass over the closing bracket of the last one opened."""
        self.need(bracket)
        self._opened.pop()

    def at_word(self, word: str) -> bool:
        """Say whether the whole word comes next."""
        match = NAME.match(self.source, self.position)
        return match is not None and match[0] == word

    def take_word(self, word: str) -> bool:
        """Pass over the word if it comes next."""
        if not self.at_word(word):
            return False
        self.position += len(word)
        self.skip_blanks()
        return True

    def need_word(self, word: str, hint: Phrase | None = None) -> None:
        """Pass over the word, which has to come next."""
        if not self.take_word(word):
            self._missing(word, hint)

    def read_name(self, *, of_property: bool = False) -> str:
        """Read a name: one known to have spaces, a standard function with spaces, or a single word."""
        for name, pattern in self._spaced.items():
            match = pattern.match(self.source, self.position)
            if match:
                return self._pass(match, name)
        match = (_SPACED_PROPERTIES if of_property else _SPACED_BUILTINS).match(self.source, self.position)
        if match:
            return self._pass(match, " ".join(match[0].split()))
        match = NAME.match(self.source, self.position)
        if not match or (match[0] in KEYWORDS and not of_property):
            ended = self.position >= len(self.source)
            self.fail(Phrase("the expression ends where a value is expected") if ended else None)
        return self._pass(match, match[0])

    def _at_spaced(self) -> re.Match[str] | None:
        """Return the match of the longest name with spaces that comes next."""
        matches = (pattern.match(self.source, self.position) for pattern in self._spaced.values())
        return next((match for match in matches if match), None)

    def _pass(self, match: re.Match[str], name: str) -> str:
        self.position = match.end()
        self.skip_blanks()
        return name

    def read_new_name(self, stop: str) -> str:
        """Read a name that is defined here, up to what matches `stop`, and know it from now on."""
        pattern = re.compile(r'([^"{}\[\](),:]{1,200}?)\s*(?=' + stop + ")", re.DOTALL)
        match = pattern.match(self.source, self.position)
        if not match or match[1][:1].isdigit():
            # a full-width sign later in what should be the name tells more than the name's first letter
            rest = re.compile(r"[^,(){}\[\]\s]*").match(self.source, self.position)
            foreign = [place for place in range(*rest.span()) if self.source[place] in FULL_WIDTH] if rest else []
            self.fail(Phrase("expected a name"), foreign[0] if foreign else None)
        name = " ".join(match[1].split())
        self._pass(match, name)
        self.learn(name)
        return name

    def read_string(self) -> str:
        """Read a string between double quotes."""
        match = _STRING.match(self.source, self.position)
        if not match:
            if self.at('"'):
                problem = Phrase("the string that begins here never ends")
                raise FeelSyntaxError(problem, self.source, self.position, _add('"'))
            self.fail(Phrase("expected a string"))
        self._pass(match, "")
        return _unescape(match[1])

    def read_number(self) -> Decimal | None:
        """Read a number; one too large is null."""
        match = _NUMBER.match(self.source, self.position)
        if not match:
            self.fail()
        end = match.end()
        if NAME.match(self.source, end) and not re.match(r"[?]", self.source[end:]):
            word = self._word_at(end)
            if word[1:-1] not in KEYWORDS:
                self.fail(Phrase("{word} right after the number {number}", word=word, number=match[0]), end)
        self._pass(match, "")
        return number(DECIMALS.create_decimal(match[0]))


def _closing(bracket: str) -> Phrase:
    return _add({"(": ")", "{": "}"}.get(bracket, "]"))


def _add(sign: str) -> Phrase:
    return Phrase("add `{sign}`", sign=sign)


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text

    def replace(match: re.Match[str]) -> str:
        code = match[1] or match[2]
        if code:
            return chr(int(code, 16)) if int(code, 16) <= 0x10FFFF else "\ufffd"
        return _ESCAPES.get(match[3], "\\" + match[3])

    # two escaped halves of a surrogate pair become the one character that they mean
    return _ESCAPE.sub(replace, text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
