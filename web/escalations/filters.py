"""What the address of the escalations says: which of them, and whether only one matter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from flask_babel import lazy_gettext

from engine.cases.escalations import Escalation
from web.parsing import ids
from web.presentation.addresses import with_query


class Show(StrEnum):
    """Which matters a lead wants to see."""

    #: every one in the list
    ALL = "all"
    #: the date has passed
    LATE = "late"
    #: the date is near, or a reminder has gone out
    SOON = "soon"
    #: an escalation is still to be acknowledged
    WAITING = "waiting"
    #: a person is still to sign it
    SIGN = "sign"
    #: somebody has acknowledged it
    ACKNOWLEDGED = "acknowledged"


_CHIPS: Final = {
    Show.ALL: (lazy_gettext("全部"), None),
    Show.LATE: (lazy_gettext("已超期"), "exclamation-octagon-fill"),
    Show.SOON: (lazy_gettext("即将到期"), "hourglass-split"),
    Show.SIGN: (lazy_gettext("待签发"), "pencil-square"),
    Show.WAITING: (lazy_gettext("待知悉"), "bell"),
    Show.ACKNOWLEDGED: (lazy_gettext("已知悉"), "check-all"),
}


@dataclass(frozen=True, kw_only=True)
class Filters:
    """The reader's choice. A filter that does not exist counts as not said."""

    show: Show = Show.ALL
    case_id: UUID | None = None

    @classmethod
    def from_args(cls, args: Mapping[str, str]) -> Self:
        """Read the query of an address: `show`, `case`.

        Raises:
            Invalid: `case` is no id.
        """
        show, case = args.get("show", ""), args.get("case", "")
        return cls(show=Show(show) if show in set(Show) else Show.ALL, case_id=ids([case])[0] if case else None)

    @property
    def narrowed(self) -> bool:
        """Whether an empty list may only be empty because of the filters."""
        return self.show is not Show.ALL or self.case_id is not None

    def narrow(self, matters: Sequence[Escalation], now: datetime) -> list[Escalation]:
        """Return those of `matters` that are to be shown."""
        return [each for each in matters if belongs(each, self.show, now)]


def belongs(matter: Escalation, show: Show, now: datetime) -> bool:
    """Whether `matter` is one of those that `show` names."""
    match show:
        case Show.LATE:
            return matter.due_at <= now
        case Show.SOON:
            return matter.due_at > now
        case Show.SIGN:
            return bool(matter.to_sign)
        case Show.WAITING:
            return bool(matter.waiting)
        case Show.ACKNOWLEDGED:
            return matter.read
        case _:
            return True


def count(matters: Sequence[Escalation], show: Show, now: datetime) -> int:
    """Return how many of `matters` `show` names."""
    return sum(belongs(each, show, now) for each in matters)


def chips(chosen: Filters, matters: Sequence[Escalation], now: datetime) -> list[dict[str, object]]:
    """Return the chips that choose what is shown, each with its count."""
    return [
        {
            "label": label,
            "icon": icon,
            "href": with_query(show=None if show is Show.ALL else show),
            "active": chosen.show is show,
            "count": count(matters, show, now),
        }
        for show, (label, icon) in _CHIPS.items()
    ]
