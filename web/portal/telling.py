"""The story as the resident reads it: what was done, and by whom only as far as it concerns them."""

from typing import Any

from flask_babel import gettext as _

from engine.audit import ActorKind
from engine.cases.view import CaseView
from web.cases.story import lines, other_numbers


def told(view: CaseView) -> list[dict[str, Any]]:
    """Return the lines of the story, the latest first. Members of staff are not named: the unit answers for them."""
    shown = view.events
    names = {
        ActorKind.RESIDENT: _("您"),
        ActorKind.STAFF: _("工作人员"),
        ActorKind.API: _("系统"),
        ActorKind.ENGINE: _("系统"),
    }
    return [
        line | {"actor": names.get(ActorKind(event.actor_kind), _("系统"))}
        for line, event in zip(lines(shown, others=other_numbers(view)), reversed(shown), strict=True)
    ]
