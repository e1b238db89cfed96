"""The content security policy allows no inline scripts, handlers or styles; a template that has one would not work."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
TEMPLATES = sorted((ROOT / "web" / "templates").rglob("*.html"))

FORBIDDEN = {
    "inline script": re.compile(r"<script(?![^>]*\bsrc=)", re.I),
    "inline style sheet": re.compile(r"<style\b", re.I),
    "style attribute": re.compile(r"<[^>{]*\sstyle\s*=", re.I),
    "event handler": re.compile(r"<[a-z][^>]*\son[a-z]+\s*=\s*[\"']", re.I),
    "htmx handler": re.compile(r"\bhx-on[:-]", re.I),
    "javascript address": re.compile(r"javascript:", re.I),
    "another host": re.compile(r"(?:src|href)=[\"']https?://", re.I),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_templates_have_nothing_inline(what: str) -> None:
    found = []
    for path in TEMPLATES:
        for match in FORBIDDEN[what].finditer(path.read_text(encoding="utf-8")):
            found.append(f"{path.relative_to(ROOT)}: {match.group(0)[:80]}")
    assert found == []


def test_every_form_that_posts_carries_its_token() -> None:
    bare = []
    for path in TEMPLATES:
        for form in re.findall(r"<form\b.*?</form>", path.read_text(encoding="utf-8"), re.S | re.I):
            if re.search(r"method=\"post\"", form, re.I) and "csrf_token" not in form:
                bare.append(f"{path.relative_to(ROOT)}: {form[:80]}")
    assert bare == []
