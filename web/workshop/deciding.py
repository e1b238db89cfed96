"""A decision of a draft, tried on a row of data: which rule hit, at which cell the others failed; overlaps and gaps."""

import json
from typing import Any
from uuid import UUID

from flask import render_template, request
from flask_babel import gettext

from engine import feel
from engine.decisions import DecisionError, Model, analyse
from engine.definitions.drafts import draft_file
from engine.errors import EngineError
from engine.organisation.policy import Action, require
from web import current
from web.words import say, say_phrase
from web.workshop.views import blueprint


@blueprint.post("/<uuid:draft_id>/decide/<path:path>")
def decide(draft_id: UUID, path: str) -> str:
    """Decide the data that were sent by a decision as it was saved."""
    require(current.viewer(), Action.EDIT_PROCESS)
    content, _ = draft_file(current.session(), draft_id, path)
    shown: dict[str, Any] = {"problem": None, "tables": [], "value": None, "warnings": (), "coverage": []}
    try:
        model = Model.read(content)
        shown["coverage"] = [each for each in analyse(model) if each.overlaps or each.gaps]
        data = json.loads(request.form.get("data") or "{}")
        if not isinstance(data, dict):
            raise ValueError(gettext('数据要写成一个对象，例如 {"case": {"category": "noise"}}'))
        made = model.decide(request.form.get("decision", ""), data, now=current.now())
        shown |= {
            "value": feel.to_text(made.value), "tables": [each.as_json() for each in made.trace],
            "warnings": [say_phrase(each) for each in made.warnings],
        }  # fmt: skip
    except (EngineError, DecisionError) as error:
        shown["problem"] = say(error) if isinstance(error, EngineError) else str(error)
    except ValueError as error:
        shown["problem"] = gettext("数据不是 JSON：%(reason)s", reason=str(error))
    return render_template("workshop/tried.html", **shown)
