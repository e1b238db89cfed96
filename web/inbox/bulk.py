"""Give several tasks to somebody at once; what cannot be given does not keep the others from it."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from engine.cases.handling import Acting, transfer
from engine.errors import EngineError, NotFound
from engine.organisation.colleagues import Colleague, colleagues
from engine.organisation.models import Staff
from engine.organisation.roles import TECHNICAL
from engine.organisation.service import memberships
from engine.tasks import WorkItem
from web import current


@dataclass(frozen=True, kw_only=True)
class Given:
    """What came of it."""

    who: str
    done: tuple[WorkItem, ...]
    refused: tuple[EngineError, ...]


def give_all(acting: Acting, item_ids: Iterable[UUID], *, to: UUID, note: str) -> Given:
    """Give each of `item_ids` to somebody, each in a transaction of its own.

    Raises:
        NotFound: there is no such person.
    """
    person = acting.session.get(Staff, to)
    if person is None:
        raise NotFound(
            "person-unknown",
            "Nobody here is called “{person}”. Write the name or the login of a colleague.",
            person=str(to),
        )
    done, refused = [], []
    for item_id in dict.fromkeys(item_ids):
        try:
            done.append(transfer(acting, item_id, to=person, note=note))
        except EngineError as error:
            refused.append(error)
    return Given(who=person.name, done=tuple(done), refused=tuple(refused))


def receivers() -> list[Colleague]:
    """Return the people of the reader's circles, each once: whom something of theirs may be for."""
    session, found = current.session(), dict[UUID, Colleague]()
    for held in memberships(session, current.staff().id):
        if held.role not in TECHNICAL:
            for each in colleagues(session, held.unit):
                found.setdefault(each.staff.id, each)
    return list(found.values())
