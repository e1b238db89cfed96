"""Words for what the engine names by keys, in the reader's language."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from babel import Locale
from flask import Flask
from flask_babel import get_locale, gettext, lazy_gettext

from engine.errors import EngineError, Phrase, fill
from engine.organisation.roles import label
from web.languages import reader_language
from web.presentation.times import instant

#: what the rungs of the usual ladder are called; a jurisdiction's others go by their names alone
RUNGS: Final[Mapping[str, Any]] = {
    "L0": lazy_gettext("提醒承办人"),
    "L1": lazy_gettext("提醒分管领导"),
    "L2": lazy_gettext("催办"),
    "L3": lazy_gettext("督办"),
    "L4": lazy_gettext("提请联席会议"),
}
_LATIN_BREAK: Final = re.compile(r"(?<=[\x21-\x7e])\s*\n\s*(?=[\x21-\x7e])")
_BREAK: Final = re.compile(r"\s*\n\s*")


def role_label(role: str) -> str:
    """Return how a role is called."""
    return label(role, reader_language())


@lru_cache(maxsize=4096)
def one_line(name: str) -> str:
    """Return a name without the line breaks that its author made for the drawing."""
    return _BREAK.sub("", _LATIN_BREAK.sub(" ", name)).strip()


def say(error: EngineError) -> str:
    """Return the message of `error` in the reader's language, with roles and instants in words."""
    return say_phrase(error.message)


def say_phrase(phrase: Phrase) -> str:
    """Return a phrase, and the phrases in it, in the reader's language."""
    return fill(gettext(phrase.template), {key: _in_words(key, value) for key, value in phrase.facts.items()})


def say_reason(reason: Any) -> str:
    """Return a stored failure, {"text": an English template, "facts": {…}}, in the reader's language."""
    if not isinstance(reason, Mapping) or not reason.get("text"):
        return ""
    return say_phrase(Phrase(reason["text"], **reason.get("facts", {})))


def _in_words(key: str, value: Any) -> Any:
    if isinstance(value, Phrase):
        return say_phrase(value)
    if key == "role" and isinstance(value, str):
        return role_label(value)
    if key == "roles" and isinstance(value, str):
        return ", ".join(role_label(role) for role in value.split(", "))
    if key in ("when", "at", "since", "until") and isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return value
    if isinstance(value, datetime) and value.tzinfo:
        return instant(value, year=True)
    return value


def init_words(app: Flask) -> None:
    """Give templates these words as filters."""
    words = {"one_line": one_line, "role_label": role_label, "say_phrase": say_phrase, "say_reason": say_reason}
    app.jinja_env.filters |= words


def translated_fields(error: EngineError) -> dict[str, list[str]]:
    """Return what is wrong with each field, by its name, in the reader's language.

    Raises:
        EngineError: `error` again when it is not about fields.
    """
    if "fields" not in error.facts:
        raise error
    by_locale: Mapping[str, dict[str, list[str]]] = error.facts.get("fields_by_locale", {})
    language = (get_locale() or Locale("zh")).language
    if own := by_locale.get("zh_CN" if language == "zh" else language):
        return own  # a package's own words, which no catalogue has
    return {
        name: [say_phrase(text) if isinstance(text, Phrase) else gettext(text) for text in texts]
        for name, texts in error.facts["fields"].items()
    }
