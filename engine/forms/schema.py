"""A form becomes a marshmallow schema, for one submission: conditions, options and limits depend on what was sent."""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Final

from marshmallow import EXCLUDE, Schema, ValidationError, fields, missing

from engine.forms import messages
from engine.forms.checks import problems
from engine.forms.components import Component, Path, at, put, row_at
from engine.forms.conditions import Scope
from engine.forms.messages import Problem
from engine.forms.values import Unusable, typed

#: Rows of a dynamic list.
MOST_ROWS: Final = 200
#: The scope of the submission that a schema made for all of them is loading.
scope_of_load: Final[ContextVar[Scope]] = ContextVar("scope_of_load")


class Value(fields.Field[Any]):
    """One field that a person fills in.

    Args:
        scope: what its FEEL sees; None in a schema that serves every submission, where `scope_of_load` says it.
    """

    def __init__(self, component: Component, scope: Scope | None) -> None:
        super().__init__(metadata={"label": component.label, "component": component.id})
        self.component = component
        self.scope = scope

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **_: Any) -> Any:
        # marshmallow would not ask about what is missing or null, and "nothing" is a value with rules like any other
        raw = None if value is missing else value
        scope = self.scope or scope_of_load.get()
        try:
            result = typed(self.component, raw, scope)
        except Unusable as error:
            raise ValidationError([error.problem]) from error
        if found := problems(self.component, result, scope):
            raise ValidationError(list(found))
        return result


class Settled(fields.Field[Any]):
    """A field that the server fills in, whatever was sent: read-only or computed."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.settled = value

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **_: Any) -> Any:
        return self.settled


class Rows(fields.Field[list[Any]]):
    """A dynamic list. Each row has a schema of its own, since conditions see the row that they are in."""

    def __init__(self, component: Component, scope: Scope, known: Any, given: Any) -> None:
        super().__init__(metadata={"label": component.label, "component": component.id})
        self.component = component
        self.scope = scope
        self.known = known if isinstance(known, list) else []
        self.given = given if isinstance(given, list) else None

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **_: Any) -> list[Any]:
        rows = value
        if not isinstance(rows, list):
            raise ValidationError([Problem(messages.NOT_A_LIST)])
        if len(rows) > MOST_ROWS:
            raise ValidationError([Problem(messages.TOO_MANY_ROWS, count=MOST_ROWS)])
        expected = None if self.component.rows_may_change else fixed_rows(self.component, self.given)
        if expected not in (None, len(rows)):
            raise ValidationError([Problem(messages.FIXED_ROWS, count=expected)])
        result: list[Any] = []
        wrong: dict[int, Any] = {}
        for position, row in enumerate(rows):
            known, given = row_at(self.known, position), row_at(self.given, position)
            schema = schema_for(self.component.components, self.scope.row(known, position + 1), known, given)
            try:
                result.append(schema.load(row))
            except ValidationError as error:
                wrong[position] = error.messages
        if wrong:
            raise ValidationError(wrong)
        return result


def schema_for(
    components: tuple[Component, ...], scope: Scope, known: Mapping[str, Any], given: Mapping[str, Any]
) -> Schema:
    """Return the schema that loads one submission.

    Args:
        scope: what the form's FEEL sees here.
        known: the data of this level as far as it is known (typed, without hidden fields): what settled fields hold.
        given: process data of this level, which says how many rows a list has whose rows may not change.
    """
    tree: dict[str, Any] = {}
    _plant(tree, components, (), scope, known, given)
    return _schema(tree)


def plain_schema(components: tuple[Component, ...]) -> Schema:
    """Return the schema that loads every submission of a plain form; see `engine.forms.components.is_plain`."""
    tree: dict[str, Any] = {}
    _plant_plain(tree, components, ())
    return _schema(tree)


def _plant_plain(tree: dict[str, Any], components: tuple[Component, ...], prefix: Path) -> None:
    for component in components:
        path = prefix + component.path
        if component.components:
            _plant_plain(tree, component.components, path)
        elif component.is_input:
            put(tree, path, Value(component, None))


def _plant(
    tree: dict[str, Any],
    components: tuple[Component, ...],
    prefix: Path,
    scope: Scope,
    known: Mapping[str, Any],
    given: Mapping[str, Any],
) -> None:
    for component in components:
        if scope.hides(component):
            continue
        path = prefix + component.path
        if component.is_repeated:
            put(tree, path, Rows(component, scope, at(known, path), at(given, path)))
        elif component.components:
            _plant(tree, component.components, path, scope, known, given)
        elif not component.is_input or component.settings.get("disabled") is True:
            continue
        elif scope.locks(component):
            put(tree, path, Settled(at(known, path)))
        else:
            put(tree, path, Value(component, scope))


def fixed_rows(component: Component, given: Any) -> int:
    """Return how many rows a list has that the reader may not change: as many as there are, or as it begins with."""
    return len(given) if isinstance(given, list) else component.repetitions


class _Grown(Schema):
    """A schema of fields that are made for one submission. A class for each, as `from_dict` makes, costs far more."""

    def __init__(self, grown: Mapping[str, fields.Field[Any]]) -> None:
        self._declared_fields = dict(grown)
        super().__init__(unknown=EXCLUDE)


def _schema(tree: Mapping[str, Any]) -> Schema:
    built = {
        name: fields.Nested(_schema(branch), load_default=dict) if isinstance(branch, dict) else branch
        for name, branch in tree.items()
    }
    return _Grown(built)
