"""Contexts, and two functions about null. Source: DMN 1.5, 10.3.4.7 (contexts)."""

from engine.feel.functions import NoResult, standard
from engine.feel.values import Value


@standard("get value(m: context, key: string)")
def get_value(context: dict[str, Value], key: str) -> Value:
    """Return an entry, or null."""
    return context.get(key)


@standard("get value(context: context, keys: list)")
def get_value_at(context: dict[str, Value], keys: list[Value]) -> Value:
    """Return an entry of contexts within contexts, or null."""
    if not keys:
        raise NoResult("it needs at least one key")
    value: Value = context
    for key in keys:
        if not isinstance(value, dict) or not isinstance(key, str):
            return None
        value = value.get(key)
    return value


@standard("get entries(m: context)")
def get_entries(context: dict[str, Value]) -> Value:
    """Return a list of contexts with `key` and `value`."""
    return [{"key": key, "value": value} for key, value in context.items()]


@standard("context put(context: context, key: string, value: any)")
def context_put(context: dict[str, Value], key: str, value: Value) -> Value:
    """Return a context with one entry set."""
    return {**context, key: value}


@standard("context put(context: context, keys: list, value: any)")
def context_put_at(context: dict[str, Value], keys: list[Value], value: Value) -> Value:
    """Return a context with one entry set in contexts within it, which have to be there."""
    if not keys or not all(isinstance(key, str) for key in keys):
        raise NoResult("the keys must be strings")
    outermost = dict(context)
    current = outermost
    for key in keys[:-1]:
        inner = current.get(key)
        if not isinstance(inner, dict):
            raise NoResult("there is no context `{name}`", name=key)
        current[key] = current = dict(inner)
    current[keys[-1]] = value
    return outermost


@standard("context merge(contexts: list)")
def context_merge(contexts: list[Value]) -> Value:
    """Return one context with the entries of several, the later ones winning."""
    if not all(isinstance(each, dict) for each in contexts):
        raise NoResult("all items must be contexts")
    return {key: value for each in contexts for key, value in each.items()}


@standard("context(entries: list)")
def context_of(entries: list[Value]) -> Value:
    """Return a context made of contexts with `key` and `value`."""
    made: dict[str, Value] = {}
    for entry in entries:
        if not isinstance(entry, dict) or "key" not in entry or "value" not in entry:
            raise NoResult("each entry needs a `key` and a `value`")
        key = entry["key"]
        if not isinstance(key, str) or key in made:
            raise NoResult("the keys must be different strings")
        made[key] = entry["value"]
    return made


@standard("get or else(value: any, default: any)")
def get_or_else(value: Value, default: Value) -> Value:
    """Return a value, or another when it is null (Camunda)."""
    return default if value is None else value


@standard("is defined(value: any)")
def is_defined(value: Value) -> Value:
    """Say whether a value is there (Camunda)."""
    return value is not None
