"""Give several tasks to somebody at once; what cannot be given does not keep the others from it."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from engine.cases.handling import Acting, transfer
from engine.errors import EngineError
from engine.organisation.colleagues import find_person
from engine.tasks import WorkItem


@dataclass(frozen=True, kw_only=True)
class Given:
    """What came of it."""

    who: str
    done: tuple[WorkItem, ...]
    refused: tuple[EngineError, ...]


def give_all(acting: Acting, item_ids: Iterable[UUID], *, jurisdiction: str, to: str, note: str) -> Given:
    """Give each of `item_ids` to somebody, each in a transaction of its own.

    Args:
        to: the id, the login or the name of the person.

    Raises:
        NotFound: there is no such person.
        Invalid: several are called so.
    """
    person = find_person(acting.session, jurisdiction, to)
    done, refused = [], []
    for item_id in dict.fromkeys(item_ids):
        try:
            done.append(transfer(acting, item_id, to=person, note=note))
        except EngineError as error:
            refused.append(error)
    return Given(who=person.name, done=tuple(done), refused=tuple(refused))
