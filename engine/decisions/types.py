"""Types of a model, and fitting values to them. Source: DMN 1.5, 7.3 and 10.3.2.9.4."""

from collections.abc import Callable
from typing import TypeAlias

from engine.decisions.elements import ItemDefinition
from engine.decisions.formula import Formula
from engine.feel import Value, kind
from engine.feel.evaluation import Evaluation, Scope
from engine.feel.temporal import midnight

Check: TypeAlias = Callable[[Value], bool]

#: Names of FEEL's types in older files and in other tools.
_SYNONYMS = {
    "dateTime": "date and time",
    "dayTimeDuration": "days and time duration",
    "yearMonthDuration": "years and months duration",
    "integer": "number",
    "double": "number",
    "long": "number",
}
_SIMPLE = frozenset(
    [
        "number",
        "string",
        "boolean",
        "date",
        "time",
        "date and time",
        "days and time duration",
        "years and months duration",
    ]
)


class Types:
    """The item definitions of a model and of those it imports."""

    def __init__(
        self, items: list[ItemDefinition], imported: list[tuple[str, "Types"]], names: tuple[str, ...]
    ) -> None:
        self._items = {item.name: item for item in items}
        self._imported = imported
        self._names = names
        self._checks: dict[str, Check] = {}

    def fit(self, reference: str, value: Value) -> tuple[bool, Value]:
        """Return whether a value fits a type, and the value as the type wants it.

        A list of one item fits the type of its item, an item the list type, and a date is a moment at its midnight.
        Anything else becomes null.
        """
        if not reference or value is None:
            return True, value
        check = self.check(reference)
        if check(value):
            return True, value
        if isinstance(value, list) and len(value) == 1 and check(value[0]):
            return True, value[0]
        if check([value]):
            return True, [value]
        if kind(value) == "date" and check(midnight(value)):
            return True, midnight(value)
        return False, None

    def check(self, reference: str) -> Check:
        """Return the test of a type by its name; an unknown name accepts everything."""
        found = self._checks.get(reference)
        if found is None:
            found = self._checks[reference] = self._of_name(reference)
        return found

    def knows(self, reference: str) -> bool:
        """Say whether a name is that of a type, here or in an imported model."""
        name = _plain(reference)
        if any(types.knows(inner) for types, inner in self._elsewhere(name)):
            return True
        return name in self._items or name in _SIMPLE or name in ("Any", "list", "context", "range", "function", "")

    def defines(self, name: str) -> bool:
        """Say whether a name is that of an item definition, here or in an imported model."""
        return name in self._items or any(types.defines(inner) for types, inner in self._elsewhere(name))

    def named(self, name: str) -> Check | None:
        """Return the test of an item definition by its name, None when there is none."""
        return self.check(name) if self.defines(name) else None

    def _elsewhere(self, name: str) -> list[tuple["Types", str]]:
        """Return the imported types in which a name may be defined, and the name that it has there."""
        prefix, _, inner = name.partition(".")
        return [
            (types, inner if alias else name)
            for alias, types in self._imported
            if (alias == prefix and inner) or not alias
        ]

    def _of_name(self, reference: str) -> Check:
        name = _plain(reference)
        if name in self._items:
            return self._of_item(self._items[name])
        for types, inner in self._elsewhere(name):
            if types.defines(inner):
                return types.check(inner)
        if name in _SIMPLE:
            return lambda value: value is None or kind(value) == name
        return lambda value: True

    def _later(self, reference: str) -> Check:
        # looked up when a value is there to be checked, for types may refer to each other in a circle
        return lambda value: self.check(reference)(value)

    def _of_item(self, item: ItemDefinition) -> Check:
        if item.function:
            return lambda value: value is None or kind(value) == "function"
        single = self._testing(item.allowed, self._of_components(item) or self._later(item.type))
        if not item.collection:
            return self._testing(item.constraint, single)
        return self._testing(
            item.constraint,
            lambda value: value is None or (isinstance(value, list) and all(map(single, value))),
        )

    def _of_components(self, item: ItemDefinition) -> Check | None:
        if not item.components:
            return None
        checks = {component.name: self._of_item(component) for component in item.components}

        def judge(value: Value) -> bool:
            return value is None or (
                isinstance(value, dict) and all(check(value.get(name)) for name, check in checks.items())
            )

        return judge

    def _testing(self, formula: Formula, base: Check) -> Check:
        if not formula:
            return base
        names = self._names

        def judge(value: Value) -> bool:
            if value is None:
                return True
            if not base(value):
                return False
            scope = Scope({"?": value}, None, Evaluation())
            return formula.test(names).run(value, scope) is True

        return judge


def _plain(reference: str) -> str:
    """Return a type's name without the prefix of its namespace, in FEEL's spelling."""
    name = reference.split(":")[-1].strip()
    return _SYNONYMS.get(name, name)
