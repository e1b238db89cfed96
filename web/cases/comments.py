"""Comments among staff on a matter."""

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, g, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.cases.comments import LONGEST, add_comment, comments_of, people_near
from engine.cases.view import CaseView
from engine.errors import Forbidden, Invalid
from engine.organisation.policy import Action, may
from web import current
from web.cases import views
from web.words import say

blueprint: Final = Blueprint("comments", __name__)


@blueprint.post("/cases/<uuid:case_id>/comments")
def add(case_id: UUID) -> Response | tuple[str, int]:
    """Add a comment; with a mistake in it the page comes back with what was typed."""
    text = request.form.get("text", "")
    try:
        add_comment(
            current.session(), current.viewer(), case_id, text, staff=current.staff(), now=current.now(),
            site=current.settings().public_url,
        )  # fmt: skip
    except (Invalid, Forbidden) as error:
        if error.code == "not-permitted":
            raise
        g.comment = {"text": text, "problem": say(error)}
        return views.case_page(case_id), 422
    current.wake()
    flash(gettext("留言已添加，只有工作人员能看到。"), "success")
    return redirect(url_for("cases.show", case_id=case_id) + "#comments", code=303)


@blueprint.app_template_global("talk_about")
def talk_about(view: CaseView) -> dict[str, Any]:
    """Return what the comments' part of a page shows of a matter."""
    session, viewer = current.session(), current.viewer()
    if not view.shows("comments"):
        return {"remarks": [], "may_add": False}
    may_add = may(viewer, Action.COMMENT, view.subject)
    near = people_near(session, view.subject) if may_add else []
    return {
        "remarks": comments_of(session, viewer, view.subject),
        "may_add": may_add,
        "people": [each for each in near if each.id != viewer.staff_id],
        "longest": LONGEST,
        **g.get("comment", {}),
    }
