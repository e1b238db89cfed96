"""The story as the resident reads it: what was done, and by whom only as far as it concerns them."""

from typing import Any

from flask_babel import gettext as _

from engine.audit import ActorKind, AuditEvent
from engine.cases.party import PETITIONER
from engine.cases.view import CaseView
from web.cases.story import lines, other_numbers


def told(view: CaseView, party: str = PETITIONER) -> list[dict[str, Any]]:
    """Return the lines of the story, the latest first. Members of staff are not named: the unit answers for them.

    Args:
        party: key of the party who reads.
    """
    shown = view.events
    names: dict[ActorKind, str] = {
        ActorKind.STAFF: _("工作人员"),
        ActorKind.API: _("系统"),
        ActorKind.ENGINE: _("系统"),
    }

    def who(event: AuditEvent) -> str:
        key = event.actor_id or PETITIONER
        if event.actor_kind != ActorKind.RESIDENT:
            return names[ActorKind(event.actor_kind)]
        if key == party:
            return str(_("您"))
        return view.party_label(key) or str(_("诉求人"))

    return [
        line | {"actor": who(event)}
        for line, event in zip(lines(shown, others=other_numbers(view)), reversed(shown), strict=True)
    ]
