"""Find what has to be translated: texts of pages (Chinese, for `en`) and of the engine's errors (English, for `zh_CN`).

Run it as `python -m tests.architecture.find_texts` to see what lacks a translation; exit 1 when something does.
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.extract import extract_from_file

from web.languages import texts

ROOT = Path(__file__).parent.parent.parent

_CHINESE = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[A-Za-z]{2}")
_ERRORS = {"NotFound", "Forbidden", "Conflict", "Invalid", "Unavailable", "EngineError"}
_KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None, "N_": None, "ngettext": (1, 2)}
_OPTIONS = {"trimmed": "true"}


@dataclass(frozen=True)
class Text:
    """A text as it was written, and where."""

    text: str
    place: str

    @property
    def locale(self) -> str | None:
        """The language that it must be translated to; None when there are no words in it."""
        if _CHINESE.search(self.text):
            return "en"
        return "zh_CN" if _WORD.search(re.sub(r"[%{][^ ]*", "", self.text)) else None


def pages() -> Iterator[Text]:
    """Find the texts of templates and of Python files under `web/`."""
    for path in sorted((ROOT / "web").rglob("*")):
        method = {".html": "jinja2.ext:babel_extract", ".py": "python"}.get(path.suffix)
        if (
            method is None
            or path.name == "styleguide.html"
            or {"static", "frontend"} & set(path.relative_to(ROOT).parts)
        ):
            continue
        for line, message, *_ in extract_from_file(method, path, keywords=_KEYWORDS, options=_OPTIONS):
            for text in (message,) if isinstance(message, str) else message[:1]:
                if text:
                    yield Text(text, f"{path.relative_to(ROOT)}:{line}")


def errors() -> Iterator[Text]:
    """Find what the engine says: the second argument of an error's class, and what it marks with `N_`."""
    for path in sorted([*(ROOT / "engine").rglob("*.py"), *(ROOT / "web").rglob("*.py")]):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _ERRORS:
                for argument in node.args[1:2]:
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                        yield Text(argument.value, f"{path.relative_to(ROOT)}:{node.lineno}")
    for path in sorted((ROOT / "engine").rglob("*.py")):
        for line, message, *_ in extract_from_file("python", path, keywords={"N_": None}):
            yield Text(str(message), f"{path.relative_to(ROOT)}:{line}")


def untranslated() -> list[Text]:
    """Return what lacks a translation, each text once."""
    known = {locale: texts(locale) for locale in ("en", "zh_CN")}
    found = {text.text: text for text in [*pages(), *errors()]}
    return [text for text in found.values() if text.locale and text.text not in known[text.locale]]


if __name__ == "__main__":
    missing = untranslated()
    for each in missing:
        print(f"{each.locale}  {each.place}  {each.text!r}")
    sys.exit(bool(missing))
