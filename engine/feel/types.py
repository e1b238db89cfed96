"""Whether a value is of a type. Source: DMN 1.5, 10.3.2.9."""

from engine.feel.evaluation import find_type
from engine.feel.temporal import midnight
from engine.feel.values import KINDS, Function, Range, Type, Value, kind

_OWN = frozenset(KINDS.values()) | {"function"}


def conforms(value: Value, wanted: Type) -> bool:
    """Say whether `value instance of wanted`.

    Args:
        value: any value; null is an instance of `Null` alone.
        wanted: a parsed type: its name, then what is between its angle brackets.
    """
    name = wanted[0]
    if name == "Any":
        return value is not None
    if name == "Null":
        return value is None
    if value is None:
        return False
    if len(wanted) == 1:
        if name in _OWN:
            return bool(kind(value) == name)
        check = find_type(name)
        return check is not None and check(value)
    if name == "list":
        return isinstance(value, list) and all(conforms(item, wanted[1]) for item in value)
    if name == "range":
        return _range_conforms(value, wanted[1])
    if name == "context":
        return isinstance(value, dict) and all(
            key in value and (value[key] is None or conforms(value[key], member)) for key, member in wanted[1]
        )
    return _function_conforms(value, wanted[1])


def _range_conforms(value: Value, wanted: Type) -> bool:
    if not isinstance(value, Range):
        return False
    ends = [end for end in (value.start, value.end) if end is not None]
    return bool(ends) and all(conforms(end, wanted) for end in ends)


def _function_conforms(value: Value, wanted: tuple[Type, ...]) -> bool:
    if not isinstance(value, Function) or len(value.types) != len(wanted):
        return False
    return all(own is None or own in (("Any",), other) for own, other in zip(value.types, wanted, strict=True))


def fit(value: Value, wanted: Type) -> tuple[bool, Value]:
    """Return whether a value fits a parameter's type, and the value as the type wants it.

    A list of one item fits the type of the item, an item the type of a list, and a date is a moment at its midnight.
    Source: DMN 1.5, 10.3.2.9.4.
    """
    if value is None or conforms(value, wanted):
        return True, value
    if isinstance(value, list) and len(value) == 1 and conforms(value[0], wanted):
        return True, value[0]
    if wanted[0] == "list" and conforms([value], wanted):
        return True, [value]
    if wanted == ("date and time",) and kind(value) == "date":
        return True, midnight(value)
    return False, None
