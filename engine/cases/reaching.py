"""How somebody outside is told: by what they chose when they filed."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from engine.cases.models import Case
from engine.notices import Recipient, groups, spoilt

#: Ways that somebody can choose; `none`: they look for themselves, with number and PIN.
REACHES: Final = ("email", "sms", "none")
_FIELDS: Final = {"email": "email", "sms": "phone"}
#: Nothing that they left can be used: somebody has to call, or they look for themselves.
NOBODY: Final = "nobody"


def chosen(person: Mapping[str, Any]) -> str:
    """Return how somebody wants to be told, one of `REACHES`; by e-mail where they left one and chose nothing."""
    said = person.get("reach")
    if said in REACHES:
        return str(said)
    return "email" if person.get("email") else "sms"


def recipient_of(person: Mapping[str, Any], party: str | None) -> Recipient | None:
    """Return how somebody is reached, what they chose first; None when they want to be told nothing, or left nothing.

    Args:
        person: what lies sealed of them: `email`, `phone`, `reach`, `locale`.
        party: their key in the case; None for who is no party of it.
    """
    first = chosen(person)
    if first == "none":
        return None
    ways = sorted(_FIELDS, key=lambda way: way != first)
    channels = {way: str(person[_FIELDS[way]]) for way in ways if person.get(_FIELDS[way])}
    if not channels:
        return None
    return Recipient(channels=channels, locale=str(person.get("locale") or "zh_CN"), party=party)


def told_by(session: Session, case: Case, key: str, person: Mapping[str, Any]) -> str:
    """Return how a party hears of what happens: one of `REACHES`, or `NOBODY`.

    Args:
        person: what lies sealed of them.
    """
    recipient = recipient_of(person, key)
    if recipient is None:
        return "none" if chosen(person) == "none" else NOBODY
    unusable = {row.channel for row in spoilt.of_case(session, case.id) if row.party == key}
    sms = groups.has_gateway(session, case.jurisdiction)
    ways = (way for way in recipient.channels if way not in unusable and (way != "sms" or sms))
    return next(ways, NOBODY)
