"""A task's form as a page shows it: for staff on their task's page, for residents in the portal.

`engine.forms` says what is visible, chosen, locked and wrong; the template `components/form_fields.html` prints form-js
components. This module turns the one into the other.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Self
from uuid import UUID

from flask_babel import get_locale, gettext
from werkzeug.datastructures import MultiDict

from engine.cases.offers import Offer
from engine.definitions import LoadedVersion
from engine.errors import Invalid
from engine.forms import Component, Form, Part
from engine.forms.components import put
from engine.instances.reading import form_data, version_of
from engine.tasks import WorkItem
from web import current
from web.words import translated_fields

#: attributes of an input, as HTML and as form-js names them
_LIMITS: Final = {"min": "min", "max": "max", "minlength": "minLength", "maxlength": "maxLength"}


@dataclass(frozen=True, kw_only=True)
class ShownForm:
    """A form with what is in it.

    Args:
        form: in the reader's language.
        context: the process data that the task sees.
        values: nested, as typed or as they were at first.
        errors: dotted name → messages.
    """

    form: Form
    context: Mapping[str, Any]
    values: Mapping[str, Any]
    errors: Mapping[str, list[str]]
    now: datetime
    parts: tuple[Part, ...]

    @classmethod
    def make(cls, form: Form, context: Mapping[str, Any], values: Mapping[str, Any], now: datetime) -> Self:
        """Lay `form` out with `values`."""
        parts = tuple(form.view(values, context, now=now))
        return cls(form=form, context=context, values=values, errors={}, now=now, parts=parts)

    @property
    def components(self) -> list[dict[str, Any]]:
        """The components for the template, their FEEL texts filled in."""
        seen = {part.id: part for part in _every(self.parts)}
        return [_component(component, seen) for component in self.form.components]

    @property
    def data(self) -> dict[str, Any]:
        """The values for the template: of what is locked, the server's; for tables also the process data."""
        own = {component.path[0] for component in self.form.walk() if component.path}
        shown = {key: value for key, value in self.context.items() if key not in own}
        shown |= deepcopy(dict(self.values))
        for part in _every(self.parts):
            if part.locked and part.name and not any(segment.isdigit() for segment in part.name.split(".")):
                put(shown, tuple(part.name.split(".")), part.value)
        return shown

    @property
    def hidden(self) -> frozenset[str]:
        """The ids of what conditions hide; in the rows of a list, behind the dotted name of what is around it."""
        hidden = set(self.form.hidden(self.values, self.context, now=self.now))
        visible = {part.id for part in _every(self.parts)}
        lists = {component.id: component for component in self.form.walk() if component.is_repeated}
        for part in _every(self.parts):
            if part.type == "row":
                of = _of_row(part, lists)
                number = part.id.removeprefix(of.id)
                places = _places(of.components, part.name)
                hidden |= {place for place, identifier in places if identifier + number not in visible}
        return frozenset(hidden)

    @property
    def options(self) -> dict[str, list[dict[str, str]]]:
        """What can be chosen: component id → label and value of each."""
        return {
            part.id: [{"label": choice.label, "value": choice.token} for choice in part.choices]
            for part in _every(self.parts)
            if part.choices
        }

    @property
    def labels(self) -> dict[str, str]:
        """Dotted name → what a person calls it."""
        return {part.name: part.label for part in _every(self.parts) if part.name and part.label}

    def parse(self, sent: MultiDict[str, str]) -> dict[str, Any]:
        """Return what the page sent as nested data, texts as they were typed."""
        return parsed(self.form, sent)

    def filled(self, values: Mapping[str, Any]) -> "ShownForm":
        """Return the form with other values in it."""
        return self.make(self.form, self.context, values, self.now)

    def refused(self, submitted: Mapping[str, Any], error: Invalid) -> "ShownForm":
        """Return the form as it was sent, with what is wrong beside each field in the reader's language.

        Raises:
            Invalid: `error` again when it is not about fields.
        """
        fields = translated_fields(error)
        try:
            self.form.load(submitted, self.context, now=self.now, translate=gettext)
        except Invalid as said:
            fields = said.facts.get("fields", fields)
        return replace(self.filled(submitted), errors=fields)

    def with_row_change(self, submitted: Mapping[str, Any], add: str | None, remove: str | None) -> "ShownForm":
        """Return the form as it was sent, with a row more in the list `add`, or without the row `remove` (`rows.0`)."""
        values = dict(submitted)
        if add:
            values = self.form.add_row(values, add, context=self.context, now=self.now)
        if remove:
            path, _, number = remove.rpartition(".")
            values = self.form.remove_row(values, path, int(number) if number.isdigit() else -1)
        return self.filled(values)


def parsed(form: Form, sent: MultiDict[str, str]) -> dict[str, Any]:
    """Return what a page sent of a form as nested data, texts as they were typed."""
    return form.parse_submission(sent.to_dict(flat=False))


def shown_form(item: WorkItem, draft: Mapping[str, Any] | None = None) -> ShownForm:
    """Return the form of a task; one without fields when there is nothing to fill in.

    Args:
        draft: what the reader typed before and has not sent.
    """
    form, now = task_form(item), current.now()
    context = {} if item.form_id is None else form_data(current.session(), item)
    return ShownForm.make(form, context, form.initial(context, draft, now=now), now)


def task_form(item: WorkItem) -> Form:
    """Return the form of a task in the reader's language, with nothing in it; one without fields when it has none."""
    return _form(item.instance_id, item.form_id)


def _form(instance_id: UUID, form_id: str | None) -> Form:
    version = None if form_id is None else version_of(current.session(), instance_id)
    return form_in(version, form_id)


def form_in(version: LoadedVersion | None, form_id: str | None) -> Form:
    """Return a form of a version in the reader's language; one without fields for None."""
    if version is None or form_id is None:
        return Form(id="", components=())
    return version.form(form_id).localized(str(get_locale() or "zh_CN"))


def offered_form(offer: Offer) -> ShownForm:
    """Return the form of an offer; one without fields when there is nothing to fill in."""
    form, now = _form(offer.instance_id, offer.form_id), current.now()
    context = {} if offer.form_id is None else offer.data
    return ShownForm.make(form, context, form.initial(context, None, now=now), now)


def _every(parts: Sequence[Part]) -> Iterator[Part]:
    for part in parts:
        yield part
        yield from _every(part.parts)


def _of_row(row: Part, lists: Mapping[str, Component]) -> Component:
    """Return the list that a row belongs to: the row's id is the list's with the numbers of the rows behind it."""
    identifier = row.id
    while identifier not in lists:
        identifier = identifier.rpartition("-")[0]
    return lists[identifier]


def _component(component: Component, seen: Mapping[str, Part], *, in_rows: bool = False) -> dict[str, Any]:
    """Return a component as form-js has it, with what FEEL says of it; inside a list, what it says of the first row
    that shows it."""
    part = seen.get(component.id) or (_in_a_row(component, seen) if in_rows else None)
    made = {**component.settings, "id": component.id, "type": component.type}
    if component.components:
        in_rows = in_rows or component.is_repeated
        made["components"] = [_component(each, seen, in_rows=in_rows) for each in component.components]
    if part is None:
        return made
    made |= {"label": part.label, "description": part.description}
    if part.text:
        made |= {"text": part.text, "content": part.text}
    if component.is_input:
        limits = {name: part.attributes[html] for html, name in _LIMITS.items() if html in part.attributes}
        others = {name: value for name, value in component.rules.items() if name not in _LIMITS.values()}
        made["validate"] = {**others, **limits, "required": part.required}
        made["readonly"] = part.locked
        made.pop("disabled", None)
    return made


def _in_a_row(component: Component, seen: Mapping[str, Part]) -> Part | None:
    of_row = re.compile(re.escape(component.id) + r"(-\d+)+")
    return next((part for identifier, part in seen.items() if of_row.fullmatch(identifier)), None)


def _places(components: Sequence[Component], prefix: str) -> Iterator[tuple[str, str]]:
    """Yield where each component of one row is, and its id; those of lists in it are of rows of their own."""
    for component in components:
        yield f"{prefix}.{component.id}", component.id
        if component.components and not component.is_repeated:
            yield from _places(component.components, ".".join((prefix, *component.path)))
