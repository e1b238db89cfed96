"""Find a matter by its words or its number."""

from typing import Final

from flask import Blueprint, render_template, request

from engine.cases.search import LONGEST, SHOWN, search
from engine.errors import Invalid
from engine.organisation.policy import Action, require
from web import current
from web.words import say

blueprint: Final = Blueprint("searching", __name__)


@blueprint.get("/search")
def find() -> str | tuple[str, int]:
    """Show the matters that have the words of `q`, as far as the reader may see them."""
    require(current.viewer(), Action.SEARCH_CASES)
    asked = request.args.get("q", "").strip()
    page = {"asked": asked, "longest": LONGEST, "shown": SHOWN}
    try:
        hits = search(current.session(), current.viewer(), asked) if asked else []
    except Invalid as error:
        return render_template("cases/search.html", hits=[], problem=say(error), **page), 422
    return render_template("cases/search.html", hits=hits, problem=None, **page)
