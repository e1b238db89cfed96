"""Why a work item came to where it is, in a sentence."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from engine.organisation.models import UnitKind
from engine.organisation.roles import label
from engine.tasks.models import WorkItem


class Relation(StrEnum):
    """How the diagram names the unit of a task."""

    #: from the place of the matter: `=place.community`
    PLACE = "place"
    #: from the data of the process: the department that the street chose
    DATA = "data"
    #: written in the diagram: always the same unit
    FIXED = "fixed"
    #: no unit: the resident who filed the matter
    RESIDENT = "resident"


@dataclass(frozen=True, kw_only=True)
class Why:
    """What the sentence is made from; kept with the item, because names and borders change.

    Args:
        role: key of the role.
        relation: how the unit was named.
        unit, unit_code, unit_kind: the unit that has it; None for the resident.
        requested: name of the unit that the diagram asked for.
        place: name of the place of the matter.
        instead_of: the role that has it first, where everybody who holds it did an earlier round.
        climbed: nobody in the requested unit held the role, so that a unit above it has the item.
    """

    role: str
    relation: Relation
    unit: str | None = None
    unit_code: str | None = None
    unit_kind: str | None = None
    requested: str | None = None
    place: str | None = None
    climbed: bool = False
    instead_of: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what is kept in `work_item.why`."""
        return {
            "role": self.role,
            "relation": str(self.relation),
            "unit": self.unit,
            "unit_code": self.unit_code,
            "unit_kind": self.unit_kind,
            "requested": self.requested,
            "place": self.place,
            "climbed": self.climbed,
        } | ({"instead_of": self.instead_of} if self.instead_of else {})


_OWN: Final = {
    UnitKind.COMMUNITY: ("本社区（{unit}）", "this community ({unit})"),
    UnitKind.STREET: ("本街道（{unit}）", "this street ({unit})"),
    UnitKind.DISTRICT: ("本区（{unit}）", "this district ({unit})"),
}
_REASON: Final = {
    Relation.PLACE: ("因为诉求地点在{place}", "because the matter is in {place}"),
    Relation.DATA: ("因为本件交给了{requested}", "because this matter was given to {requested}"),
    Relation.FIXED: ("因为流程规定这一步由{requested}办理", "because the process gives this step to {requested}"),
}
_CLIMBED: Final = (
    "；{requested}没有该岗位的人员，由上级{unit}办理",
    "; {requested} has nobody in that role, so {unit} above it takes it",
)
_INSTEAD: Final = (
    "；{requested}的{role}都办过前一轮，这一轮须换人",
    "; every {role} of {requested} did an earlier round, and this one is for somebody else",
)
_SENTENCE: Final = ("{who}的{role}岗位，{reason}{climbed}", "The {role} of {who}, {reason}{climbed}")
_PARTY: Final = ("由{requested}本人办理", "For the party itself: {requested}")
_RESIDENT: Final = ("由诉求人本人办理", "For the resident who filed the matter")


def why_me(item: WorkItem, locale: str) -> str:
    """Return the sentence that says why `item` is where it is.

    Args:
        locale: `zh_CN` or another tag of Chinese for Chinese; anything else is answered in English.

    Returns:
        Such as 本社区（幸福社区）的社区岗位，因为诉求地点在幸福社区.
    """
    return sentence(item.why, locale)


def sentence(why: dict[str, Any], locale: str) -> str:
    """Return the sentence of what `Why.to_json` kept."""
    language = 0 if locale.lower().startswith("zh") else 1
    relation = Relation(why["relation"])
    if relation is Relation.RESIDENT:
        requested = why.get("requested")
        return _PARTY[language].format(requested=requested) if requested else _RESIDENT[language]
    facts = {
        "unit": why["unit"],
        "requested": why["requested"] or why["unit"],
        "place": why["place"] or why["requested"] or why["unit"],
    }
    own = _OWN.get(UnitKind(why["unit_kind"])) if why["unit_kind"] and relation is Relation.PLACE else None
    who = (own[language] if own and not why["climbed"] else "{unit}").format(**facts)
    return _SENTENCE[language].format(
        who=who,
        role=_in_sentence(label(why["role"], locale)),
        reason=_REASON[relation][language].format(**facts),
        climbed=_beside(why, facts, locale),
    )


def _beside(why: dict[str, Any], facts: dict[str, Any], locale: str) -> str:
    """What is said when it is not the one who comes first."""
    language = 0 if locale.lower().startswith("zh") else 1
    if instead_of := why.get("instead_of"):
        return _INSTEAD[language].format(role=_in_sentence(label(instead_of, locale)), requested=facts["requested"])
    return _CLIMBED[language].format(**facts) if why["climbed"] else ""


def _in_sentence(role: str) -> str:
    return role[:1].lower() + role[1:]
