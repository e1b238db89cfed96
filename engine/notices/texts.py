"""The words of a notice: a Jinja template in each language, and what it may know."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from jinja2 import Environment, StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import SandboxedEnvironment

from engine.clock import CHINA, DueDate
from engine.errors import Invalid, Phrase
from engine.notices.template_mistakes import template_mistake

LONGEST_SOURCE: Final = 20_000
LONGEST_TEXT: Final = 20_000
LONGEST_SUBJECT: Final = 300
_SUBJECT: Final = "Subject:"
#: Names that a template has without anybody handing them in.
_OWN: Final = frozenset(["loop", "range", "dict", "cycler", "joiner", "namespace", "lipsum"])


class Missing(StrictUndefined):
    """A fact that was not handed in. `default` and `is defined` may ask about it and about what would be inside it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, name: Any) -> Any:
        path = f"{self._undefined_name}.{name}"
        return Missing(hint=self._undefined_hint, name=path, exc=self._undefined_exception)


class _Sandbox(SandboxedEnvironment):
    #: `"x" * 10 ** 9` is a text that nobody wants to hold in memory
    intercepted_binops = frozenset(["*", "**"])

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" or not all(isinstance(side, int | float | Decimal) for side in (left, right)):
            raise SecurityError(f"{operator} is not allowed here")
        return super().call_binop(context, operator, left, right)


@lru_cache(maxsize=8)
def environment(language: str) -> Environment:
    """Return the sandbox in which templates of a language are read; it has the filters `date` and `moment`."""
    made = _Sandbox(autoescape=False, undefined=Missing, finalize=lambda value: _written(value, language))
    made.filters |= {
        "date": lambda value: _day(value, language),
        "moment": lambda value: _moment(value, language),
    }
    return made


def _written(value: Any, language: str) -> Any:
    if isinstance(value, DueDate):
        return value.told(language)
    if isinstance(value, datetime):
        return _moment(value, language)
    if isinstance(value, date):
        return _day(value, language)
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return "" if value is None else value


def _day(value: Any, language: str) -> Any:
    if not isinstance(value, date):
        return value
    day = value.astimezone(CHINA) if isinstance(value, datetime) else value
    return f"{day.year}年{day.month}月{day.day}日" if language == "zh" else f"{day.day} {day:%B %Y}"


def _moment(value: Any, language: str) -> Any:
    if not isinstance(value, datetime):
        return _day(value, language)
    return f"{_day(value, language)} {value.astimezone(CHINA):%H:%M}"


@dataclass(frozen=True, kw_only=True)
class Written:
    """A notice as its reader gets it."""

    subject: str
    body: str


@dataclass(frozen=True, kw_only=True)
class NoticeTexts:
    """One notice in every language that it has.

    Args:
        key: the template's name in its package, `overdue`.
        sources: by locale (`zh_CN`, `en`): a first line `Subject: …`, an empty line, the body. The first locale serves
            readers whose language is missing.
    """

    key: str
    sources: Mapping[str, str]

    def locale_for(self, locale: str) -> str:
        """Return the locale that a reader of `locale` gets: the same, the same language, or the first."""
        if locale in self.sources:
            return locale
        language = _language(locale)
        return next((known for known in self.sources if _language(known) == language), next(iter(self.sources)))

    def write(self, facts: Mapping[str, Any], locale: str) -> Written:
        """Fill the template for a reader.

        Raises:
            Invalid: `notice-text`; a fact is missing or the template is broken. It names template, locale and fact.
        """
        chosen = self.locale_for(locale)
        parts = _compiled(self.key, chosen, self.sources[chosen])
        try:
            subject, body = (part.render(facts)[: LONGEST_TEXT + 1] for part in parts)
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
            raise _broken(self.key, chosen, Phrase("{error}", error=str(error))) from error
        if len(body) > LONGEST_TEXT:
            raise _broken(self.key, chosen, Phrase("it is longer than {limit} characters", limit=LONGEST_TEXT))
        return Written(subject=" ".join(subject.split())[:LONGEST_SUBJECT], body=body.strip() + "\n")

    def redact(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Return only the facts that some language of this notice names, `case.number` without the rest of `case`."""
        kept: dict[str, Any] = {}
        for locale, source in self.sources.items():
            for path in sorted(named_facts(self.key, locale, source)):
                _keep(kept, facts, path)
        return kept

    def problems(self) -> Iterator[tuple[str, Phrase]]:
        """Yield (locale, what is wrong) of every template that cannot be read."""
        for locale, source in self.sources.items():
            try:
                _compiled(self.key, locale, source)
            except Invalid as error:
                yield locale, error.facts["reason"]


def _broken(key: str, locale: str, reason: Phrase) -> Invalid:
    return Invalid(
        "notice-text",
        "The notice {template} ({locale}) cannot be written: {reason}. Mend the template or supply the fact.",
        template=key,
        locale=locale,
        reason=reason,
    )


def _language(locale: str) -> str:
    return locale.replace("-", "_").split("_")[0].lower()


@lru_cache(maxsize=512)
def _compiled(key: str, locale: str, source: str) -> tuple[Template, Template]:
    """Return the templates of subject and body."""
    if len(source) > LONGEST_SOURCE:
        raise _broken(key, locale, Phrase("it is longer than {limit} characters", limit=LONGEST_SOURCE))
    first, _, body = source.lstrip("\ufeff").replace("\r\n", "\n").partition("\n")
    if not first.startswith(_SUBJECT):
        raise _broken(key, locale, Phrase("it does not begin with a line '{subject} …'", subject=_SUBJECT))
    made = environment(_language(locale))
    try:
        return made.from_string(first.removeprefix(_SUBJECT)), made.from_string(body)
    except TemplateSyntaxError as error:
        raise _broken(key, locale, template_mistake(error)) from error


@lru_cache(maxsize=512)
def named_facts(key: str, locale: str, source: str) -> frozenset[tuple[str, ...]]:
    """Return the facts that a template names, as paths: `("case", "number")`."""
    made = environment(_language(locale))
    try:
        tree = made.parse(source)
    except TemplateSyntaxError as error:
        raise _broken(key, locale, template_mistake(error)) from error
    assigned = {name.name for name in tree.find_all(nodes.Name) if name.ctx in ("store", "param")}
    return frozenset(path for path in _paths(tree) if path[0] not in assigned | _OWN)


def _paths(node: nodes.Node) -> Iterator[tuple[str, ...]]:
    if path := _path(node):
        yield path
        return
    for child in node.iter_child_nodes():
        yield from _paths(child)


def _path(node: nodes.Node) -> tuple[str, ...]:
    """Return the path that a node reads (`case.number`, `case["number"]`), or () where it reads none."""
    if isinstance(node, nodes.Name):
        return (node.name,)
    if isinstance(node, nodes.Getattr):
        inner = _path(node.node)
        return (*inner, node.attr) if inner else ()
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
        inner = _path(node.node)
        return (*inner, node.arg.value) if inner else ()
    return ()


def _keep(kept: dict[str, Any], facts: Mapping[str, Any], path: tuple[str, ...]) -> None:
    first, *rest = path
    if first not in facts:
        return
    value = facts[first]
    if rest and isinstance(value, Mapping):
        inner = kept.setdefault(first, {})
        # another language may already have asked for all of it
        if inner is not value:
            _keep(inner, value, tuple(rest))
    else:
        kept[first] = value
