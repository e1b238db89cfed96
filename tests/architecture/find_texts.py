"""Find what has to be translated: texts of pages (Chinese, for `en`) and what the engine says (English, for `zh_CN`).

Run it as `python -m tests.architecture.find_texts` to see what lacks a translation; exit 1 when something does.
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel.messages.extract import extract_from_file

from web.languages import texts

ROOT = Path(__file__).parent.parent.parent
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[A-Za-z]{2}")
_KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None, "N_": None, "ngettext": (1, 2)}
_OPTIONS = {"trimmed": "true"}
#: which argument is the text; of an error it is the second
_FIRST = {"Phrase": 0, "N_": 0, "FeelLimitError": 0, "NoResult": 0}
_PHRASES = {"FeelSyntaxError"}


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
        return "zh_CN" if _WORD.search(re.sub(r"%\([^ ]*|{[^ ]*", "", self.text)) else None


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


@cache
def _sources() -> dict[str, ast.Module]:
    paths = [*(ROOT / "engine").rglob("*.py"), *(ROOT / "web").rglob("*.py"), ROOT / "config.py"]
    found = sorted(path for path in paths if "node_modules" not in path.parts)
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8")) for path in found}


@cache
def _errors() -> frozenset[str]:
    """The names of `EngineError` and of every class that comes from it."""
    classes = [node for tree in _sources().values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    found = {"EngineError"}
    while new := {each.name for each in classes if {ast.unparse(base) for base in each.bases} & found} - found:
        found |= new
    return frozenset(found)


def _constants(node: ast.expr) -> Iterator[str]:
    """Yield the text, or the texts of both branches of a choice."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _constants(node.body)
        yield from _constants(node.orelse)


def _said(call: ast.Call) -> ast.expr | None:
    """Return the argument of a call that is a text for people, None of any other call."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if isinstance(call.func, ast.Attribute) and ast.unparse(call.func) != "super().__init__":
        return None
    position = _FIRST.get(name, 1 if name in _errors() - _PHRASES or name == "__init__" else None)
    return call.args[position] if position is not None and len(call.args) > position else None


def errors() -> Iterator[Text]:
    """Find what the engine says: templates of its errors, phrases in them, and what it marks with `N_`."""
    for name, tree in _sources().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (argument := _said(node)) is not None:
                for text in _constants(argument):
                    yield Text(text, f"{name}:{node.lineno}")


def unseen() -> list[str]:
    """Return where an error is given a text that is put together as it is said, which nobody can translate."""
    return [
        f"{name}:{node.lineno} {ast.unparse(argument)[:80]}"
        for name, tree in _sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (argument := _said(node)) is not None
        and isinstance(argument, ast.JoinedStr | ast.BinOp)
    ]


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
