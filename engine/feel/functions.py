"""How the standard functions are declared, and how any function is called."""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from engine.errors import Phrase
from engine.feel.errors import FeelEvaluationError, FeelLimitError
from engine.feel.evaluation import Scope, charge
from engine.feel.limits import LIMITS
from engine.feel.types import fit
from engine.feel.values import AS_IS, Function, HostFunction, Value, kind, lift

_Call = TypeVar("_Call", bound=Callable[..., Value])

#: What the words in a signature accept. `any` accepts null too, `value` does not.
_ACCEPTED: dict[str, frozenset[str]] = {
    "number": frozenset(["number"]),
    "string": frozenset(["string"]),
    "boolean": frozenset(["boolean"]),
    "list": frozenset(["list"]),
    "context": frozenset(["context"]),
    "range": frozenset(["range"]),
    "function": frozenset(["function"]),
    "date": frozenset(["date"]),
    "time": frozenset(["time"]),
    "date and time": frozenset(["date and time"]),
    "day": frozenset(["date", "date and time"]),
    "moment": frozenset(["date", "date and time", "time"]),
    "days and time duration": frozenset(["days and time duration"]),
    "duration": frozenset(["years and months duration", "days and time duration"]),
    "amount": frozenset(["years and months duration", "days and time duration", "number"]),
}


class NoResult(Exception):
    """A standard function has no result for these arguments.

    Args:
        why: English template, without a full stop; `{fact}` places are filled from `facts`.
    """

    def __init__(self, why: str, **facts: object) -> None:
        self.why = Phrase(why, **facts)
        super().__init__(self.why)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a standard function."""

    name: str
    type: str
    optional: bool


@dataclass(frozen=True, slots=True)
class Signature:
    """One form of a standard function: `variadic` takes any number of values or one list of them."""

    parameters: tuple[Parameter, ...]
    variadic: str
    call: Callable[..., Value]
    scoped: bool


class Builtin:
    """A standard function with all its forms."""

    __slots__ = ("name", "signatures")

    def __init__(self, name: str) -> None:
        self.name = name
        self.signatures: list[Signature] = []


AS_IS.add(Builtin)
BUILTINS: dict[str, Builtin] = {}


def standard(declaration: str, *, scoped: bool = False) -> Callable[[_Call], _Call]:
    """Declare a standard function.

    Args:
        declaration: such as `substring(string: string, start position: number, length?: number)`. `name(list...)`
            takes one list or any number of values, `name(*items)` any number of values as they are.
        scoped: the function wants the scope of the call as its first argument.
    """
    match = re.fullmatch(r"([\w ]+)\((.*)\)", declaration)
    assert match, declaration
    name, inside = match[1], match[2]
    variadic = "list" if inside.endswith("...") else "items" if inside.startswith("*") else ""
    parameters: list[Parameter] = []
    if not variadic:
        for part in filter(None, (piece.strip() for piece in inside.split(","))):
            label, _, accepted = (piece.strip() for piece in part.partition(":"))
            parameters.append(Parameter(label.rstrip("?"), accepted, label.endswith("?")))

    def declare(call: _Call) -> _Call:
        builtin = BUILTINS.setdefault(name, Builtin(name))
        builtin.signatures.append(Signature(tuple(parameters), variadic, call, scoped))
        return call

    return declare


_MISSING = object()


def _bind(signature: Signature, arguments: list[Value], names: tuple[str, ...]) -> list[Value] | Phrase:
    """Return the arguments as the signature wants them, or why they do not fit."""
    if signature.variadic == "items":
        return list(arguments) if arguments and not names else Phrase("give the arguments without names")
    if signature.variadic:
        if names:
            arguments = arguments if names == ("list",) else []
        if not arguments:
            return Phrase("give a list, or one or more values")
        return [arguments[0] if len(arguments) == 1 and isinstance(arguments[0], list) else list(arguments)]
    parameters = signature.parameters
    if names:
        given = dict(zip(names, arguments, strict=True))
        unknown = given.keys() - {parameter.name for parameter in parameters}
        if unknown:
            return Phrase("there is no parameter `{name}`", name=sorted(unknown)[0])
        # a parameter left out of a call by name is null where null is a value of its type
        arguments = [given.get(each.name, None if each.type == "any" else _MISSING) for each in parameters]
    if len(arguments) > len(parameters):
        return Phrase("takes {most} arguments, not {given}", most=len(parameters), given=len(arguments))
    bound: list[Value] = []
    for index, parameter in enumerate(parameters):
        value = arguments[index] if index < len(arguments) else _MISSING
        if value is _MISSING:
            if not parameter.optional:
                return Phrase("the argument `{name}` is missing", name=parameter.name)
            bound.append(None)
            continue
        fitted = _fit(parameter, value)
        if fitted is _MISSING:
            return _must_be(parameter.name, parameter.type, value)
        bound.append(fitted)
    return bound


def _must_be(name: str, wanted: str, value: Value) -> Phrase:
    return Phrase("`{name}` must be a {wanted}, not a {kind}", name=name, wanted=wanted, kind=kind(value))


def _fit(parameter: Parameter, value: Value) -> Value:
    """Return the value as the parameter takes it. Source: DMN 1.5, 10.3.2.9.4 (to and from singleton lists)."""
    if parameter.type == "any":
        return value
    if parameter.type == "value":
        return _MISSING if value is None else value
    accepted = _ACCEPTED[parameter.type]
    of = kind(value)
    if of in accepted:
        return value
    if value is None:
        return None if parameter.optional else _MISSING
    if parameter.type == "list":
        return [value]
    if of == "list" and len(value) == 1 and kind(value[0]) in accepted:
        return value[0]
    return _MISSING


#: What the functions' Python raises on a value out of its range. Anything else is a mistake of ours and shall be seen.
_NO_RESULT = (ValueError, OverflowError, ArithmeticError, KeyError, IndexError, OSError)


def _call_builtin(builtin: Builtin, arguments: list[Value], names: tuple[str, ...], scope: Scope) -> Value:
    refusals: list[Phrase] = []
    for signature in builtin.signatures:
        bound = _bind(signature, arguments, names)
        if isinstance(bound, Phrase):
            refusals.append(bound)
            continue
        try:
            result = signature.call(scope, *bound) if signature.scoped else signature.call(*bound)
        except NoResult as problem:
            scope.evaluation.warn(_of(builtin.name, problem.why))
            return None
        except _NO_RESULT:
            result = None
        if result is None:
            scope.evaluation.warn(Phrase("{function}() has no result for these arguments", function=builtin.name))
        return Decimal(result) if type(result) is int else result
    if len(refusals) == 1:
        scope.evaluation.warn(_of(builtin.name, refusals[0]))
    else:
        given = ", ".join(kind(argument) for argument in arguments)
        scope.evaluation.warn(
            Phrase("{function}() takes no arguments of these types: ({given})", function=builtin.name, given=given)
        )
    return None


def _of(function: str, problem: str) -> Phrase:
    return Phrase("{function}(): {problem}", function=function, problem=problem)


def _call_function(function: Function, arguments: list[Value], names: tuple[str, ...], scope: Scope) -> Value:
    if names:
        if set(names) != set(function.parameters):
            scope.evaluation.warn(
                Phrase("the function's parameters are ({names})", names=", ".join(function.parameters))
            )
            return None
        arguments = [arguments[names.index(parameter)] for parameter in function.parameters]
    if len(arguments) != len(function.parameters):
        scope.evaluation.warn(
            Phrase(
                "the function takes {most} arguments, not {given}",
                most=len(function.parameters),
                given=len(arguments),
            )
        )
        return None
    for index, wanted in enumerate(function.types):
        value = arguments[index]
        if wanted is None:
            continue
        fits, arguments[index] = fit(value, wanted)
        if not fits:
            scope.evaluation.warn(_must_be(function.parameters[index], wanted[0], value))
            return None
    return function.call(arguments, scope)


#: What a host function raises on arguments that it did not expect. Errors of the engine and of a database pass as they
#: are, for they mean more to the caller.
_MISTAKES = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError)


def _call_host(function: HostFunction, arguments: list[Value], names: tuple[str, ...], scope: Scope) -> Value:
    positional = [] if names else arguments
    named = {name.replace(" ", "_"): value for name, value in zip(names, arguments, strict=bool(names))}
    try:
        inspect.signature(function.call).bind(*positional, **named)
    except TypeError as problem:
        scope.evaluation.warn(_of(function.name, str(problem)))
        return None
    except ValueError:
        pass  # some callables written in C have no signature to check
    try:
        result: Any = function.call(*positional, **named)
    except _MISTAKES as problem:
        raise FeelEvaluationError(
            "feel-function-failed",
            "{function}() failed: {problem}",
            function=function.name,
            problem=f"{type(problem).__name__}: {problem}",
        ) from problem
    return lift(result)


def call(function: Value, arguments: list[Value], names: tuple[str, ...], scope: Scope) -> Value:
    """Call a function of any kind with arguments by position, or by name when `names` is not empty.

    Raises:
        FeelLimitError: the calls are nested too deeply, or the result is too large.
        EngineError: a host function raised it; it means more to the caller than null would.
    """
    evaluation = scope.evaluation
    evaluation.spend()
    evaluation.calls += 1
    if evaluation.calls > LIMITS.nesting:
        raise FeelLimitError("calls within calls", LIMITS.nesting)
    try:
        if type(function) is Builtin:
            return charge(_call_builtin(function, arguments, names, scope), evaluation)
        if type(function) is Function:
            return _call_function(function, arguments, names, scope)
        if type(function) is HostFunction:
            return charge(_call_host(function, arguments, names, scope), evaluation)
    finally:
        evaluation.calls -= 1
    if function is not None:
        evaluation.warn(Phrase("a {kind} cannot be called", kind=kind(function)))
    return None
