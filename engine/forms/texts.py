"""The words of a form: in another language, and with FEEL filled in."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

from engine.clock import CHINA
from engine.forms.components import Component, token
from engine.forms.conditions import Scope

#: What a person reads of a component. `properties` may hold each of them in another language: `label_en`.
WORDS: Final = ("label", "description", "text", "content", "dateLabel", "timeLabel", "alt", "title")
_PLACE: Final = re.compile(r"\{\{\s*(.+?)\s*\}\}", re.DOTALL)
_MARKUP: Final = re.compile(r"([\\`*_{}\[\]()#+!|~>-])")


def localized(component: Component, language: str) -> Component:
    """Return a component with its words in `language` (`en`) where its properties have them.

    A property is named for what it replaces: `label_en`, `description_en`, `pattern_en` (the message of a pattern that
    does not fit), and `option_<value>_en` for what can be chosen.
    """
    properties: Mapping[str, Any] = component.settings.get("properties") or {}
    settings = dict(component.settings)
    for word in WORDS:
        if translated := properties.get(f"{word}_{language}"):
            settings[word] = translated
    if translated := properties.get(f"pattern_{language}"):
        settings["validate"] = {**component.rules, "patternErrorMessage": translated}
    if isinstance(settings.get("values"), list):
        settings["values"] = [_localized_option(option, properties, language) for option in settings["values"]]
    inner = tuple(localized(child, language) for child in component.components)
    return replace(component, settings=settings, components=inner)


def _localized_option(option: Any, properties: Mapping[str, Any], language: str) -> Any:
    if not isinstance(option, Mapping):
        return option
    label = properties.get(f"option_{token(option.get('value'))}_{language}")
    return {**option, "label": label} if label else option


def untranslated(component: Component, language: str) -> list[str]:
    """Name the words of one component that have no translation, such as `label` or `option_urban`."""
    properties: Mapping[str, Any] = component.settings.get("properties") or {}
    settings = component.settings
    missing = [word for word in WORDS if settings.get(word) and not properties.get(f"{word}_{language}")]
    values = settings.get("values")
    for option in values if isinstance(values, list) else []:
        if isinstance(option, Mapping) and not properties.get(f"option_{token(option.get('value'))}_{language}"):
            missing.append(f"option_{token(option.get('value'))}")
    if component.rules.get("patternErrorMessage") and not properties.get(f"pattern_{language}"):
        missing.append("pattern")
    return missing


def filled(text: Any, scope: Scope, *, markdown: bool = False) -> str:
    """Return a text with its FEEL filled in: a whole one that begins with `=`, or every `{{ … }}` in it.

    Args:
        markdown: the text is Markdown; what is filled in cannot be mistaken for markup.
    """
    if not isinstance(text, str):
        return ""
    if text.startswith("="):
        return shown(scope.setting(text))
    escape: Callable[[str], str] = _escaped if markdown else str
    return _PLACE.sub(lambda found: escape(shown(scope.evaluate(found[1].removeprefix("=")))), text)


def shown(value: Any) -> str:
    """Return a value as a person reads it in a sentence."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, list):
        return "、".join(shown(item) for item in value)
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _escaped(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    return _MARKUP.sub(r"\\\1", text)
