"""A form of a draft as staff will see it, judged by the server."""

from typing import Any
from uuid import UUID

from flask import render_template, request
from flask_babel import get_locale

from engine.definitions.drafts import draft_file
from engine.errors import EngineError, Invalid
from engine.forms import Form
from engine.organisation.policy import Action, require
from web import current
from web.cases.forms import ShownForm
from web.words import say
from web.workshop.views import blueprint


@blueprint.post("/<uuid:draft_id>/preview/<path:path>")
def preview(draft_id: UUID, path: str) -> str:
    """Render a form as it was saved; when fields are sent, say what is wrong with them, or what they would become."""
    require(current.viewer(), Action.EDIT_PROCESS)
    content, _ = draft_file(current.session(), draft_id, path)
    try:
        form = Form.read(content).localized(str(get_locale() or "zh_CN"))
        shown = ShownForm.make(form, {}, form.initial({}, None, now=current.now()), current.now())
    except EngineError as error:
        return render_template("workshop/previewed.html", form=None, problem=say(error), accepted=None)
    accepted: dict[str, Any] | None = None
    if request.form:
        sent = shown.parse(request.form)
        try:
            accepted = form.load(sent, {}, now=current.now())
            shown = shown.filled(sent)
        except Invalid as error:
            shown = shown.refused(sent, error)
    return render_template("workshop/previewed.html", form=shown, problem=None, accepted=accepted)
