"""How large an expression, its data and its work may be. FEEL comes from diagrams, so it is foreign code."""

import decimal
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds of one evaluation."""

    #: characters of an expression
    source: int = 10_000
    #: levels of brackets, calls or nested data
    nesting: int = 60
    #: values, names and calls in one expression
    nodes: int = 20_000
    #: links of one chain such as `a.b.c[1][2](3)`
    chain: int = 100
    #: items of a list, entries of a context, items walked when two values are compared
    items: int = 100_000
    #: characters of a string
    text: int = 200_000
    #: characters of a regular expression
    pattern: int = 1_000
    #: loop rounds, calls and items copied
    steps: int = 200_000
    #: seconds for one evaluation
    seconds: float = 1.0
    #: seconds for one match of a regular expression
    pattern_seconds: float = 0.05
    #: warnings kept; the first ones tell why
    warnings: int = 50


LIMITS = Limits()

#: IEEE 754 decimal128, which FEEL's numbers are. Nothing traps: what has no value turns into NaN, and NaN into null.
#: Source: DMN 1.5, 10.3.2.3.1.
DECIMALS = decimal.Context(
    prec=34,
    rounding=decimal.ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    capitals=1,
    clamp=0,
    flags=[],
    traps=[],
)
