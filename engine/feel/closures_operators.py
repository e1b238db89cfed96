"""Logic, comparisons, unary tests and arithmetic as closures.

They take the quick way for two numbers or two strings and leave everything else to `compare` and `arithmetic`;
conditions of a running process are nearly always of the first kind.
"""

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import TypeAlias

from engine.errors import Phrase
from engine.feel import arithmetic
from engine.feel.closures import Closure, compile_node
from engine.feel.compare import ORDERINGS, both, compare, covers, either
from engine.feel.evaluation import Scope, charge
from engine.feel.limits import DECIMALS
from engine.feel.syntax import (
    And,
    Arithmetic,
    Between,
    Comparison,
    In,
    InstanceOf,
    Negation,
    Or,
    Test,
    UnaryTests,
)
from engine.feel.types import conforms
from engine.feel.values import Value, kind

TestClosure: TypeAlias = Callable[[Value, Scope], "bool | None"]


@compile_node.register
def _(node: Or) -> Closure:
    operands = [compile_node(operand) for operand in node.operands]

    def disjunction(scope: Scope) -> Value:
        result: bool | None = False
        for operand in operands:
            value = operand(scope)
            if value is True:
                return True
            if value is not False:
                result = None
        return result

    return disjunction


@compile_node.register
def _(node: And) -> Closure:
    operands = [compile_node(operand) for operand in node.operands]

    def conjunction(scope: Scope) -> Value:
        result: bool | None = True
        for operand in operands:
            value = operand(scope)
            if value is False:
                return False
            if value is not True:
                result = None
        return result

    return conjunction


def _compare(sign: str, left: Value, right: Value, scope: Scope) -> bool | None:
    result = compare(sign, left, right)
    if result is None:
        scope.evaluation.warn(
            Phrase("`{sign}` does not compare a {left} with a {right}", sign=sign, left=kind(left), right=kind(right))
        )
    return result


def _comparison(sign: str) -> Callable[[Value, Value, Scope], bool | None]:
    """Return the comparison by `sign`, quick for two numbers or two strings."""
    quick = {"=": operator.eq, "!=": operator.ne, **ORDERINGS}[sign]

    def judge(left: Value, right: Value, scope: Scope) -> bool | None:
        of = type(left)
        if of is type(right) and (of is Decimal or of is str):
            return bool(quick(left, right))
        return _compare(sign, left, right, scope)

    return judge


@compile_node.register
def _(node: Comparison) -> Closure:
    left, right, judge = compile_node(node.left), compile_node(node.right), _comparison(node.sign)
    return lambda scope: judge(left(scope), right(scope), scope)


@compile_node.register
def _(node: Between) -> Closure:
    value, low, high = compile_node(node.value), compile_node(node.low), compile_node(node.high)

    def judge(scope: Scope) -> Value:
        found = value(scope)
        return both(_compare(">=", found, low(scope), scope), _compare("<=", found, high(scope), scope))

    return judge


def compile_test(test: Test) -> TestClosure:
    """Return `closure(value, scope)`, where the scope knows the value as `?`."""
    operand = compile_node(test.operand)
    if test.sign:
        judge = _comparison(test.sign)
        return lambda value, scope: judge(value, operand(scope), scope)
    if not test.reads_value:
        return lambda value, scope: covers(operand(scope), value)

    def condition(value: Value, scope: Scope) -> bool | None:
        result = operand(scope)
        return result if isinstance(result, bool) or result is None else covers(result, value)

    return condition


def compile_tests(tests: UnaryTests) -> TestClosure:
    """Return `closure(value, scope)` of a whole cell: any of its tests, or none of them when negated."""
    closures = [compile_test(test) for test in tests.tests]
    if not closures:
        return lambda value, scope: True
    if len(closures) == 1 and not tests.negated:
        return closures[0]
    negated = tests.negated

    def judge(value: Value, scope: Scope) -> bool | None:
        result: bool | None = False
        for closure in closures:
            result = either(result, closure(value, scope))
            if result is True:
                break
        if not negated:
            return result
        return None if result is None else not result

    return judge


@compile_node.register
def _(node: In) -> Closure:
    value, judge = compile_node(node.value), compile_tests(UnaryTests(node.tests))
    wants_value = any(test.reads_value for test in node.tests)

    def member(scope: Scope) -> Value:
        found = value(scope)
        return judge(found, scope.inner({"?": found}) if wants_value else scope)

    return member


_OPERATORS: dict[str, tuple[Callable[[Value, Value], Value], Callable[[Decimal, Decimal], Decimal] | None]] = {
    "+": (arithmetic.add, DECIMALS.add),
    "-": (arithmetic.subtract, DECIMALS.subtract),
    "*": (arithmetic.multiply, DECIMALS.multiply),
    "/": (arithmetic.divide, None),
    "**": (arithmetic.power, None),
}


def _operation(sign: str) -> Callable[[Value, Value, Scope], Value]:
    """Return the operation of `sign`, quick for two numbers."""
    general, quick = _OPERATORS[sign]

    def compute(left: Value, right: Value, scope: Scope) -> Value:
        if quick is not None and type(left) is Decimal and type(right) is Decimal:
            exact = quick(left, right)
            if exact.is_finite():
                return exact
        try:
            result = general(left, right)
        except (OverflowError, ValueError, ArithmeticError):
            result = None
        if result is None:
            scope.evaluation.warn(
                Phrase("cannot compute {left} {sign} {right}", left=kind(left), sign=sign, right=kind(right))
            )
        elif type(result) is str:
            charge(result, scope.evaluation)
        return result

    return compute


@compile_node.register
def _(node: Arithmetic) -> Closure:
    first = compile_node(node.first)
    if len(node.rest) == 1:
        sign, right = node.rest[0]
        compute, operand = _operation(sign), compile_node(right)
        return lambda scope: compute(first(scope), operand(scope), scope)
    rest = [(_operation(sign), compile_node(right)) for sign, right in node.rest]

    def chain(scope: Scope) -> Value:
        result = first(scope)
        for compute, operand in rest:
            result = compute(result, operand(scope), scope)
        return result

    return chain


@compile_node.register
def _(node: Negation) -> Closure:
    operand = compile_node(node.operand)

    def negate(scope: Scope) -> Value:
        value = operand(scope)
        result = arithmetic.negate(value)
        if result is None:
            scope.evaluation.warn(Phrase("cannot compute - {kind}", kind=kind(value)))
        return result

    return negate


@compile_node.register
def _(node: InstanceOf) -> Closure:
    value, wanted = compile_node(node.value), node.type
    return lambda scope: conforms(value(scope), wanted)
