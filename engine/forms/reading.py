"""Reads a form-js schema, and says what is wrong with one before anybody meets it."""

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import orjson

from engine.errors import Invalid, Phrase, misread
from engine.forms import patterns
from engine.forms.components import CONTAINER, INPUT, OPTIONED, PRESENTATION, Component, Path

MOST_BYTES: Final = 1_000_000
MOST_COMPONENTS: Final = 500
DEEPEST: Final = 8
_KEY: Final = re.compile(r"[^\W\d][\w-]*(\.[^\W\d][\w-]*)*")
_SUBTYPES: Final = ("date", "time", "datetime")


def read_components(source: bytes) -> tuple[str, tuple[Component, ...], dict[str, Any]]:
    """Read a schema.

    Args:
        source: JSON of a form-js schema: {"type": "default", "id", "components": [{"type", "id", "key", …}]}.

    Returns:
        the form's id, its components, and the whole JSON object.

    Raises:
        Invalid: `form-malformed`; `facts["problems"]` lists {"component", "problem"}.
    """
    schema = _json(source)
    reader = _Reader()
    identifier = schema.get("id")
    if not isinstance(identifier, str) or not identifier:
        reader.blame("form", Phrase("has no id; give it one"))
    if schema.get("type", "default") != "default":
        reader.blame("form", Phrase("has the type {type!r}; a form's type is 'default'", type=schema.get("type")))
    components = reader.components(schema.get("components"), "form", 0)
    reader.check_paths(components)
    if reader.problems:
        raise _malformed(str(identifier or "?"), reader.problems)
    return str(identifier), components, schema


def _json(source: bytes) -> dict[str, Any]:
    if len(source) > MOST_BYTES:
        raise _malformed(
            "?", [("form", Phrase("has {size} bytes; at most {most} are read", size=len(source), most=MOST_BYTES))]
        )
    try:
        schema = orjson.loads(source)
    except orjson.JSONDecodeError as error:
        raise _malformed("?", [("form", Phrase("is no JSON: {reason}", reason=misread(error)))]) from error
    if not isinstance(schema, dict):
        raise _malformed("?", [("form", Phrase("is no JSON object"))])
    return schema


def _malformed(form: str, problems: list[tuple[str, Phrase]]) -> Invalid:
    component, problem = problems[0]
    return Invalid(
        "form-malformed",
        "form {form}: {component} {problem}",
        form=form,
        component=component,
        problem=problem,
        problems=[{"component": name, "problem": text} for name, text in problems],
    )


class _Reader:
    """Collects components and every problem on the way, so that a designer mends them in one round."""

    def __init__(self) -> None:
        self.problems: list[tuple[str, Phrase]] = []
        self.ids: set[str] = set()

    def blame(self, component: str, problem: Phrase) -> None:
        self.problems.append((component, problem))

    def components(self, found: Any, owner: str, depth: int) -> tuple[Component, ...]:
        if not isinstance(found, list):
            self.blame(owner, Phrase("has no list of components"))
            return ()
        if depth > DEEPEST:
            self.blame(owner, Phrase("lies deeper than {limit} containers", limit=DEEPEST))
            return ()
        return tuple(c for c in (self.component(item, owner, depth) for item in found) if c)

    def component(self, found: Any, owner: str, depth: int) -> Component | None:
        if not isinstance(found, dict):
            self.blame(owner, Phrase("holds something that is no component"))
            return None
        kind = found.get("type")
        name = found.get("id") or f"{found.get('key') or kind} in {owner}"
        if not isinstance(kind, str) or kind not in INPUT | CONTAINER | PRESENTATION:
            self.blame(str(name), Phrase("has the unknown type {kind!r}", kind=kind))
            return None
        if not isinstance(found.get("id"), str):
            self.blame(str(name), Phrase("has no id; give it one"))
            return None
        if name in self.ids:
            self.blame(str(name), Phrase("has the id of another component; ids are unique in a form"))
        self.ids.add(str(name))
        if len(self.ids) > MOST_COMPONENTS:
            self.blame(owner, Phrase("holds more than {limit} components", limit=MOST_COMPONENTS))
            return None
        for attribute in ("validate", "conditional", "properties", "appearance"):
            if not isinstance(found.get(attribute) or {}, dict):
                self.blame(str(name), Phrase("has {attribute} that is no JSON object", attribute=attribute))
                return None
        component = Component(
            id=str(name),
            type=kind,
            path=self.path(found, str(name), kind),
            settings=found,
            components=self.components(found.get("components"), str(name), depth + 1) if kind in CONTAINER else (),
        )
        for problem in _problems(component):
            self.blame(component.id, problem)
        return component

    def path(self, found: dict[str, Any], name: str, kind: str) -> Path:
        if kind in PRESENTATION:
            return ()
        attribute = "path" if kind in CONTAINER else "key"
        text = found.get(attribute) or ""
        if not text and kind == "group":
            return ()
        if not isinstance(text, str) or not _KEY.fullmatch(text):
            self.blame(
                name,
                Phrase(
                    "has the {attribute} {text!r}; it is a name, or names with dots between them",
                    attribute=attribute,
                    text=text,
                ),
            )
            return ()
        return tuple(text.split("."))

    def check_paths(self, components: tuple[Component, ...]) -> None:
        """Refuse two components that write the same place, as form-js does."""
        taken: dict[Path, Component] = {}
        for path, component in _claims(components, ()):
            clash = next(
                (other for claimed, other in taken.items() if _clashes(path, component, claimed, other)),
                None,
            )
            if clash:
                self.blame(
                    component.id,
                    Phrase("writes {path}, where {other} writes already", path=".".join(path), other=clash.id),
                )
            taken[path] = component


def _claims(components: tuple[Component, ...], prefix: Path) -> Iterator[tuple[Path, Component]]:
    for component in components:
        path = prefix + component.path
        if component.is_input or component.is_repeated:
            yield path, component
        # `[]` keeps what is inside a list apart from what merely has its name as a prefix
        yield from _claims(component.components, (*path, "[]") if component.is_repeated else path)


def _clashes(path: Path, component: Component, claimed: Path, other: Component) -> bool:
    if path == claimed:
        return True
    shorter, longer = sorted((path, claimed), key=len)
    inside_list = longer[len(shorter) : len(shorter) + 1] == ("[]",)
    return longer[: len(shorter)] == shorter and not inside_list


def _problems(component: Component) -> Iterator[Phrase]:
    rules = component.rules
    if pattern := rules.get("pattern"):
        try:
            patterns.compiled(str(pattern))
        except Invalid as error:
            yield Phrase("has a pattern that cannot be used: {reason}", reason=error.message)
    for name in ("min", "max"):
        if not _is_number_or_feel(rules.get(name), whole=False):
            yield Phrase(
                "has the {name} {value!r}, neither a number nor FEEL (a text that begins with =)", name=name,
                value=rules[name],
            )  # fmt: skip
    for name in ("minLength", "maxLength"):
        if not _is_number_or_feel(rules.get(name), whole=True):
            yield Phrase(
                "has the {name} {value!r}, neither a whole number nor FEEL (a text that begins with =)",
                name=name,
                value=rules[name],
            )
    hide = (component.settings.get("conditional") or {}).get("hide")
    if hide and component.hide is None:
        yield Phrase("hides on {hide!r}, which is no FEEL; a condition begins with =", hide=hide)
    if component.type in OPTIONED:
        yield from _option_problems(component)
    if component.type == "number":
        yield from _number_problems(component)
    if component.type == "datetime" and component.settings.get("subtype", "date") not in _SUBTYPES:
        yield Phrase(
            "has the subtype {subtype!r}; it is one of {names}",
            subtype=component.settings["subtype"],
            names=", ".join(_SUBTYPES),
        )
    if component.type == "expression" and not str(component.settings.get("expression") or "").startswith("="):
        yield Phrase("computes nothing; its expression begins with =")
    rows = component.settings.get("defaultRepetitions", 1)
    if component.is_repeated and (not isinstance(rows, int) or not 0 <= rows <= 100):
        yield Phrase("begins with {rows!r} rows; it is a number from 0 to 100", rows=rows)
    for name in ("label", "description", "text", "content"):
        if "{{#" in str(component.settings.get(name) or ""):
            yield Phrase("has a loop or a condition in its {name}; only {{{{ FEEL }}}} is filled in there", name=name)


def _is_number_or_feel(value: Any, *, whole: bool) -> bool:
    if value in (None, "") or (isinstance(value, str) and value.startswith("=")):
        return True
    if isinstance(value, bool):
        return False
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return False
    return number.is_finite() and (not whole or (number == number.to_integral_value() and number >= 0))


def _number_problems(component: Component) -> Iterator[Phrase]:
    digits = component.settings.get("decimalDigits")
    if digits not in (None, "") and not (_is_number_or_feel(digits, whole=True) and not str(digits).startswith("=")):
        yield Phrase("has {digits!r} decimal digits; it is a whole number", digits=digits)
    step = component.settings.get("increment")
    if step not in (None, "", 0) and (str(step).startswith("=") or not _is_number_or_feel(step, whole=False)):
        yield Phrase("has the increment {step!r}, which is no number", step=step)


def _option_problems(component: Component) -> Iterator[Phrase]:
    settings = component.settings
    if not any(settings.get(name) for name in ("values", "valuesKey", "valuesExpression")):
        yield Phrase("offers nothing to choose from; give it values, a valuesKey or a valuesExpression")
    expression = settings.get("valuesExpression")
    if expression and not str(expression).startswith("="):
        yield Phrase("has a valuesExpression that is no FEEL; it begins with =")
    values = settings.get("values") or []
    if not isinstance(values, list):
        yield Phrase("has values that are no list")
