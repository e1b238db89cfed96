"""FEEL, the expression language of DMN 1.5: compiled once, evaluated under a budget.

    >>> from engine.feel import evaluate
    >>> evaluate("if amount > 1000 then \\"director\\" else \\"manager\\"", {"amount": 1500}).value
    'director'

`compile` gives an `Expression` to call often, `compile_unary` the cell of a decision table. A failing operation yields
null, as the standard says, and `Result.warnings` tells why. What a value is in Python stands in `engine.feel.values`.
"""

from engine.feel import range_text
from engine.feel.errors import FeelError, FeelEvaluationError, FeelLimitError, FeelSyntaxError
from engine.feel.expression import (
    Expression,
    Functions,
    Result,
    UnaryTest,
    compile,
    compile_unary,
    evaluate,
    unary_test,
)
from engine.feel.functions import BUILTINS
from engine.feel.names import names_in, special_names
from engine.feel.render import jsonable, to_text
from engine.feel.values import Range, Value, YearMonthDuration, kind, lift, lower

__all__ = [
    "BUILTINS",
    "Expression",
    "FeelError",
    "FeelEvaluationError",
    "FeelLimitError",
    "FeelSyntaxError",
    "Functions",
    "Range",
    "Result",
    "UnaryTest",
    "Value",
    "YearMonthDuration",
    "compile",
    "compile_unary",
    "evaluate",
    "jsonable",
    "kind",
    "lift",
    "lower",
    "names_in",
    "range_text",
    "special_names",
    "to_text",
    "unary_test",
]
