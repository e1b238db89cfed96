"""Ids that a reader may not follow are, to every page of today and tomorrow, ids that lead nowhere.

An accused unit must not find out that an accusation exists (信访工作条例 art. 30), and an answer that differs between
an id that exists and one that does not would tell. So whoever may not know of a case has its ids, and those of all that
belongs to it, exchanged for one that no row has, before a view is asked. The view then does what it does for any
unknown id.
"""

from typing import Final
from uuid import UUID, uuid5

from flask import Flask, g, request
from flask_login import current_user

from engine.cases.sealing import hides, hides_one_of
from web import current

#: no row has an id that is derived from it
_NOWHERE: Final = UUID("8f0f0c1e-6a53-4c5e-9d1b-5b4f3a2c1d00")


class Nowhere(UUID):
    """An id that no row has, and that an error message still writes as the reader wrote it."""

    __slots__ = ("written",)
    written: str

    def __new__(cls, _asked: UUID) -> "Nowhere":
        return super().__new__(cls)

    def __init__(self, asked: UUID) -> None:
        super().__init__(bytes=uuid5(_NOWHERE, str(asked)).bytes)
        object.__setattr__(self, "written", str(asked))

    def __str__(self) -> str:
        return self.written


def followable(asked: UUID) -> UUID:
    """Return an id as the signed-in reader may follow it."""
    session, viewer, known = current.session(), current.viewer(), g.get("sealed", {})
    hidden = hides_one_of(session, viewer, known[asked]) if asked in known else hides(session, viewer, asked)
    return Nowhere(asked) if hidden else asked


def init_sealing(app: Flask) -> None:
    """Exchange the ids in every address of `app` that its reader may not follow. It comes after signing in."""

    @app.before_request
    def _follow_no_sealed_ids() -> None:
        asked = [name for name, value in (request.view_args or {}).items() if isinstance(value, UUID)]
        if not asked or request.view_args is None or not current_user.is_authenticated:
            return
        for name in asked:
            request.view_args[name] = followable(request.view_args[name])
