"""One's own notices."""

from typing import Final
from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from engine.errors import NotFound
from engine.notices.service import mark_read, recent
from web import current

blueprint: Final = Blueprint("notices", __name__, url_prefix="/notices")


@blueprint.get("")
def index() -> str:
    """Show the latest notices, unread ones marked."""
    return render_template("notices/index.html", notices=recent(current.session(), current.staff().id))


@blueprint.post("/<uuid:notice_id>/open")
def follow(notice_id: UUID) -> Response:
    """Mark a notice as read and go to what it is about."""
    mine = {notice.id: notice for notice in recent(current.session(), current.staff().id)}
    if notice_id not in mine:
        raise NotFound("no-notice", "There is no notice {notice}.", notice=str(notice_id))
    mark_read(current.session(), current.staff().id, [notice_id], now=current.now())
    link = mine[notice_id].link
    own = link.startswith("/") and not link.startswith(("//", "/\\"))
    return redirect(link if own else url_for("notices.index"), code=303)


@blueprint.post("/read")
def read_all() -> Response:
    """Mark everything as read."""
    mark_read(current.session(), current.staff().id, now=current.now())
    return redirect(url_for("notices.index"), code=303)
