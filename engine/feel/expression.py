"""Expressions as others use them: compile once, call often."""

import datetime
import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

from engine.errors import Phrase
from engine.feel.analyse import Reading, analyse
from engine.feel.builtins import BUILTINS
from engine.feel.compile import compile_node, compile_tests
from engine.feel.errors import FeelLimitError
from engine.feel.evaluation import Evaluation, Scope, measure
from engine.feel.limits import LIMITS
from engine.feel.names import names_in, special_names
from engine.feel.parse import parse_expression, parse_unary_tests
from engine.feel.syntax import Node, UnaryTests
from engine.feel.values import Value, lift

Functions: TypeAlias = Mapping[str, Callable[..., Any]]


class Result(NamedTuple):
    """What an evaluation gave.

    Attributes:
        value: a FEEL value as `engine.feel.values` describes it.
        warnings: why values became null, in the order in which it happened.
    """

    value: Value
    warnings: tuple[Phrase, ...]


class _Compiled:
    """What expressions and unary tests have in common."""

    __slots__ = ("_reading", "source", "tree")

    def __init__(self, source: str, tree: Node | UnaryTests) -> None:
        self.source = source
        self.tree = tree
        self._reading: Reading | None = None

    @property
    def reading(self) -> Reading:
        """What the text reads and calls, with positions."""
        if self._reading is None:
            self._reading = analyse(self.tree)
        return self._reading

    @property
    def free_names(self) -> frozenset[str]:
        """The variables read; standard functions used as values are not among them."""
        return frozenset(name for name in self.reading.names if name not in BUILTINS)

    @property
    def calls(self) -> list[tuple[str, tuple[Value, ...] | None]]:
        """The functions called: name, and the arguments when all are literals, else None."""
        return list(self.reading.calls)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.source!r})"


class Expression(_Compiled):
    """A compiled expression. It has no state of its own, so threads may share it."""

    __slots__ = ("run",)

    def __init__(self, source: str, tree: Node) -> None:
        super().__init__(source, tree)
        #: the closure, for those who bring their own scope
        self.run: Callable[[Scope], Value] = compile_node(tree)

    def __call__(
        self,
        context: Mapping[str, Any] | None = None,
        *,
        now: datetime.datetime | None = None,
        functions: Functions | None = None,
    ) -> Result:
        """Evaluate the expression.

        Args:
            context: the variables, as Python values (see `lift`).
            now: aware moment that `now()` and `today()` mean; the host's clock in the zone of China when absent.
            functions: further functions by the name under which expressions call them. They get FEEL values by
                position, or by keyword with `_` for each space; what they return is lifted.

        Raises:
            FeelLimitError: the budget is used up.
            EngineError: raised by a host function.
        """
        return _evaluate(self.run, Evaluation(context, now=now, functions=functions))


class UnaryTest(_Compiled):
    """A compiled cell of a decision table."""

    __slots__ = ("run",)

    def __init__(self, source: str, tree: UnaryTests) -> None:
        super().__init__(source, tree)
        #: the closure of value and scope, for those who bring their own scope
        self.run: Callable[[Value, Scope], bool | None] = compile_tests(tree)

    @property
    def accepts_some_only(self) -> bool:
        """Whether there are tests at all; `-` and an empty cell accept everything."""
        return isinstance(self.tree, UnaryTests) and bool(self.tree.tests)

    def __call__(
        self,
        value: Any,
        context: Mapping[str, Any] | None = None,
        *,
        now: datetime.datetime | None = None,
        functions: Functions | None = None,
    ) -> Result:
        """Say whether the tests cover `value`: true, false, or null when that cannot be said."""
        tested = lift(value)
        run = self.run
        return _evaluate(
            lambda scope: run(tested, scope.inner({"?": tested})),
            Evaluation(context, now=now, functions=functions),
        )


def _evaluate(run: Callable[[Scope], Value], evaluation: Evaluation) -> Result:
    with evaluation:
        try:
            value = measure(run(Scope({}, None, evaluation)))
        except RecursionError:
            raise FeelLimitError("levels of an evaluation", LIMITS.nesting) from None
    return Result(value, tuple(evaluation.warnings))


@functools.lru_cache(maxsize=4096)
def _compile(source: str, names: tuple[str, ...]) -> Expression:
    try:
        return Expression(source, parse_expression(source, names))
    except RecursionError:
        raise FeelLimitError("levels of an expression", LIMITS.nesting) from None


@functools.lru_cache(maxsize=4096)
def _compile_unary(source: str, names: tuple[str, ...]) -> UnaryTest:
    try:
        return UnaryTest(source, parse_unary_tests(source, names))
    except RecursionError:
        raise FeelLimitError("levels of an expression", LIMITS.nesting) from None


def compile(source: str, names: Iterable[str] = ()) -> Expression:
    """Compile an expression; the last few thousand are kept.

    Args:
        source: the text, without the `=` that a BPMN attribute has before it.
        names: names with spaces or signs that occur in it, of variables, entries of contexts, or host functions.

    Raises:
        FeelSyntaxError: the text is no expression.
        FeelLimitError: it is too long or too deep.
    """
    return _compile(source, names_in(source, names))


def compile_unary(source: str, names: Iterable[str] = ()) -> UnaryTest:
    """Compile the cell of a decision table, such as `< 10, [20..30]` or `-`; otherwise as `compile`."""
    return _compile_unary(source, names_in(source, names))


def evaluate(
    source: str,
    context: Mapping[str, Any] | None = None,
    *,
    now: datetime.datetime | None = None,
    functions: Functions | None = None,
) -> Result:
    """Compile and evaluate an expression; names with spaces are taken from `context` and `functions`.

    Raises:
        FeelSyntaxError: the text is no expression.
        FeelLimitError: it, its data or its work is too large.
    """
    names = special_names(context or {}, functions or ())
    return _compile(source, names_in(source, names))(context, now=now, functions=functions)


def unary_test(
    source: str,
    value: Any,
    context: Mapping[str, Any] | None = None,
    *,
    now: datetime.datetime | None = None,
    functions: Functions | None = None,
) -> Result:
    """Compile and evaluate the cell of a decision table for a value; otherwise as `evaluate`."""
    names = special_names(context or {}, functions or ())
    return _compile_unary(source, names_in(source, names))(value, context, now=now, functions=functions)
