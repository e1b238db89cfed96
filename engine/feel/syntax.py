"""The syntax tree of an expression. Each node is what the standard's grammar calls it (DMN 1.5, 10.3.1.2)."""

from dataclasses import dataclass
from typing import TypeAlias

from engine.errors import Phrase
from engine.feel.values import Type, Value


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, string, boolean, null or `@"…"`."""

    value: Value
    #: why the value is null although something was written, such as `@"foo"`
    problem: Phrase | None = None


@dataclass(frozen=True, slots=True)
class Name:
    """A variable or function by its name; `position` is its offset in the source."""

    name: str
    position: int


@dataclass(frozen=True, slots=True)
class ListItems:
    """`[a, b]`."""

    items: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class ContextEntries:
    """`{a: 1, b: a + 1}`; an entry sees those before it."""

    entries: "tuple[tuple[str, Node], ...]"


@dataclass(frozen=True, slots=True)
class RangeEnds:
    """`[1..5)`."""

    start: "Node"
    end: "Node"
    start_included: bool
    end_included: bool


@dataclass(frozen=True, slots=True)
class HalfRange:
    """`< 10` where a value is wanted."""

    sign: str
    end: "Node"


@dataclass(frozen=True, slots=True)
class If:
    """`if a then b else c`."""

    condition: "Node"
    then: "Node"
    otherwise: "Node"


@dataclass(frozen=True, slots=True)
class Iterator:
    """`x in items`, or `x in 1..5` when `end` is given."""

    name: str
    items: "Node"
    end: "Node | None" = None


@dataclass(frozen=True, slots=True)
class For:
    """`for x in items return body`."""

    iterators: tuple[Iterator, ...]
    body: "Node"


@dataclass(frozen=True, slots=True)
class Quantified:
    """`some x in items satisfies condition`, or `every` when `some` is false."""

    some: bool
    iterators: tuple[Iterator, ...]
    condition: "Node"


@dataclass(frozen=True, slots=True)
class Lambda:
    """`function(a: number, b) body`; `body` is None for an external function, which is never called."""

    parameters: tuple[str, ...]
    types: tuple[Type | None, ...]
    body: "Node | None"


@dataclass(frozen=True, slots=True)
class Or:
    """`a or b or c`."""

    operands: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class And:
    """`a and b and c`."""

    operands: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Comparison:
    """`a < b`."""

    sign: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Between:
    """`a between low and high`."""

    value: "Node"
    low: "Node"
    high: "Node"


@dataclass(frozen=True, slots=True)
class In:
    """`a in (test, test)`."""

    value: "Node"
    tests: "tuple[Test, ...]"


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`a + b - c`: operators of one level, left to right."""

    first: "Node"
    rest: "tuple[tuple[str, Node], ...]"


@dataclass(frozen=True, slots=True)
class Negation:
    """`-a`."""

    operand: "Node"


@dataclass(frozen=True, slots=True)
class InstanceOf:
    """`a instance of number`."""

    value: "Node"
    type: Type


@dataclass(frozen=True, slots=True)
class Path:
    """`a.b`."""

    value: "Node"
    name: str


@dataclass(frozen=True, slots=True)
class Filter:
    """`items[condition]` or `items[1]`."""

    items: "Node"
    condition: "Node"


@dataclass(frozen=True, slots=True)
class Call:
    """`f(a, b)` or `f(name: a)`; `names` is empty for positional arguments."""

    function: "Node"
    arguments: "tuple[Node, ...]"
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Test:
    """One unary test: `< 10` (`sign` is `<`), or an expression, which may read `?` (`reads_value`)."""

    sign: str
    operand: "Node"
    reads_value: bool = False


@dataclass(frozen=True, slots=True)
class UnaryTests:
    """The cell of a decision table: alternatives, `not(…)` of them, or `-` (no tests at all)."""

    tests: tuple[Test, ...]
    negated: bool = False


Node: TypeAlias = (
    Literal
    | Name
    | ListItems
    | ContextEntries
    | RangeEnds
    | HalfRange
    | If
    | For
    | Quantified
    | Lambda
    | Or
    | And
    | Comparison
    | Between
    | In
    | Arithmetic
    | Negation
    | InstanceOf
    | Path
    | Filter
    | Call
)
