"""Which language a reader gets, and the catalogues.

What stands in pages is written in Chinese and translated to English; what the engine says (its errors) is written in
English and translated to Chinese. So `en/` has an entry for every Chinese text and `zh_CN/` for every English one.

A catalogue is a folder of readable `.po` files, one an area of the pages. They are compiled in memory when first asked
for, so that a checkout and an installed wheel need no further step and no compiled file can be stale.
"""

import io
from datetime import tzinfo
from functools import cache
from pathlib import Path
from typing import Any, Final

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, Response, g, has_request_context, request
from flask_babel import Babel, Domain, get_locale, get_timezone, get_translations
from flask_login import current_user
from markupsafe import Markup

LANGUAGES: Final = {"zh_CN": "中文", "en": "English"}
DEFAULT: Final = "zh_CN"
COOKIE: Final = "language"
CATALOGUES: Final = Path(__file__).parent / "translations"
_YEAR: Final = 365 * 24 * 3600


@cache
def _merged(locale: str) -> Catalog:
    merged = Catalog(locale=Locale.parse(locale))
    for path in sorted((CATALOGUES / locale).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=locale, abort_invalid=True):
                if message.id:
                    merged.add(message.id, message.string)
    return merged


def texts(locale: str) -> frozenset[str]:
    """Return the texts that have a translation to `locale`; of plural ones, the singular."""
    every = (message for message in _merged(locale) if message.id and message.string)
    return frozenset(each.id if isinstance(each.id, str) else each.id[0] for each in every)


@cache
def catalogue(locale: str) -> NullTranslations:
    """Return the texts of `locale`, all areas together; without a folder, the texts as they were written."""
    if not len(merged := _merged(locale)):
        return NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, merged)
    compiled.seek(0)
    return Translations(compiled)


class _Domain(Domain):  # type: ignore[misc]  # no types of its own
    """The texts of one request, which asks for hundreds: where its locale is kept is looked up once."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: Any = g.get("_flask_babel") if g else None

    def get_translations(self) -> NullTranslations:
        return _catalogue_of(self._kept)


def _catalogue_of(kept: Any) -> NullTranslations:
    """The texts of a request, by what Babel keeps of its locale."""
    locale = getattr(kept, "babel_locale", None) or get_locale()  # Babel calls Chinese `zh_Hans_CN`
    return catalogue(DEFAULT if locale is None or locale.language == "zh" else locale.language)


def _kept() -> Any:
    """What Babel keeps of this request. A page asks hundreds of times; Babel itself looks four times each."""
    try:
        return g.get("_flask_babel")
    except RuntimeError:  # outside of any application
        return None


def reader_language() -> str:
    """Return the language of this page, `zh` or `en`."""
    locale = getattr(_kept(), "babel_locale", None) or get_locale()
    return DEFAULT[:2] if locale is None else str(locale.language)


def reader_zone() -> tzinfo | None:
    """Return the zone that this page shows instants in; None outside of any application."""
    zone: tzinfo | None = getattr(_kept(), "babel_tzinfo", None) or get_timezone()
    return zone


class _Babel(Babel):  # type: ignore[misc]  # no types of its own
    @property
    def domain_instance(self) -> _Domain:
        return _Domain()


def choose_locale() -> str:
    """Return the reader's language: their account's, else the cookie's, else the browser's, else Chinese.

    A program reads the language that it asks for.
    """
    if not has_request_context():
        return DEFAULT
    chosen = request.cookies.get(COOKIE)
    if current_user and current_user.is_authenticated:
        chosen = current_user.staff.locale
    if request.path.startswith("/api/") and request.accept_languages:  # a program has no account of its own
        chosen = None
    if chosen in LANGUAGES:
        return chosen
    accepted = request.accept_languages.best_match(["zh-CN", "zh", "en"])
    return "en" if accepted == "en" else DEFAULT


@cache
def _read(locale: str) -> Locale:
    """The locale of a language, which takes Babel as long to find as a table takes to draw."""
    return Locale.parse(locale)


def remember(response: Response, locale: str, *, secure: bool) -> Response:
    """Keep `locale` in the reader's browser for a year."""
    response.set_cookie(COOKIE, locale, max_age=_YEAR, httponly=True, secure=secure, samesite="Lax")
    return response


def _say(text: str, **facts: Any) -> Markup:
    """Translate in a template: what Jinja's own function does, without two calls through the template's context."""
    kept = _kept()
    texts = _catalogue_of(kept) if kept is not None else get_translations()
    said = Markup(texts.ugettext(text))  # noqa: S704  our own texts; the facts are escaped
    return said % facts if facts or "%" in said else said


def init_languages(app: Flask, zone: str) -> None:
    """Give `app` its languages; dates are shown in `zone`."""
    _Babel(app, default_locale=DEFAULT, default_timezone=zone, locale_selector=lambda: _read(choose_locale()))
    app.jinja_env.globals.update(_=_say, gettext=_say)

    @app.context_processor
    def _languages() -> dict[str, Any]:
        locale = choose_locale()
        return {"locale": locale, "html_lang": locale.replace("_", "-"), "languages": LANGUAGES}
