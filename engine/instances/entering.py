"""What somebody entered: typed by the form, then held against the rule that the diagram names for it."""

from collections.abc import Mapping
from typing import Any, Final

from engine.errors import EngineError, Invalid
from engine.instances.assignment import Reader

#: The languages in which a check may say what is wrong; a page shows its reader's, else the first that is there.
_LOCALES: Final = ("en", "zh_CN")


def entered(reader: Reader, form_id: str | None, submitted: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was entered, checked and typed by a form, and found good by the decision of `chuishao:check`.

    Args:
        reader: of the task or event; its data are what the form and the decision see.
        form_id: None: there is nothing to enter.

    Raises:
        Invalid: `form-invalid` or `form-none`, see `engine.forms.Form.load`; `check-failed`: the decision found
            something, and `facts["fields"]` says beside which fields, `facts["fields_by_locale"]` in each language.
        StepFailed: the decision cannot be evaluated, or answers what cannot be shown.
    """
    if form_id is None:
        if submitted:
            raise Invalid("form-none", "“{task}” has no form: there is nothing to enter.", task=reader.element.name)
        data: dict[str, Any] = {}
    else:
        data = reader.step.version.form(form_id).load(submitted, reader.data, now=reader.step.now)
    _hold_against_check(reader, data)
    return data


def _hold_against_check(reader: Reader, data: Mapping[str, Any]) -> None:
    decision = (reader.element.settings.get("check") or "").strip()
    if not decision:
        return
    try:
        said = reader.step.decide(decision, {**reader.data, **data})
        problems = [said] if isinstance(said, Mapping) else list(said or ())
        found = [_problem(each) for each in problems if each is not None]
    except EngineError as error:
        raise reader.failure(error, f"chuishao:check {decision}") from error
    if not found:
        return
    by_locale: dict[str, dict[str, list[str]]] = {}
    for field, words in found:
        for locale in _LOCALES:
            text = words.get(locale) or next(iter(words.values()))
            by_locale.setdefault(locale, {}).setdefault(field, []).append(text)
    raise Invalid(
        "check-failed",
        "What you entered breaks a rule of this step ({count}). Nothing was changed; correct it and send it again.",
        count=len(found),
        fields=by_locale["en"],
        fields_by_locale=by_locale,
    )


def _problem(said: Any) -> tuple[str, dict[str, str]]:
    """Return the field that a problem belongs to and its words by locale."""
    words = {}
    if isinstance(said, Mapping):
        words = {locale: said[locale] for locale in _LOCALES if isinstance(said.get(locale), str) and said[locale]}
    field = said.get("field") if isinstance(said, Mapping) else None
    if not words or not isinstance(field, str | None):
        raise Invalid(
            "check-unreadable",
            "a check must answer nothing, or a list of field, zh_CN and en: the field, and what is wrong",
        )
    return field or "", words
