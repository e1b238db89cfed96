"""Addresses of static files that change when the file does, so that browsers may keep them for a year."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, g, url_for


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
    if "icon_sheet" not in g:
        g.icon_sheet = url_for("static", filename="vendor/icons.svg")
    return str(g.icon_sheet)


def mark(text: str) -> str:
    """Return `text` as it is: in templates `N_` marks what is translated elsewhere."""
    return text
