"""A form: read once, used for every submission."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from marshmallow import Schema, ValidationError

from engine.errors import Invalid
from engine.forms import submission
from engine.forms.components import OPTIONED, Component, is_plain
from engine.forms.conditions import Scope
from engine.forms.filling import gather, initial_values, prepare
from engine.forms.messages import Problem, Translate
from engine.forms.reading import read_components
from engine.forms.schema import plain_schema, schema_for, scope_of_load
from engine.forms.texts import localized, untranslated
from engine.forms.view import Part, lay_out


@dataclass(frozen=True, kw_only=True)
class Form:
    """A form-js form, with the semantics of form-js 1.23 where a server can have them.

    A server is stricter in four points: what was chosen must be among the options, blanks do not satisfy `required`,
    disabled, read-only and computed fields are never taken from the client, and phone numbers may be those of China
    without +86. FEEL sees typed values (a date is a date), where the browser has texts.
    """

    id: str
    components: tuple[Component, ...]

    @classmethod
    def read(cls, source: bytes) -> "Form":
        """Read a form-js schema.

        Raises:
            Invalid: `form-malformed`; it names the component and says what to mend, `facts["problems"]` has them all.
        """
        identifier, components, _schema = read_components(source)
        return cls(id=identifier, components=components)

    def walk(self) -> Iterator[Component]:
        """Yield every component in the order of the form."""
        for component in self.components:
            yield from component.walk()

    def load(
        self,
        submitted: Mapping[str, Any],
        context: Mapping[str, Any],
        *,
        now: datetime,
        translate: Translate = str,
    ) -> dict[str, Any]:
        """Check a submission and return its typed values.

        Args:
            submitted: nested data, from `parse_submission` or from a program. Names that the form does not have are
                ignored.
            context: process data, which conditions, options and read-only fields use.
            translate: turns a msgid into the reader's language.

        Returns:
            nested values: str, Decimal, bool, date, time, aware datetime, lists. Hidden and disabled fields are absent;
            read-only and computed ones have the server's value.

        Raises:
            Invalid: `form-invalid`; `facts["fields"]` maps a dotted path to its messages.
        """
        try:
            loaded = self._loaded(submitted, context, now)
        except ValidationError as error:
            fields = dict(_flattened(error.messages, "", translate))
            raise Invalid(
                "form-invalid", "{count} fields of the form need correction", count=len(fields), fields=fields
            ) from error
        return loaded

    def _loaded(self, submitted: Mapping[str, Any], context: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        loaded: dict[str, Any]
        if self._plain_schema is None:
            prepared = prepare(self.components, submitted, context, now)
            loaded = schema_for(self.components, prepared.scope, prepared.known, context).load(prepared.entered)
            return loaded
        scope = Scope.of(context, now)
        before = scope_of_load.set(scope)
        try:
            loaded = self._plain_schema.load(gather(self.components, submitted, context, scope))
            return loaded
        finally:
            scope_of_load.reset(before)

    @cached_property
    def _plain_schema(self) -> Schema | None:
        """The schema of every submission, where it is the same for all of them: most forms are that simple."""
        return plain_schema(self.components) if is_plain(self.components) else None

    def parse_submission(self, sent: submission.Sent) -> dict[str, Any]:
        """Turn what a page sent (every input's values by its name) into nested data, texts as they were typed."""
        return submission.nested(self.components, sent)

    def initial(
        self, context: Mapping[str, Any], draft: Mapping[str, Any] | None = None, *, now: datetime
    ) -> dict[str, Any]:
        """Return what the form shows at first: the draft, else process data, else the form's own defaults."""
        return initial_values(self.components, context, draft or {}, Scope.of(context, now))

    def hidden(
        self, data: Mapping[str, Any], context: Mapping[str, Any] | None = None, *, now: datetime
    ) -> frozenset[str]:
        """Return the ids of what conditions hide; in a list the row's number is appended (`reason-0`)."""
        prepared = prepare(self.components, data, context or {}, now)
        return frozenset(_hidden(self.components, prepared.known, prepared.scope, ""))

    def view(
        self,
        values: Mapping[str, Any],
        context: Mapping[str, Any],
        *,
        now: datetime,
        errors: Mapping[str, list[str]] | None = None,
    ) -> list[Part]:
        """Return the visible parts for a page, with the values and messages in place."""
        prepared = prepare(self.components, values, context, now)
        return lay_out(self.components, values, prepared.known, prepared.scope, errors or {})

    def add_row(
        self, data: Mapping[str, Any], path: str, *, context: Mapping[str, Any] | None = None, now: datetime
    ) -> dict[str, Any]:
        """Return a copy of `data` with a fresh row in the list at `path` (`rows`, `rows.0.inner`).

        Raises:
            Invalid: `form-no-list`; there is no such list, or its rows may not change.
        """
        component = submission.find_list(self.components, path)
        row = initial_values(component.components, {}, {}, Scope.of(context or {}, now).row({}, 1))
        return submission.with_row(data, path, row)

    def remove_row(self, data: Mapping[str, Any], path: str, number: int) -> dict[str, Any]:
        """Return a copy of `data` without row `number` (from 0) of the list at `path`.

        Raises:
            Invalid: `form-no-list`; there is no such list, or its rows may not change.
        """
        submission.find_list(self.components, path)
        return submission.without_row(data, path, number)

    def localized(self, locale: str) -> "Form":
        """Return the form with the words that its components' properties hold in `locale` (`en`, `en_US`)."""
        language = locale.replace("-", "_").split("_")[0].lower()
        return replace(self, components=tuple(localized(component, language) for component in self.components))

    def untranslated(self, language: str) -> list[tuple[str, str]]:
        """Return (component id, word) of every word that is missing in `language`."""
        return [(component.id, word) for component in self.walk() for word in untranslated(component, language)]

    def expressions(self) -> Iterator[tuple[str, str, str]]:
        """Yield (component id, setting, FEEL without `=`) of every expression, for checking before anybody meets it."""
        for component in self.walk():
            if component.hide is not None:
                yield component.id, "conditional.hide", component.hide
            for owner, name in _EXPRESSIONS:
                value = (component.rules if owner else component.settings).get(name)
                if isinstance(value, str) and value.startswith("="):
                    yield component.id, f"{owner}{name}", value[1:]

    def references(self) -> Iterator[tuple[str, str]]:
        """Yield (component id, name) of process data that supplies options."""
        for component in self.walk():
            if component.type in OPTIONED and component.settings.get("valuesKey"):
                yield component.id, component.settings["valuesKey"]


_EXPRESSIONS = (
    *(("", name) for name in ("valuesExpression", "expression", "readonly", "multiple", "label", "description")),
    *(("validate.", name) for name in ("min", "max", "minLength", "maxLength")),
)


def _hidden(
    components: tuple[Component, ...], known: Any, scope: Scope, suffix: str, *, concealed: bool = False
) -> Iterator[str]:
    for component in components:
        hidden = concealed or scope.hides(component)
        if hidden:
            yield component.id + suffix
        if component.is_repeated and not hidden:
            rows = _inside(known, component)
            for position, row in enumerate(rows if isinstance(rows, list) else []):
                yield from _hidden(component.components, row, scope.row(row, position + 1), f"{suffix}-{position}")
        elif component.components and not component.is_repeated:
            inner = _inside(known, component)
            yield from _hidden(component.components, inner, scope, suffix, concealed=hidden)


def _inside(data: Any, component: Component) -> Any:
    for segment in component.path:
        data = data.get(segment) if isinstance(data, Mapping) else None
    return data


def _flattened(found: Any, path: str, translate: Translate) -> Iterator[tuple[str, list[str]]]:
    if isinstance(found, Mapping):
        for name, inner in found.items():
            yield from _flattened(inner, f"{path}.{name}" if path else str(name), translate)
    else:
        sentences = [item.render(translate) if isinstance(item, Problem) else translate(str(item)) for item in found]
        yield path, sentences
