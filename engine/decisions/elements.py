"""What a decision model consists of. Source: DMN 1.5, chapters 6 to 8 and 10.2."""

from dataclasses import dataclass, field
from typing import TypeAlias

from engine.decisions.formula import Formula


@dataclass(frozen=True, kw_only=True)
class LiteralExpression:
    """A FEEL text."""

    id: str
    type: str
    formula: Formula


@dataclass(frozen=True, kw_only=True)
class Variable:
    """A name with a type; both may be empty."""

    name: str
    type: str


@dataclass(frozen=True, kw_only=True)
class BoxedContext:
    """Named entries, then perhaps the result (an entry without a variable)."""

    id: str
    type: str
    entries: "tuple[tuple[Variable | None, Boxed | None], ...]"


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """A call with named arguments."""

    id: str
    type: str
    function: "Boxed | None"
    bindings: "tuple[tuple[str, Boxed | None], ...]"


@dataclass(frozen=True, kw_only=True)
class FunctionDefinition:
    """A function; `kind` is FEEL, Java or PMML, of which only the first is ever run."""

    id: str
    type: str
    kind: str
    parameters: tuple[Variable, ...]
    body: "Boxed | None"


@dataclass(frozen=True, kw_only=True)
class BoxedList:
    """A list."""

    id: str
    type: str
    items: "tuple[Boxed, ...]"


@dataclass(frozen=True, kw_only=True)
class Relation:
    """A list of contexts with the same keys."""

    id: str
    type: str
    columns: tuple[str, ...]
    rows: "tuple[tuple[Boxed, ...], ...]"


@dataclass(frozen=True, kw_only=True)
class Conditional:
    """`if`."""

    id: str
    type: str
    condition: "Boxed | None"
    then: "Boxed | None"
    otherwise: "Boxed | None"


@dataclass(frozen=True, kw_only=True)
class BoxedFilter:
    """A list filtered."""

    id: str
    type: str
    items: "Boxed | None"
    match: "Boxed | None"


@dataclass(frozen=True, kw_only=True)
class Loop:
    """`for`, `some` or `every`, which is `kind`."""

    id: str
    type: str
    kind: str
    variable: str
    items: "Boxed | None"
    body: "Boxed | None"


@dataclass(frozen=True, kw_only=True)
class InputColumn:
    """An input of a decision table."""

    id: str
    label: str
    type: str
    formula: Formula
    allowed: Formula


@dataclass(frozen=True, kw_only=True)
class OutputColumn:
    """An output of a decision table; `allowed` lists its values, highest priority first."""

    id: str
    name: str
    label: str
    type: str
    allowed: Formula
    default: Formula


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A row of a decision table; `number` counts from 1."""

    id: str
    number: int
    tests: tuple[Formula, ...]
    outputs: tuple[Formula, ...]
    annotations: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class DecisionTable:
    """A decision table; `policy` and `aggregation` are spelled as in the file."""

    id: str
    type: str
    label: str
    policy: str
    aggregation: str
    inputs: tuple[InputColumn, ...]
    outputs: tuple[OutputColumn, ...]
    rules: tuple[Rule, ...]


Boxed: TypeAlias = (
    LiteralExpression
    | BoxedContext
    | Invocation
    | FunctionDefinition
    | BoxedList
    | Relation
    | Conditional
    | BoxedFilter
    | Loop
    | DecisionTable
)


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A pointer to an element; an empty namespace means this model."""

    namespace: str
    id: str


@dataclass(frozen=True, kw_only=True)
class InputData:
    """A variable that the caller supplies."""

    id: str
    name: str
    variable: Variable


@dataclass(frozen=True, kw_only=True)
class DecisionNode:
    """A decision; `inputs` point to input data and decisions, `knowledge` to knowledge models and services."""

    id: str
    name: str
    variable: Variable
    inputs: tuple[Reference, ...]
    knowledge: tuple[Reference, ...]
    logic: Boxed | None


@dataclass(frozen=True, kw_only=True)
class KnowledgeModel:
    """A function with a name (business knowledge model)."""

    id: str
    name: str
    variable: Variable
    knowledge: tuple[Reference, ...]
    logic: FunctionDefinition | None


@dataclass(frozen=True, kw_only=True)
class Service:
    """Decisions offered as a function of some of their inputs (decision service)."""

    id: str
    name: str
    variable: Variable
    outputs: tuple[Reference, ...]
    input_decisions: tuple[Reference, ...]
    inputs: tuple[Reference, ...]


Element: TypeAlias = InputData | DecisionNode | KnowledgeModel | Service


@dataclass(frozen=True, kw_only=True)
class ItemDefinition:
    """A type: another one by name, or a context of components; perhaps a list of these.

    Attributes:
        allowed: unary tests that each value must pass.
        constraint: unary tests that the value as a whole must pass, the list when it is one.
    """

    name: str
    type: str
    collection: bool
    function: bool
    allowed: Formula
    constraint: Formula
    components: "tuple[ItemDefinition, ...]" = field(default=())
