"""Checks what people read of a package: its manifest, notices, documents, and the languages that they are in."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from jinja2 import TemplateSyntaxError

from engine.definitions.package import MANIFEST, TEXTS, Package
from engine.errors import Invalid, Phrase
from engine.forms import Form
from engine.notices.template_mistakes import template_mistake
from engine.notices.texts import NoticeTexts, environment
from engine.spiff.findings import Finding, Severity, finding, one_of

_KEY: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_NOTICE_NAME: Final = re.compile(r"([a-zA-Z][\w-]*)\.([a-z]{2}(?:_[A-Z]{2})?)", re.ASCII)
#: What the numbers of cases begin with.
_PREFIX: Final = re.compile(r"[A-Z]{1,4}")
_SHOWN: Final = 5


def check_manifest(package: Package) -> Iterator[Finding]:
    """Check `package.json` and `texts.json`."""
    try:
        manifest = package.manifest
    except Invalid as error:
        yield _error(error.code, MANIFEST, error.message, Phrase("Mend package.json"))
        return
    key, name = manifest["key"], manifest["name"]
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        yield _error(
            "manifest-key",
            MANIFEST,
            Phrase("the key {key!r} is no name of small letters, digits and dashes", key=key),
            Phrase("Correct it"),
        )
    if not isinstance(name, dict) or not name or not all(isinstance(text, str) and text for text in name.values()):
        yield _error(
            "manifest-name", MANIFEST, Phrase("`name` is no object of names by locale"), Phrase("Write it by locale")
        )
    elif any(len(text) > 200 for text in name.values()):
        yield _error("manifest-name", MANIFEST, Phrase("a name is longer than 200 characters"), Phrase("Shorten it"))
    prefix = manifest.get("prefix", "")
    if not isinstance(prefix, str) or (prefix and not _PREFIX.fullmatch(prefix)):
        yield _error(
            "manifest-prefix",
            MANIFEST,
            Phrase("the prefix {prefix!r} is not one to four capital letters", prefix=prefix),
            Phrase("Correct it"),
        )
    try:
        _ = package.texts
    except Invalid as error:
        yield _error(error.code, TEXTS, error.message, Phrase("Mend texts.json"))


def check_sealed(package: Package, decisions: Collection[str]) -> Iterator[Finding]:
    """Check what a package of sealed cases says of who is accused and who handles them."""
    try:
        said = package.manifest.get("sealed")
    except Invalid:
        return  # told with the manifest
    if said is None:
        return
    named = [said.get(name) for name in ("accused", "route")] if isinstance(said, dict) else []
    if not named or not all(isinstance(each, str) and each for each in named):
        mend = Phrase('Write {"accused": field of the start form, "route": decision}, or leave `sealed` out')
        yield _error(
            "manifest-sealed", MANIFEST, Phrase("`sealed` does not name who is accused and who handles it"), mend
        )
    elif named[1] not in decisions:
        mend = one_of(decisions)
        yield _error(
            "manifest-sealed", MANIFEST, Phrase("the package has no decision {decision!r}", decision=named[1]), mend
        )


def check_reopening(package: Package) -> Iterator[Finding]:
    """Check what a package says of matters that are taken up again."""
    try:
        said, outcomes = package.manifest.get("reopen"), package.texts.get("outcomes", {})
    except Invalid:
        return  # told with the manifest
    if said is None:
        return
    mend = Phrase('Write {"days": 30, "times": 2, "outcomes": [keys of outcomes]}, or leave `reopen` out')
    if not isinstance(said, dict) or not all(_is_count(said.get(name)) for name in ("days", "times")):
        yield _error(
            "manifest-reopen", MANIFEST, Phrase("`reopen` does not say for how many days and how many times"), mend
        )
    elif not isinstance(said.get("outcomes"), list) or not said["outcomes"]:
        yield _error("manifest-reopen", MANIFEST, Phrase("`reopen` does not say after which outcomes"), mend)
    elif unknown := [each for each in said["outcomes"] if each not in outcomes]:
        yield _error(
            "manifest-reopen", MANIFEST, Phrase("texts.json has no outcome {outcome!r}", outcome=unknown[0]), mend
        )


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def locales(package: Package) -> list[str]:
    """Return the languages that a package is in: those of its name. The first is the one it was written in."""
    try:
        name = package.manifest["name"]
    except Invalid:
        return []
    return list(name) if isinstance(name, dict) else []


def check_notices(package: Package) -> Iterator[Finding]:
    """Check the names and templates of notices, and that each is there in every language."""
    sources: dict[str, dict[str, str]] = {}
    for name, content in package.below("notices", ".txt").items():
        file = f"notices/{name}.txt"
        parts = _NOTICE_NAME.fullmatch(name)
        if parts is None:
            yield _error(
                "notice-name",
                file,
                Phrase("its name is not <key>.<locale>.txt"),
                Phrase("Name it as in overdue.zh_CN.txt"),
            )
            continue
        try:
            sources.setdefault(parts[1], {})[parts[2]] = content.decode()
        except UnicodeDecodeError:
            yield _error("text-encoding", file, Phrase("it is not UTF-8"), Phrase("Save it as UTF-8"))
    for key, by_locale in sources.items():
        for locale, problem in NoticeTexts(key=key, sources=by_locale).problems():
            yield _error("notice-template", f"notices/{key}.{locale}.txt", problem, Phrase("Correct the template"))
        for locale in [locale for locale in locales(package) if locale not in by_locale]:
            yield _warning(
                "notice-language",
                f"notices/{key}.{locale}.txt",
                Phrase("the notice {key} is missing in {locale}", key=key, locale=locale),
                Phrase("Add the file; until then its readers get another language"),
            )


def check_documents(package: Package) -> Iterator[Finding]:
    """Check the templates of documents."""
    for name, content in package.below("documents", ".html").items():
        file = f"documents/{name}.html"
        try:
            source = content.decode()
            environment("zh").from_string(source)
        except UnicodeDecodeError:
            yield _error("text-encoding", file, Phrase("it is not UTF-8"), Phrase("Save it as UTF-8"))
        except TemplateSyntaxError as error:
            yield _error(
                "document-template",
                file,
                template_mistake(error),
                Phrase("Correct the template"),
            )
        else:
            if "<h1" not in source:
                yield _warning(
                    "document-title",
                    file,
                    Phrase("it has no <h1>, which is its title"),
                    Phrase("Begin it with its title"),
                )


def check_words(package: Package, used: Mapping[str, Collection[str]], forms: Mapping[str, Form]) -> Iterator[Finding]:
    """Check that what residents read of states and outcomes, and what forms ask, is there in every language.

    Args:
        used: keys that the diagrams use, by the part of `texts.json` that has the words for them.
        forms: by their file.
    """
    languages = locales(package)
    try:
        texts: Mapping[str, Any] = package.texts
    except Invalid:
        texts = {}
    for part, keys in used.items():
        words = texts.get(part)
        words = words if isinstance(words, dict) else {}
        for key in sorted(key for key in keys if key and not key.startswith("=")):
            said = words.get(key)
            missing = [locale for locale in languages if not isinstance(said, dict) or not said.get(locale)]
            if missing:
                yield _warning(
                    "words-missing",
                    TEXTS,
                    Phrase(
                        "{part} has no words for {key!r} in {languages}",
                        part=part,
                        key=key,
                        languages=", ".join(missing),
                    ),
                    Phrase("Add them; residents would read the key"),
                )
    for file, form in forms.items():
        for locale in languages[1:]:
            if unsaid := form.untranslated(locale.partition("_")[0]):
                shown = ", ".join(f"{component}.{word}" for component, word in unsaid[:_SHOWN])
                words = Phrase(shown)
                if len(unsaid) > _SHOWN:
                    words = Phrase("{words} and {number} more", words=shown, number=len(unsaid) - _SHOWN)
                yield _warning(
                    "form-language",
                    file,
                    Phrase("it has no words in {locale} for {words}", locale=locale, words=words),
                    Phrase("Add the properties label_{language} and so on", language=locale.partition("_")[0]),
                )


def _error(code: str, file: str, reason: Phrase, mend: Phrase) -> Finding:
    return finding(Severity.ERROR, code, file, "", "", reason, mend)


def _warning(code: str, file: str, reason: Phrase, mend: Phrase) -> Finding:
    return finding(Severity.WARNING, code, file, "", "", reason, mend)
