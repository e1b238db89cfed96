"""`range("[1..5)")`. Source: DMN 1.5, 10.3.4.1; only literals may be the ends."""

import re

from engine.feel.compare import compare
from engine.feel.compile import compile_node
from engine.feel.errors import FeelSyntaxError
from engine.feel.evaluation import Scope
from engine.feel.functions import BUILTINS, NoResult, standard
from engine.feel.parse import parse_expression
from engine.feel.syntax import Call, Literal, Name, Negation, Node
from engine.feel.values import ORDERED, Range, Value, kind

_RANGE = re.compile(r"\s*([\[(\]])(.*?)\.\.(.*?)([\])\[])\s*", re.DOTALL)


@standard("range(from: string)", scoped=True)
def range_from_text(scope: Scope, text: str) -> Value:
    """Read a range; an end left out has no limit there."""
    match = _RANGE.fullmatch(text)
    if not match:
        raise NoResult("it needs a text such as [1..5)")
    start, end = _end(match[2], scope), _end(match[3], scope)
    start_included, end_included = match[1] == "[", match[4] == "]"
    if (start is None and start_included) or (end is None and end_included) or (start is None and end is None):
        raise NoResult("an end that is left out is not included, and only one may be left out")
    if start is not None and end is not None and compare("<=", start, end) is not True:
        raise NoResult("the start of a range comes before its end")
    return Range(start, end, start_included, end_included, start is None or end is None)


def _end(text: str, scope: Scope) -> Value:
    if not text.strip():
        return None
    try:
        node = parse_expression(text)
    except FeelSyntaxError:
        raise NoResult("`{text}` is no value", text=text[:60]) from None
    if not _is_literal(node):
        raise NoResult("the ends of a range are literals here")
    value = compile_node(node)(scope)
    if value is None:
        raise NoResult("the ends of a range are not null")
    if kind(value) not in ORDERED:
        raise NoResult("a {kind} cannot be the end of a range", kind=kind(value))
    return value


def _is_literal(node: Node) -> bool:
    """Say whether a node is a literal, or a standard function of literals such as `date("2026-03-01")`."""
    if isinstance(node, Call):
        named = isinstance(node.function, Name) and node.function.name in BUILTINS
        return named and all(isinstance(argument, Literal) for argument in node.arguments)
    return isinstance(node, Literal) or (isinstance(node, Negation) and _is_literal(node.operand))
