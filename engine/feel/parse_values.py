"""What stands by itself in an expression: literals, names, lists, contexts, ranges, calls, paths, types."""

import re
from decimal import Decimal

from engine.errors import Phrase
from engine.feel.errors import FeelLimitError, FeelSyntaxError
from engine.feel.hints import hint_for_name
from engine.feel.limits import LIMITS
from engine.feel.scan import NAME, Scanner
from engine.feel.syntax import (
    Call,
    ContextEntries,
    Filter,
    HalfRange,
    ListItems,
    Literal,
    Name,
    Node,
    Path,
    RangeEnds,
)
from engine.feel.temporal import parse_at
from engine.feel.values import Type

_TYPE = re.compile(
    r"(years\s+and\s+months\s+duration|days\s+and\s+time\s+duration|date\s+and\s+time|[\w.]+)", re.UNICODE
)
_ARGUMENT_NAME = re.compile(r"([^\W\d][\w ]{0,60}?)\s*:")
#: What comes after a `[` that ends a range (`[1..5[`) rather than begins a filter.
_AFTER_RANGE = re.compile(
    r"\[\s*(?:$|[)\],}=<>!*/+]|\.(?!\d)|(?:and|or|then|else|return|satisfies|in|between|instance)\b)"
)
_SIGNS = ("<=", ">=", "!=", "=", "<", ">")
_CONSTANTS = {"true": True, "false": False, "null": None}
_OPENERS = frozenset(["if", "for", "some", "every", "function"])


class ValueParser(Scanner):
    """Parses primary expressions and what may follow them directly."""

    _depth = 0
    _nodes = 0
    _ranges = 0
    #: whether `?` was read since it was last reset; a unary test that reads it is a condition of its own
    _reads_value = False

    def expression(self) -> Node:
        """Parse any expression; the grammar above this class knows how."""
        raise NotImplementedError

    def operand(self) -> Node:
        """Parse an arithmetic expression; the grammar above this class knows how."""
        raise NotImplementedError

    def deeper(self) -> None:
        """Go one level down; raise FeelLimitError when there are too many."""
        self._depth += 1
        if self._depth > LIMITS.nesting:
            raise FeelLimitError("levels of an expression", LIMITS.nesting)

    def sign(self) -> str | None:
        """Return the comparison sign that comes next, without passing over it."""
        for sign in _SIGNS:
            if self.at(sign):
                if self.source.startswith(("==", "=<", "=>", "!==", "<>"), self.position):
                    self.fail()
                return sign
        return None

    def postfix(self) -> Node:
        """Parse a primary expression with the paths, filters and calls that follow it."""
        return self.followed(self.primary())

    def followed(self, node: Node) -> Node:
        """Parse the paths, filters and calls that follow what has been read."""
        for _ in range(LIMITS.chain):
            if self.at(".") and not self.at(".."):
                self.take(".")
                node = Path(node, self.read_name(of_property=True))
            elif self.at("[") and not (self._ranges and _AFTER_RANGE.match(self.source, self.position)):
                node = self._filter(node)
            elif self.at("("):
                node = self._call(node)
            else:
                return node
        raise FeelLimitError("links of a chain of paths, filters and calls", LIMITS.chain)

    def _filter(self, items: Node) -> Node:
        self.open("[")
        ranges, self._ranges = self._ranges, 0
        condition = self.expression()
        self._ranges = ranges
        self.close("]")
        return Filter(items, condition)

    def _call(self, function: Node) -> Node:
        if isinstance(function, Name):
            self._refuse_foreign(function, called=True)
        self.open("(")
        ranges, self._ranges = self._ranges, 0
        arguments: list[Node] = []
        names: list[str] = []
        while not self.at(")"):
            match = _ARGUMENT_NAME.match(self.source, self.position)
            if match:
                names.append(" ".join(match[1].split()))
                self.position = match.end()
                self.skip_blanks()
            elif names:
                mixed = Phrase("an argument without a name after one with a name")
                self.fail(mixed, hint=Phrase("name all arguments, or none"))
            arguments.append(self.expression())
            if not self.take(","):
                break
        self._ranges = ranges
        self.close(")")
        return Call(function, tuple(arguments), tuple(names))

    def primary(self) -> Node:
        """Parse a literal, name, list, context, range or bracketed expression."""
        self._nodes += 1
        if self._nodes > LIMITS.nodes:
            raise FeelLimitError("values, names and calls of an expression", LIMITS.nodes)
        sign = self.source[self.position : self.position + 1]
        if sign == '"':
            return Literal(self.read_string())
        if sign.isascii() and (sign.isdigit() or sign == "."):
            return Literal(self.read_number())
        if sign == "@":
            return self._at_literal()
        if sign == "{":
            return self._context()
        if sign in ("[", "(", "]") and sign:
            return self._bracketed(sign)
        if self.sign():
            return self._half_range()
        return self._word()

    def _word(self) -> Node:
        place = self.position
        match = NAME.match(self.source, place)
        word = match[0] if match else ""
        if word in _CONSTANTS and word not in self.known:
            self.take_word(word)
            return Literal(_CONSTANTS[word])
        if word in _OPENERS and word not in self.known:
            return self.expression()
        node = Name(self.read_name(), place)
        if node.name == "?":
            self._reads_value = True
        if not self.at("("):
            self._refuse_foreign(node, called=False)
        return node

    def _refuse_foreign(self, node: Name, *, called: bool) -> None:
        slip = hint_for_name(node.name, called, self.known.__contains__)
        if slip:
            raise FeelSyntaxError(slip[0], self.source, node.position, slip[1])

    def _at_literal(self) -> Node:
        self.take("@")
        text = self.read_string()
        value = parse_at(text)
        return Literal(
            value, None if value is not None else Phrase('@"{text}" is no date, time or duration', text=text[:60])
        )

    def _half_range(self) -> Node:
        sign = self.sign() or ""
        if sign == "!=":
            self.fail(Phrase("a comparison without its left side"))
        self.take(sign)
        return HalfRange(sign, self.operand())

    def _bracketed(self, opening: str) -> Node:
        self.open(opening)
        ranges, self._ranges = self._ranges, 0
        if opening == "[" and self.at("]"):
            self.close("]")
            self._ranges = ranges
            return ListItems(())
        first = self.expression()
        if self.take(".."):
            node: Node = self.range_end(first, opening)
        elif opening == "]":
            self.fail(Phrase("expected `..` of a range such as `]1..5]`"))
        elif opening == "(":
            self.close(")")
            node = first
        else:
            items = [first]
            while self.take(","):
                items.append(self.expression())
            self.close("]")
            node = ListItems(tuple(items))
        self._ranges = ranges
        return node

    def range_end(self, start: Node, opening: str) -> Node:
        """Parse what follows the `..` of a range."""
        self._ranges = 1
        end = self.expression()
        closing = self.source[self.position : self.position + 1]
        if closing not in ("]", ")", "[") or not closing:
            self.fail(Phrase("expected `]` or `)` after a range"))
        self.close(closing)
        return RangeEnds(start, end, opening == "[", closing == "]")

    def _context(self) -> Node:
        self.open("{")
        ranges, self._ranges = self._ranges, 0
        entries: list[tuple[str, Node]] = []
        while not self.at("}"):
            if self.at('"'):
                key = self.read_string()
                self.learn(key)
            else:
                key = self.read_new_name(":")
            self.need(":")
            entries.append((key, self.expression()))
            if not self.take(","):
                break
        self._ranges = ranges
        self.close("}")
        return ContextEntries(tuple(entries))

    def type(self) -> Type:
        """Parse a type such as `number`, `list<string>`, `context<a: number>` or `function<number> -> string`."""
        self.deeper()
        match = self._at_spaced() or _TYPE.match(self.source, self.position)
        if not match:
            self.fail(Phrase("expected a type such as `number`"))
        name = self._pass(match, " ".join(match[0].split()))
        result: Type = (name,)
        if name in ("list", "range") and self.take("<"):
            result = (name, self.type())
            self.need(">")
        elif name == "context" and self.take("<"):
            members: dict[str, Type] = {}
            while not self.at(">"):
                key = self.read_new_name(":")
                self.need(":")
                members[key] = self.type()
                if not self.take(","):
                    break
            self.need(">")
            result = (name, tuple(members.items()))
        elif name == "function" and self.take("<"):
            result = (name, self._parameter_types(), self._result_type())
        self._depth -= 1
        return result

    def _parameter_types(self) -> tuple[Type, ...]:
        types: list[Type] = []
        while not self.at(">"):
            types.append(self.type())
            if not self.take(","):
                break
        self.need(">")
        return tuple(types)

    def _result_type(self) -> Type:
        self.need("->")
        return self.type()


def is_number(node: Node) -> bool:
    """Say whether a node is a number as written."""
    return isinstance(node, Literal) and isinstance(node.value, Decimal)
