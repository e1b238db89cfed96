"""Addresses of static files that change when the file does, so that browsers may keep them for a year."""

import hashlib
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, g, url_for
from markupsafe import Markup


@cache
def _fingerprint(path: Path, modified: float) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def version_static(app: Flask) -> None:
    """Add `v`, a fingerprint of the content, to every address that `app` makes of one of its static files."""
    folder = Path(str(app.static_folder))

    @app.url_defaults
    def _add_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint != "static" or "v" in values:
            return
        path = folder / values["filename"]
        if path.is_file():
            values["v"] = _fingerprint(path, path.stat().st_mtime)


def icon_sheet() -> str:
    """Return the address of the sprite. A page shows hundreds of icons; the address is made once for it."""
    sheet: str | None = g.get("icon_sheet")
    if sheet is None:
        sheet = g.icon_sheet = url_for("static", filename="vendor/icons.svg")
    return sheet


def svg_icon(name: str, label: str | None = None, class_: str = "") -> Markup:
    """Return an icon of the sprite as markup: decorative unless it is given a label."""
    return _svg(icon_sheet(), name, str(label) if label else None, class_)


@lru_cache(maxsize=1024)
def _svg(sheet: str, name: str, label: str | None, class_: str) -> Markup:
    said = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    drawing = Markup('<svg class="icon {}" {} focusable="false"><use href="{}#{}"></use></svg>')
    return drawing.format(class_, said, sheet, name)


def mark(text: str) -> str:
    """Return `text` as it is: in templates `N_` marks what is translated elsewhere."""
    return text
