"""The grammar of FEEL, from `if` down to the unary minus. Source: DMN 1.5, 10.3.1.2.

Names may contain spaces, so what a text means depends on the names known where it stands. There is therefore no
separate tokenizer: the scanner is asked for what the grammar expects at that place.
"""

import re
from collections.abc import Iterable

from engine.errors import Phrase
from engine.feel.errors import FeelLimitError
from engine.feel.limits import DECIMALS, LIMITS
from engine.feel.parse_values import ValueParser, is_number
from engine.feel.syntax import (
    And,
    Arithmetic,
    Between,
    Comparison,
    For,
    If,
    In,
    InstanceOf,
    Iterator,
    Lambda,
    Literal,
    Negation,
    Node,
    Or,
    Quantified,
    Test,
    UnaryTests,
)
from engine.feel.values import Type

_BOTH_BRANCHES = Phrase("FEEL has no `if` without both branches: write `if condition then a else b`")
_LEVELS = (("+", "-"), ("*", "/"), ("**",))


def parse_expression(source: str, names: Iterable[str] = ()) -> Node:
    """Parse an expression.

    Args:
        source: the text.
        names: names that may occur in it; only those with spaces or signs have to be given.

    Raises:
        FeelSyntaxError: the text is no expression.
        FeelLimitError: it is too long or too deep.
    """
    parser = Parser(source, names)
    try:
        node = parser.expression()
    except RecursionError:
        raise FeelLimitError("levels of an expression", LIMITS.nesting) from None
    parser.finish()
    return node


def parse_unary_tests(source: str, names: Iterable[str] = ()) -> UnaryTests:
    """Parse the cell of a decision table, such as `< 10, [20..30]`, `not("a")` or `-`.

    Raises:
        FeelSyntaxError: the text is no unary test.
        FeelLimitError: it is too long or too deep.
    """
    parser = Parser(source, names)
    try:
        tests = parser.unary_tests()
    except RecursionError:
        raise FeelLimitError("levels of an expression", LIMITS.nesting) from None
    parser.finish()
    return tests


class Parser(ValueParser):
    """Parses whole expressions and unary tests."""

    def finish(self) -> None:
        """Refuse what is left over."""
        if self.position < len(self.source):
            self.fail()

    def expression(self) -> Node:
        """Parse any expression."""
        self.deeper()
        if self.take_word("if"):
            node: Node = self._if()
        elif self.take_word("for"):
            node = self._for()
        elif self.at_word("some") or self.at_word("every"):
            node = self._quantified()
        elif self.at_word("function"):
            node = self._function()
        else:
            node = self._or()
        self._depth -= 1
        return node

    def _if(self) -> Node:
        condition = self.expression()
        self.need_word("then", _BOTH_BRANCHES)
        then = self.expression()
        self.need_word("else", _BOTH_BRANCHES)
        return If(condition, then, self.expression())

    def _iterators(self) -> tuple[Iterator, ...]:
        found: list[Iterator] = []
        while True:
            name = self.read_new_name(r"\s+in\b")
            self.need_word("in")
            items = self.expression()
            found.append(Iterator(name, items, self.expression() if self.take("..") else None))
            if not self.take(","):
                return tuple(found)

    def _for(self) -> Node:
        iterators = self._iterators()
        self.need_word("return", Phrase("write `for x in items return …`"))
        return For(iterators, self.expression())

    def _quantified(self) -> Node:
        some = self.take_word("some")
        if not some:
            self.need_word("every")
        iterators = self._iterators()
        self.need_word("satisfies", Phrase("write `some x in items satisfies …`"))
        return Quantified(some, iterators, self.expression())

    def _function(self) -> Node:
        self.need_word("function")
        self.open("(")
        parameters: list[str] = []
        types: list[Type | None] = []
        while not self.at(")"):
            parameters.append(self.read_new_name(r"[,:)]"))
            types.append(self.type() if self.take(":") else None)
            if not self.take(","):
                break
        self.close(")")
        if self.take_word("external"):
            self.expression()
            return Lambda(tuple(parameters), tuple(types), None)
        return Lambda(tuple(parameters), tuple(types), self.expression())

    def _or(self) -> Node:
        operands = [self._and()]
        while self.take_word("or"):
            operands.append(self._and())
        return operands[0] if len(operands) == 1 else Or(tuple(operands))

    def _and(self) -> Node:
        operands = [self._comparison()]
        while self.take_word("and"):
            operands.append(self._comparison())
        return operands[0] if len(operands) == 1 else And(tuple(operands))

    def _comparison(self) -> Node:
        node = self.operand()
        for _ in range(LIMITS.chain):
            sign = self.sign()
            if sign:
                self.take(sign)
                node = Comparison(sign, node, self.operand())
            elif self.take_word("between"):
                low = self.operand()
                self.need_word("and", Phrase("write `a between low and high`"))
                node = Between(node, low, self.operand())
            elif self.take_word("in"):
                node = In(node, self._in_tests())
            else:
                return node
        raise FeelLimitError("comparisons in a row", LIMITS.chain)

    def _in_tests(self) -> tuple[Test, ...]:
        if not self.at("("):
            return (self._test(),)
        self.open("(")
        first = self._test()
        if not first.sign and self.take(".."):
            # what looked like a list of tests is a range with an open start: `x in (1..5]`
            ranges = self._ranges
            node = self.range_end(first.operand, "(")
            self._ranges = ranges
            return (Test("", node),)
        tests = [first]
        while self.take(","):
            tests.append(self._test())
        self.close(")")
        if len(tests) == 1 and not first.sign:  # what looked like a list of tests may go on: `x in (a)[1]`
            return (Test("", self.followed(first.operand), first.reads_value),)
        return tuple(tests)

    def _test(self) -> Test:
        sign = self.sign()
        if sign:
            self.take(sign)
            return Test(sign, self.operand())
        outer, self._reads_value = self._reads_value, False
        operand = self.expression()
        reads, self._reads_value = self._reads_value, outer
        return Test("", operand, reads)

    def unary_tests(self) -> UnaryTests:
        """Parse a whole cell."""
        if re.fullmatch(r"\s*-?\s*", self.source):
            self.position = len(self.source)
            return UnaryTests(())
        negated = self.at_word("not") and re.match(r"not\s*\(", self.source[self.position :]) is not None
        if negated:
            self.take_word("not")
            self.open("(")
        tests = [self._test()]
        while self.take(","):
            tests.append(self._test())
        if negated:
            self.close(")")
        return UnaryTests(tuple(tests), negated)

    def operand(self, level: int = 0) -> Node:
        """Parse an arithmetic expression: sums of products of powers."""
        first = self._unary() if level == 2 else self.operand(level + 1)
        rest: list[tuple[str, Node]] = []
        while sign := self._operator(level):
            self.take(sign)
            rest.append((sign, self._unary() if level == 2 else self.operand(level + 1)))
        return Arithmetic(first, tuple(rest)) if rest else first

    def _operator(self, level: int) -> str | None:
        for sign in _LEVELS[level]:
            if self.at(sign) and not (sign == "*" and self.at("**")):
                return sign
        return None

    def _unary(self) -> Node:
        if self.at("-"):
            self.deeper()
            self.take("-")
            operand = self._unary()
            self._depth -= 1
            if is_number(operand):
                assert isinstance(operand, Literal)
                return Literal(DECIMALS.minus(operand.value))
            return Negation(operand)
        node = self.postfix()
        while self.at_word("instance"):
            self.take_word("instance")
            self.need_word("of", Phrase("write `value instance of type`"))
            node = InstanceOf(node, self.type())
        return node
