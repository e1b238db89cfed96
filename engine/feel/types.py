"""Whether a value is of a type. Source: DMN 1.5, 10.3.2.9."""

from engine.feel.values import Function, Range, Type, Value, kind


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
    if len(wanted) == 1:
        return kind(value) == name and value is not None
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
